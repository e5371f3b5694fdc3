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
    """The fall that was mailed and is not over."""

    day: str = ""
    """The latest day that was looked at."""
    since: str = ""
    """The first day of the fall; empty when there is none."""

    @classmethod
    def of(cls, variable: Mapping[str, Any]) -> KnownFall:
        """As `asdict` and JSON kept it in Airflow's variable; nothing is known when that is empty."""
        return cls(variable["day"], variable["since"]) if variable else cls()


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

    Days that were looked at are history. `unmeasured` begins and ends nothing.
    """
    new = [day for day in days if day.day > known.day]
    measured = [day for day in new if day.level in ("ok", "alarm")]
    if not measured:
        return LiveNews(KnownFall(new[-1].day, known.since) if new else known)
    last, fallen = new[-1].day, tuple(day for day in measured if day.level == "alarm")
    if fallen and not known.since:
        return LiveNews(KnownFall(last, fallen[0].day), "begins", fallen)
    if known.since and measured[-1].level == "ok":
        return LiveNews(KnownFall(last), "over", (measured[-1],))
    return LiveNews(KnownFall(last, known.since))


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
