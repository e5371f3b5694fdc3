"""One at a time: a lock file that names its holder, for whoever comes second."""

from __future__ import annotations

import contextlib
import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

WAIT_SECONDS = 30.0
"""For the children of a holder that was killed: they keep the lock until they have ended."""


class Occupied(Exception):
    """Somebody else holds the lock; the message says who, and what to do."""


@contextmanager
def only_one(path: Path, name: str) -> Iterator[int]:
    """Hold the lock in a file for `name`; gives the descriptor, which children may hold as well. Raises Occupied."""
    with path.open("a+", encoding="utf-8") as file:
        _acquire(file.fileno(), path)
        file.truncate(0)
        file.write(f"{os.getpid()} {name}")
        file.flush()
        yield file.fileno()


def _acquire(handle: int, path: Path) -> None:
    end = time.monotonic() + WAIT_SECONDS
    while True:
        with contextlib.suppress(BlockingIOError):
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        pid, _, name = path.read_text(encoding="utf-8").partition(" ")
        if not pid.isdecimal() or _lives(int(pid)):
            raise Occupied(
                f"`{name or 'another one'}` (process {pid or 'unknown'}) is using {path.parent}/, which one may at a "
                f"time. Stop it first: Ctrl-C where it runs, or: kill {pid or '<its process>'}"
            )
        if time.monotonic() > end:
            raise Occupied(f"{path}: `{name}` (process {pid}) has ended, but servers of its own still hold this file")
        time.sleep(0.2)


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # of another user
        return True
    return True
