"""When drift is mailed: once when it begins, again when it spreads, once when it is over."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal


@dataclass(frozen=True)
class KnownDrift:
    """The drift that was mailed and is not over."""

    day: str = ""
    """The latest day that was looked at."""
    columns: tuple[str, ...] = ()
    """Those whose alarm was mailed and is not over."""
    since: str = ""
    """The day of that first alarm."""

    @classmethod
    def of(cls, variable: Mapping[str, Any]) -> KnownDrift:
        """As `asdict` and JSON kept it in Airflow's variable; nothing is known when that is empty."""
        return cls(variable["day"], tuple(variable["columns"]), variable["since"]) if variable else cls()


@dataclass(frozen=True)
class DriftNews:
    """What to mail."""

    known: KnownDrift
    """What people know after that."""
    kind: Literal["nothing", "begins", "spreads", "over"] = "nothing"
    columns: tuple[str, ...] = ()
    """Of which this is new."""


def drift_news(known: KnownDrift, day: str, level: str, levels: Mapping[str, str], last: str) -> DriftNews:
    """What a day's level (`ok`, `unmeasured`, `watch`, `alarm`) and `levels`, by column, add to what people know.

    A day before the latest one is history, and no news; so is one after `last`, the last day that is over: what is
    measured in the rows of half a day, or of none, says nothing. A column that was mailed is not mailed again until all
    is ok: one that hovers about the threshold would mail every other day. `watch` and `unmeasured` begin and end
    nothing.
    """
    if day > last or day < known.day <= last:
        return DriftNews(known)
    # what was kept of a day to come (by an older version, say) silences nobody
    columns, since = ((), "") if known.day > last else (known.columns, known.since)
    alarmed = tuple(name for name, column_level in levels.items() if column_level == "alarm")
    new = tuple(name for name in alarmed if name not in columns)
    if level == "alarm" and (new or not since):
        after = KnownDrift(day, columns + new, since or day)
        return DriftNews(after, "spreads" if since else "begins", new)
    if level == "ok" and known.since:
        return DriftNews(KnownDrift(day), "over", known.columns)
    return DriftNews(KnownDrift(day, columns, since))
