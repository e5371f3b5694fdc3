"""When somebody is told of a failed run: at once, and then not again and again of the same."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

REMIND_AFTER = timedelta(hours=20)
"""Less than a day, so that a daily run that fails a little earlier than yesterday is not a day late."""


@dataclass(frozen=True)
class Failures:
    """The runs of a DAG that failed since it last went well."""

    runs: dict[str, str] = field(default_factory=dict)
    """The day of each, the first one first."""
    since: str = ""
    """When the first one failed, ISO 8601."""
    what: tuple[str, ...] = ()
    """The errors that were told, without their numbers and days."""
    told: int = 0
    """How many runs had failed when somebody was told last."""
    told_at: str = ""

    @classmethod
    def of(cls, kept: Mapping[str, Any]) -> Failures:
        """As `asdict` and JSON kept it; none when that is empty."""
        return cls(**{**kept, "what": tuple(kept["what"])}) if kept else cls()

    def and_(self, run: str, day: str, error: str, now: datetime) -> tuple[Failures, bool]:
        """With one more failed run, and whether to tell of it.

        Told are the first one, an error that is new, a run that somebody started again, and then those that double the
        number, a day apart at least: a year's backfill that fails throughout is one mail a day and soon fewer.
        """
        what = re.sub(r"[0-9]+", "#", error)
        after = replace(self, runs={**self.runs, run: day}, since=self.since or now.isoformat())
        count = len(after.runs)
        again = self.told > 0 and count >= 2 * self.told
        tell = (
            what not in self.what
            or run in self.runs
            or (again and now - datetime.fromisoformat(self.told_at) >= REMIND_AFTER)
        )
        if not tell:
            return after, False
        told = tuple(dict.fromkeys((*self.what, what)))
        return replace(after, what=told, told=count, told_at=now.isoformat()), True

    def left(self, run: str, day: str) -> list[str]:
        """The days that are still to be done when a run of `day` went well."""
        return sorted({other for failed, other in self.runs.items() if failed != run and other != day})
