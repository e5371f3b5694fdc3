"""Show how far long work has come: a bar on a terminal, a line now and then in a log."""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from contract.visible import visible

_LINE_SECONDS = 10.0

log = logging.getLogger(__name__)


@contextmanager
def progress(name: str, total: int | None, unit: str = "rows") -> Iterator[Callable[[int], None]]:
    """Gives a function to call with the number of units just done; `total` is None when unknown."""
    if sys.stderr.isatty():
        from tqdm import tqdm

        with tqdm(desc=visible(name), total=total, unit=f" {unit}", unit_scale=True, leave=False) as bar:
            yield lambda count: bar.update(count) and None
        return
    done, last = 0, time.monotonic()

    def advance(count: int) -> None:
        nonlocal done, last
        done += count
        if time.monotonic() - last >= _LINE_SECONDS:
            last = time.monotonic()
            log.info("%s: %s of %s %s", name, f"{done:,}", "?" if total is None else f"{total:,}", unit)

    yield advance
