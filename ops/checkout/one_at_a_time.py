"""The commands that copy or change all state of a checkout do not meet each other."""

from __future__ import annotations

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
    handle = os.open(ROOT, os.O_RDONLY | os.O_DIRECTORY)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            refuse(
                TRY_AGAIN,
                f"{ROOT}: another make up, token, backup, restore, prune or rotate is at work here; type it again when"
                " that has ended",
            )
        yield
    finally:
        os.close(handle)
