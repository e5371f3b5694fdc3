"""One run of a step and day at a time, however it was started: by Airflow, by compose or by hand."""

from __future__ import annotations

import errno
import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date

from contract.errors import Occupied
from contract.layout import Layout

_READ_ONLY = (errno.EROFS, errno.EACCES, errno.EPERM)


@contextmanager
def exclusive_run(layout: Layout, step: str, day: date) -> Iterator[None]:
    """Hold the lock of a step and day; it is the kernel's, and so ends with its holder, however that ends.

    One byte per day in one file per step, so nothing is left to clean up. Raises Occupied when another process
    holds it.
    """
    path = layout.lock(step)
    try:
        path.parent.mkdir(exist_ok=True)
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        if error.errno not in _READ_ONLY:
            raise
        # who cannot write a lock cannot write a dataset either, and may well find nothing to do
        yield
        return
    try:
        try:
            fcntl.lockf(handle, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, day.toordinal())
        except BlockingIOError:
            raise Occupied(f"{step} {day}: {Occupied.SAYS} on this step and day; try again when it has ended") from None
        yield
    finally:
        os.close(handle)
