"""Tells people how far a command of several stages has come."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


def printable(text: str) -> str:
    """The text with everything that a terminal would obey written out: logs and names from data may hold anything."""
    return "".join(character if character.isprintable() else f"\\u{ord(character):04x}" for character in text)


class Stages:
    """Says on a terminal, or line by line in a log, where the demo is."""

    def __init__(self, total: int) -> None:
        self._total, self._number, self._start = total, 0, time.monotonic()

    @contextmanager
    def stage(self, title: str) -> Iterator[Any]:
        """A stage; gives a function that says how far it is."""
        self._number += 1
        begin = time.monotonic()
        head = f"[{self._number}/{self._total}] {title}"
        shown = ""

        def tell(detail: str) -> None:
            nonlocal shown
            if sys.stdout.isatty():
                print(f"\r\033[K{head} … {detail} ({time.monotonic() - begin:.0f} s)", end="", flush=True)
            elif detail != shown:
                print(f"{head} … {detail}", flush=True)
            shown = detail

        tell("")
        yield tell
        end = "\r\033[K" if sys.stdout.isatty() else ""
        print(f"{end}{head}: done in {time.monotonic() - begin:.0f} s", flush=True)

    @property
    def seconds(self) -> float:
        """Since the demo began."""
        return time.monotonic() - self._start
