"""One process at a time decides about the champion."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager

from contract.layout import Layout


@contextmanager
def champion_lock(layout: Layout) -> Iterator[None]:
    """Hold the lock of models/; another process that asks for it waits."""
    models = layout.champion.parent
    models.mkdir(exist_ok=True)
    handle = os.open(models, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
