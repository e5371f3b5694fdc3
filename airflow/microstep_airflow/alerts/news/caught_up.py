"""One mail about the earlier days that a run of `predict` has done, and about those that still lack their data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

from contract.config import Config
from contract.config.source import Files
from contract.days import parse_day
from contract.due.arrived import committed, has_arrived
from contract.due.lacking import not_there, to_predict
from contract.layout import MANIFEST, Layout
from microstep_airflow.alerts.mail import Mail
from microstep_airflow.alerts.messages import PREFIX, some
from microstep_airflow.alerts.throttle import OF_ONE_KIND

TOLD = timedelta(days=92)
ARRIVED = ("inbox", "raw_data")
Lacks = Sequence[tuple[str, str, bool]]
"""Of each earlier day that lacked something when the run began: the day, what it was, whether some of it was there."""


@dataclass(frozen=True)
class KnownCatchUp:
    """What people know of runs that caught up days, each at most OF_ONE_KIND after the one before."""

    runs: Mapping[str, int] = field(default_factory=dict)
    """How many days each of them has caught up, by the run's own day; those of OF_ONE_KIND alone."""
    count: int = 0
    """Since more days at once were mailed than in the runs before."""
    mailed_count: int = 0

    @classmethod
    def of(cls, variable: Mapping[str, Any]) -> KnownCatchUp:
        """As `asdict` and JSON kept it in Airflow's variable; nothing is known when it is empty or old."""
        return cls(**variable) if "runs" in variable else cls()

    def add(self, day: str, days: int) -> tuple[KnownCatchUp, bool]:
        """With one more run that caught up so many days, and whether to mail it.

        A feed whose days come late each time, or each Monday, would be a mail each time: told are the first one, more
        days at once than in the runs before, and then those whose number has doubled.
        """
        since = (parse_day(day) - OF_ONE_KIND).isoformat()
        before = {own: number for own, number in self.runs.items() if own >= since}
        after = {**before, day: max(days, before.get(day, 0))}
        if not before or days > max(before.values()):
            return KnownCatchUp(after, 1, 1), True
        count = self.count + (day not in before)
        if count >= 2 * self.mailed_count:
            return KnownCatchUp(after, count, count), True
        return replace(self, runs=after, count=count), False


def caught_up_mail(
    config: Config, layout: Layout, own: str, lacks: Lacks, facts: dict[str, str], links: dict[str, str]
) -> Mail | None:
    """The mail of the run of the day `own`; None when no earlier day was predicted in it."""
    # of other rows than raw has by now: not done yet
    still = {lack.day for lack in to_predict(config, layout, parse_day(own))}
    done = [lack for lack in lacks if lack[0] not in still and committed(layout.predictions(lack[0])) is not None]
    if not done:
        return None
    days = [day for day, *_ in done]
    missing = not_there(config, layout, parse_day(own))
    facts = facts | ({"Still without data": ", ".join(missing)} if missing else {})
    if old := given_up(config, layout, parse_day(own)):
        facts |= {"Too old to be caught up": f"{some(old)}; type: make backfill FROM={old[0]} TO={old[-1]}"}
    span = days[0] if len(days) == 1 else f"{len(days)} days, {days[0]} to {days[-1]}"
    return Mail(
        "info",
        f"{PREFIX} predict {own}: caught up {span}",
        facts,
        [("again" if anew else "late", why) for _, why, anew in done],
        advice=("" if old else "You need do nothing: ")
        + f"{'W' if old else 'w'}hat was missing was found and done by this run. Days that are always late are not"
        " reported every time."
        + (
            " A day that is still without data is looked for schedule.catch_up_days long; an empty _EMPTY in its inbox"
            " says that it has none."
            if missing
            else ""
        ),
        links=links,
    )


def given_up(config: Config, layout: Layout, last: date) -> list[str]:
    """The days, oldest first, that could be predicted, are not, and are too old to be caught up by now.

    Those before the first day that is predicted are history, for which nobody has asked, and so is what is TOLD ago.
    """
    first = min((path.parent.name for path in layout.predictions("*").parent.glob(f"*/{MANIFEST}")), default=None)
    end = last - timedelta(days=config.schedule.catch_up_days)
    since = end if first is None else max(parse_day(first), end - TOLD)
    days = [since + timedelta(days=number) for number in range((end - since).days)]
    expected = [day.isoformat() for day in days if config.schedule.expects(day)]
    # of a day whose files never came there is nothing to do
    files = isinstance(config.source, Files)
    there = [day for day in expected if not files or any(has_arrived(layout, what, day) for what in ARRIVED)]
    return [day for day in there if committed(layout.predictions(day)) is None]
