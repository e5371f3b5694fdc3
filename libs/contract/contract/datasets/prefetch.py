"""Prepare the next item while the current one is used."""

from __future__ import annotations

from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

_T = TypeVar("_T")
_END: Any = object()


def prefetch(items: Generator[_T, None, None]) -> Generator[_T, None, None]:
    """The same items, each made in a thread while its consumer works on the one before.

    Worth it where other threads can run: files, Arrow, large arrays. One step ahead and no more, so that memory stays
    flat. What `items` raises is raised here. When the consumer stops early, the step that has begun is finished in the
    thread and thrown away, and `items` is closed.
    """
    thread = ThreadPoolExecutor(max_workers=1)
    try:
        coming = thread.submit(next, items, _END)
        while (item := coming.result()) is not _END:
            coming = thread.submit(next, items, _END)
            yield item
    finally:
        # never waits: where a traceback still holds this generator, it is the garbage collector that closes it, in the
        # middle of anything, perhaps of what the thread needs for its end
        thread.shutdown(wait=False)
