"""The two sides of a check, and how one says that a directory lacks something."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from shared_directory.deeds import Side
from shared_directory.talk import Talk


class LackingError(Exception):
    """The directory does not do it: what was seen instead."""


@dataclass(frozen=True)
class Pair:
    """Both sides, as the one that began has them."""

    here: Side
    there: Talk

    def both_ways(self) -> tuple[tuple[Callable[..., Any], Callable[..., Any], str], ...]:
        """Who does something first and who second, with words for it."""
        return (self.here.do, self.there.ask, "from here"), (self.there.ask, self.here.do, "from there")
