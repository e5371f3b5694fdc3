"""Do independent parts of a training at a time, each on its share of the processors.

The threads of one fit wait for each other thousands of times, those of two fits never: docs/decisions/0068.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from multiprocessing.pool import ThreadPool
from typing import TypeVar

from threadpoolctl import threadpool_info, threadpool_limits

FREE_CELLS = 8_000_000
"""Values of features, about 200 MB while they are fitted, that parts may hold together however small the whole is."""


Part = TypeVar("Part")
Result = TypeVar("Result")


def how_many(parts: int, cells: int, whole: int) -> int:
    """How many parts of so many values go at a time: not more than processors, nor than memory has room for.

    `whole`: the values that a later fit holds at a time anyway, so that the peak of the training stays what it was.
    """
    room = max(whole, FREE_CELLS) // max(cells, 1)
    return max(1, min(parts, _processors(), room))


def side_by_side(work: Callable[[Part], Result], parts: Sequence[Part], at_once: int) -> Iterator[Result]:
    """What `work` makes of each part, in their order, so many at a time. Raises what `work` raises."""
    if at_once == 1:
        yield from map(work, parts)
        return
    threads = max(1, _processors() // at_once)
    # OpenMP has a count for each thread that starts some, OpenBLAS one for the process. The pool's threads end with the
    # process: a step that is stopped does not wait for their fits.
    with threadpool_limits(threads), ThreadPool(at_once, threadpool_limits, (threads,)) as pool:
        yield from pool.imap(work, parts)


def _processors() -> int:
    """Those that OpenMP was told of (contract/steps/threads.py)."""
    libraries = threadpool_info()
    return max((library["num_threads"] for library in libraries if library["user_api"] == "openmp"), default=1)
