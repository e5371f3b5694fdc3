"""When somebody is told of drift: once when it begins, again when it spreads, once when it is over."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal


@dataclass(frozen=True)
class Told:
    """What people know of drift."""

    day: str = ""
    """The latest day that was looked at."""
    columns: tuple[str, ...] = ()
    """Those of which an alarm was told and is not over."""
    since: str = ""
    """The day of that first alarm."""

    @classmethod
    def of(cls, kept: Mapping[str, Any]) -> Told:
        """As `asdict` and JSON kept it; nothing was told when that is empty."""
        return cls(kept["day"], tuple(kept["columns"]), kept["since"]) if kept else cls()


@dataclass(frozen=True)
class News:
    """What to tell."""

    told: Told
    """What people know after that."""
    kind: Literal["nothing", "begins", "spreads", "over"] = "nothing"
    columns: tuple[str, ...] = ()
    """Of which this is new."""


def what_is_new(told: Told, day: str, level: str, columns: Mapping[str, str], last: str) -> News:
    """What a day's levels (`ok`, `watch`, `alarm`; by column) add to what people know.

    A day before the latest one is history, and no news; so is one after `last`, the last day that is over: what is
    found in the rows of half a day, or of none, says nothing. A column that was told of is not told of again until all
    is ok: one that hovers about the threshold would mail every other day. `watch` neither begins nor ends anything.
    """
    if day > last or day < told.day <= last:
        return News(told)
    # what was kept of a day to come (by an older version, say) silences nobody
    known, since = ((), "") if told.day > last else (told.columns, told.since)
    alarmed = tuple(name for name, found in columns.items() if found == "alarm")
    new = tuple(name for name in alarmed if name not in known)
    if level == "alarm" and (new or not since):
        return News(Told(day, known + new, since or day), "spreads" if since else "begins", new)
    if level == "ok" and told.since:
        return News(Told(day), "over", told.columns)
    return News(Told(day, known, since))
