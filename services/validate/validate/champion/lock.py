"""One process at a time decides about the champion."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager

from contract.layout import Layout
from contract.lock import lock_file

_NAME = "champion"


@contextmanager
def champion_lock(layout: Layout) -> Iterator[None]:
    """Hold the lock of what is decided about the champion; another process that asks for it waits."""
    with lock_file(layout, _NAME) as handle:
        if handle is not None:
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
