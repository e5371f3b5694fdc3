"""When a live score far below the gate's is mailed: once when it begins, once when it is over."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from contract.datasets.dataset import Dataset
from contract.errors import StepError
from contract.layout import Layout


@dataclass(frozen=True)
class LiveDay:
    """How the predictions of a day turned out."""

    day: str
    level: str
    """`ok`, `alarm` (far below the gate's score), or `unmeasured`."""
    text: str


@dataclass(frozen=True)
class KnownFall:
    """What people know of falls."""

    since: str = ""
    """The first day of the fall that is not over; empty when there is none."""
    told: tuple[str, ...] = ()
    """The days far below that need no further mail."""
    until: str = ""
    """Nothing up to this day is news: an earlier version kept no days."""

    @classmethod
    def of(cls, variable: Mapping[str, Any]) -> KnownFall:
        """As `asdict` and JSON kept it in Airflow's variable; nothing is known when that is empty."""
        if "told" not in variable:
            return cls(variable.get("since", ""), until=variable.get("day", ""))
        return cls(variable["since"], tuple(variable["told"]))


@dataclass(frozen=True)
class LiveNews:
    """What to mail."""

    known: KnownFall
    """What people know after that."""
    kind: Literal["nothing", "begins", "over"] = "nothing"
    days: tuple[LiveDay, ...] = ()
    """Those that are new and far below; or the one with which it is over."""


def live_news(known: KnownFall, days: Sequence[LiveDay]) -> LiveNews:
    """What predicted days whose labels came, oldest first, add to what people know.

    By what the days are now: labels may come late, in parts or corrected, so a day can fall long after later ones were
    looked at. `unmeasured` begins and ends nothing.
    """
    measured = [day for day in days if day.level in ("ok", "alarm")]
    fallen = tuple(day for day in measured if day.level == "alarm" and day.day not in known.told)
    news = tuple(day for day in fallen if day.day > known.until)
    right_again = {day.day for day in measured if day.level == "ok"}
    told = tuple(sorted({*known.told, *(day.day for day in fallen)} - right_again))
    last = measured[-1] if measured else None
    if known.since and last is not None and last.level == "ok" and last.day >= known.since:
        return LiveNews(KnownFall("", told), "over", (last,))
    if news and not known.since:
        goes_on = last is not None and last.level == "alarm"
        return LiveNews(KnownFall(news[0].day if goes_on else "", told), "begins", news)
    return LiveNews(KnownFall(known.since, told))


def live_days(root: Path, until: str) -> list[LiveDay]:
    """How the predictions of each day up to one turned out, oldest first; days that cannot be read tell nothing."""
    found = []
    for path in sorted((Layout(root).reports / "live").glob("*/manifest.json")):
        if path.parent.name > until:
            continue
        try:
            notes = Dataset.open(path.parent).manifest.notes
        except StepError:
            continue
        # live.json of an earlier version has no level
        found.append(LiveDay(path.parent.name, notes.get("level", "unmeasured"), notes.get("standing", "")))
    return found
