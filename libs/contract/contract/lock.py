"""One run of a step and day at a time, however it was started: by Airflow, by compose or by hand."""

from __future__ import annotations

import errno
import fcntl
import os
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date

from contract.errors import Occupied
from contract.layout import Layout

_FLOCK = struct.Struct("hhqqi0q")
"""Linux' struct flock: kind, whence, first byte, bytes, and the process that holds it."""
_READ_ONLY = (errno.EROFS, errno.EACCES, errno.EPERM)


@contextmanager
def exclusive_run(layout: Layout, step: str, day: date) -> Iterator[None]:
    """Hold the lock of a step and day. The kernel releases it when its holder ends, however it ends.

    One byte per day in one file per step, so nothing is left to clean up. Raises Occupied when another process
    holds it.
    """
    with lock_file(layout, step) as handle:
        if handle is not None:
            try:
                fcntl.lockf(handle, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, day.toordinal())
            except BlockingIOError:
                raise _occupied(step, day) from None
        yield


def refuse_if_occupied(layout: Layout, step: str, day: date) -> None:
    """Raise Occupied while a run holds the lock of a step and day. It writes nothing, and holds nothing."""
    try:
        handle = os.open(layout.lock(step), os.O_RDONLY)
    except OSError:  # nobody has ever run there, or it is for others to say
        return
    try:
        asked = _FLOCK.pack(fcntl.F_RDLCK, os.SEEK_SET, day.toordinal(), 1, 0)
        kind = _FLOCK.unpack(fcntl.fcntl(handle, fcntl.F_GETLK, asked))[0]
    finally:
        os.close(handle)
    if kind != fcntl.F_UNLCK:
        raise _occupied(step, day)


def _occupied(step: str, day: date) -> Occupied:
    return Occupied(f"{step} {day}: {Occupied.SAYS} on this step and day; try again when it has ended")


@contextmanager
def lock_file(layout: Layout, name: str) -> Iterator[int | None]:
    """A file to lock, open for writing: NFS locks no other. Closing it lets go of what is locked.

    None where it cannot be written: a step that cannot write a lock cannot write a dataset either, but it may find that
    there is nothing to do.
    """
    path = layout.lock(name)
    try:
        path.parent.mkdir(exist_ok=True)
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        # a lock that is somebody else's, in a folder of ours, keeps nobody out
        if error.errno not in _READ_ONLY or (error.errno != errno.EROFS and os.access(path.parent, os.W_OK)):
            raise
        yield None
        return
    try:
        yield handle
    finally:
        os.close(handle)
