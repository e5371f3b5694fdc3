"""The commands that copy or change all state of a checkout do not meet each other."""

from __future__ import annotations

import errno
import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager

from checkout.ending import TRY_AGAIN, refuse
from checkout.settings import ROOT


@contextmanager
def one_at_a_time() -> Iterator[None]:
    """Hold the checkout, without waiting; the kernel lets go of it however this process ends.

    Two backups would each open the pool of steps when done, the first one while the second still copies.
    """
    handle = _locked()
    try:
        yield
    finally:
        os.close(handle)


def _locked() -> int:
    """The checkout's own directory, or a file in it where NFS is below: that locks only what is open for writing."""
    for path, flags in ((ROOT, os.O_RDONLY | os.O_DIRECTORY), (ROOT / "Makefile", os.O_RDWR)):
        handle = os.open(path, flags)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(handle)
            refuse(
                TRY_AGAIN,
                f"{ROOT}: another make up, token, backup, restore, prune or rotate is at work here; type it again when"
                " that has ended",
            )
        except OSError as error:
            os.close(handle)
            if error.errno != errno.EBADF:
                raise
        else:
            return handle
    raise OSError(errno.ENOLCK, f"{ROOT}: its file system locks neither a directory nor a file; see make check-shared")
