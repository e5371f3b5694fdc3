"""Make the next item while the one before it is used."""

from __future__ import annotations

from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

_T = TypeVar("_T")
_END: Any = object()


def ahead(items: Generator[_T, None, None]) -> Generator[_T, None, None]:
    """The same items, each made in a thread while its consumer works on the one before.

    Pays for what lets other threads run: files, Arrow, large arrays. One step ahead and no more, so that memory stays
    flat. `items` stays in that one thread to its end; what it raises is raised here, and it is closed when the
    consumer stops early.
    """
    with ThreadPoolExecutor(max_workers=1) as thread:
        try:
            coming = thread.submit(next, items, _END)
            while (item := coming.result()) is not _END:
                coming = thread.submit(next, items, _END)
                yield item
        finally:
            thread.submit(items.close).result()
