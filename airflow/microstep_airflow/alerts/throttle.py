"""When a failed run is mailed, and a weekly verdict: the first one at once, its repeats rarely."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec

REMIND_AFTER = timedelta(hours=20)
"""Less than a day, so that a daily run that fails a little earlier than yesterday is not a day late."""


OF_ONE_KIND = timedelta(days=31)
"""What comes now and then, no further apart, is of one kind: a feed that is late on Mondays, or after each holiday."""
OUTAGE = 4
"""So many runs in a row are no longer what comes now and then, whatever was before."""
PROMOTED = "promoted"


class LateRuns(msgspec.Struct, frozen=True):
    """Runs of a DAG that were late, or whose rows did not come, each at most OF_ONE_KIND after the one before."""

    last: str = ""
    """When the last one was queued, or failed, ISO 8601."""
    count: int = 0
    mailed_count: int = 0
    since: str = ""
    """The same of the first one; empty where an earlier version has counted."""
    in_a_row: int = 1
    """How many up to the last one had no run between them that went well."""
    most_in_a_row: int = 1
    mailed_in_a_row: int = 0
    """Of those in a row now, how many there were at the last mail."""

    def add(self, queued: datetime, in_a_row: int) -> tuple[LateRuns, bool]:
        """With one more, and whether to mail it: the first one, and then those whose number has doubled.

        `in_a_row`: how many there are by now, this one included, without one between that went well. More in a row
        than ever, or an OUTAGE, is another thing than one now and then: it is mailed, too, and then when it has
        doubled. After OF_ONE_KIND without one the next is a first one again.
        """
        now = queued.isoformat()
        if not self.last or queued - datetime.fromisoformat(self.last) > OF_ONE_KIND:
            return LateRuns(now, 1, 1, now, in_a_row, in_a_row, in_a_row), True
        most, mailed = max(self.most_in_a_row, in_a_row), self.mailed_in_a_row if in_a_row > 1 else 0
        after = LateRuns(now, self.count + 1, self.mailed_count, self.since, in_a_row, most, mailed)
        longer = in_a_row >= max(min(self.most_in_a_row + 1, OUTAGE), 2 * mailed)
        if after.count < 2 * self.mailed_count and not longer:
            return after, False
        return msgspec.structs.replace(after, mailed_count=after.count, mailed_in_a_row=in_a_row), True


class FailedRuns(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The runs of a DAG that failed since it last went well; the names in JSON are those of its Airflow variable."""

    days: dict[str, str] = msgspec.field(default_factory=dict, name="runs")
    """The day of each run, by its id, the first one first."""
    task_days: tuple[str, ...] = ()
    """The days of the tasks that failed in them: a run also does days before its own."""
    since: str = ""
    """When the first one failed, ISO 8601."""
    mailed_errors: tuple[str, ...] = msgspec.field(default=(), name="what")
    """The errors that were mailed, without their numbers and days."""
    mailed_count: int = msgspec.field(default=0, name="told")
    """How many runs had failed at the last mail."""
    mailed_at: str = msgspec.field(default="", name="told_at")
    absences: LateRuns | None = None
    """Those that failed because rows did not come in time, also before it last went well."""

    @classmethod
    def of(cls, variable: Mapping[str, Any]) -> FailedRuns:
        """As `to_json` gave them to Airflow; none when that is empty."""
        return msgspec.convert(variable, cls)

    def to_json(self) -> dict[str, Any]:
        """What Airflow keeps."""
        content: dict[str, Any] = msgspec.to_builtins(self)
        return content

    def add(
        self,
        run: str,
        day: str,
        errors: Sequence[str],
        now: datetime,
        task_days: Sequence[str] = (),
        *,
        is_absence: bool = False,
        is_known: bool = False,
    ) -> tuple[FailedRuns, bool]:
        """With one more failed run, and whether to mail it; `errors` and `task_days`: of its tasks that failed.

        `is_absence`: rows did not come in time, and that is all. A feed that lacks a day each week, and then works
        again, is one kind: of such runs those that double the number are told, and more in a row than before.
        `is_known`: another DAG's mail tells of it.

        Mailed are the first one, an error that is new, a run that somebody started again, and then those that double
        the number, a day apart at least: a year's backfill that fails throughout is one mail a day and soon fewer.
        """
        after = msgspec.structs.replace(
            self,
            days={**self.days, run: day},
            task_days=tuple(sorted({*self.task_days, *task_days})),
            since=self.since or now.isoformat(),
        )
        count = len(after.days)
        if is_absence and not is_known:
            absences, is_news = (self.absences or LateRuns()).add(now, count)
            after, is_known = msgspec.structs.replace(after, absences=absences), not is_news
        doubled = self.mailed_count > 0 and count >= 2 * self.mailed_count
        mail_is_due = (
            any(map(self.is_new, errors))
            or run in self.days
            or (doubled and now - datetime.fromisoformat(self.mailed_at) >= REMIND_AFTER)
        )
        if not mail_is_due or (is_known and run not in self.days):
            return after, False
        kinds = tuple(dict.fromkeys((*self.mailed_errors, *map(_kind, errors))))
        mailed = msgspec.structs.replace(after, mailed_errors=kinds, mailed_count=count, mailed_at=now.isoformat())
        return mailed, True

    def is_new(self, error: str) -> bool:
        """Whether no mail has told of an error like this one."""
        return _kind(error) not in self.mailed_errors

    def tell_of(self, days: Sequence[str | None]) -> bool:
        """Whether each of these days is one of a run, or of a task, that failed; of None, a day unknown, none is."""
        return {*days} <= {*self.days.values(), *self.task_days}

    def recovered(self) -> FailedRuns:
        """After a run that went well: what is kept of them."""
        return FailedRuns(absences=self.absences)

    def days_undone(self, run: str, day: str) -> list[str]:
        """The days that may still be to be done when a run of `day` went well."""
        others = {other for failed, other in self.days.items() if failed != run}
        return sorted((others | set(self.task_days)) - {day})


def _kind(error: str) -> str:
    """An error without its numbers and days."""
    return re.sub(r"[0-9]+", "#", error)


class KnownVerdict(msgspec.Struct, frozen=True):
    """What people know of the scheduled trainings: the last verdict that was mailed, and what came after it."""

    kind: str = ""
    """PROMOTED or the rules that were broken, and the days that it did without; without numbers."""
    count: int = 0
    """Verdicts of this kind in a row, that one included."""
    mailed_count: int = 0
    moved: float = 0.0
    """By how much the champion's score has changed since, each one against the one before on the same rows."""

    @classmethod
    def of(cls, variable: Mapping[str, Any]) -> KnownVerdict:
        """As msgspec gave it to Airflow's variable; nothing is known when that is empty."""
        return msgspec.convert(variable, cls)

    def add(self, kind: str, moved: float | None, margin: float) -> tuple[KnownVerdict, bool]:
        """With one more verdict, and whether to mail it.

        Mailed are another kind than the last one, the same refusal when its number has doubled, and a champion whose
        score is by now more than `margin` from that of the one that was mailed; `moved` None: there was none before it.
        """
        kind = _kind(kind)
        if kind != self.kind or moved is None:
            return KnownVerdict(kind, 1, 1), True
        after = KnownVerdict(kind, self.count + 1, self.mailed_count, self.moved + moved)
        if abs(after.moved) <= margin if kind.startswith(PROMOTED) else after.count < 2 * self.mailed_count:
            return after, False
        return KnownVerdict(kind, after.count, after.count), True
