"""Make the next item while the one before it is used."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, TypeVar

_T = TypeVar("_T")
_END: Any = object()


@contextmanager
def ahead(items: Generator[_T, None, None]) -> Iterator[Iterator[_T]]:
    """Gives the same items, each made in a thread while its consumer works on the one before.

    Pays for what lets other threads run: files, Arrow, large arrays. One step ahead and no more, so that memory stays
    flat. `items` stays in that one thread to its end; what it raises is raised here. It is closed when the context is
    left, which is why this is one: a bare generator that a traceback still holds would be closed by the garbage
    collector, in any thread at any time.
    """
    with ThreadPoolExecutor(max_workers=1) as thread:
        try:
            yield _steps(items, thread)
        finally:
            thread.submit(items.close).result()


def _steps(items: Generator[_T, None, None], thread: ThreadPoolExecutor) -> Iterator[_T]:
    coming = thread.submit(next, items, _END)
    while (item := coming.result()) is not _END:
        coming = thread.submit(next, items, _END)
        yield item
