"""Which day a run works on: the only place that decides it, and says which days cannot be."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from airflow.sdk import CronDataIntervalTimetable, Param
from airflow.sdk.exceptions import AirflowFailException

from contract.config.data import Schedule
from contract.days import parse_day
from contract.errors import UsageError

DAY = "{{ day(dag_run, params) }}"
"""The day in templates; `day` is a macro that every DAG has."""

UNFINISHED = "allow_unfinished"
PARAMETERS = ("day", "from", "to", "force", UNFINISHED)
FORCE = "{{ '--force' if params.force else '' }}"
"""The option in templates."""
EXAMPLE = '{"day": "2026-11-22"}'
EXAMPLES = f'{EXAMPLE}, or {{"from": "2026-11-01", "to": "2026-11-22"}}'
MOST_DAYS = 366
"""Of one run: each is a task of each step, and Airflow takes at most 1024."""
BY_INTERVAL = ("scheduled", "backfill")
"""The runs whose day follows from the schedule; all others are asked for, with a day or without."""

# Airflow checks a parameter's schema against its draft's own, ten times for each task of a DAG that is read: with the
# newest draft, which it takes when none is named, that was three quarters of the reading
DRAFT: dict[str, Any] = {"$schema": "http://json-schema.org/draft-07/schema#"}


class DagRun(Protocol):
    """What is asked of a DAG run."""

    @property
    def run_type(self) -> str:
        """What started it: scheduled, backfill, manual, …."""

    @property
    def conf(self) -> Mapping[str, Any] | None:
        """What whoever started it said, as JSON: the parameters that differ from their defaults, and all else."""

    @property
    def run_after(self) -> datetime:
        """The earliest time at which the run may start."""

    @property
    def data_interval_end(self) -> datetime | None:
        """The end of the stretch of time that the run is about."""


def day_of(dag_run: DagRun, params: Mapping[str, Any], timezone: ZoneInfo) -> str:
    """The day that a run works on, YYYY-MM-DD.

    Scheduled runs and backfills: the last day that was complete in `timezone` when the data interval ended.
    All others: the parameter `day`, or the last one of several, or else the last day that was complete when the run
    could start.
    """
    if dag_run.run_type in BY_INTERVAL:
        end = dag_run.data_interval_end
        if end is None:
            raise ValueError(f"a {dag_run.run_type} run must have a data interval: use the timetable of {__name__}")
        return last_complete(end, timezone).isoformat()
    day = params.get("day") or params.get("to")
    return last_complete(dag_run.run_after, timezone).isoformat() if day is None else str(day)


def asked_days(dag_run: DagRun) -> list[date] | None:
    """The days that somebody asked a run for, both ends included; None for a run that works on what its time says."""
    conf = dag_run.conf or {}
    if dag_run.run_type in BY_INTERVAL or not (conf.get("day") or conf.get("to")):
        return None
    first, last = (parse_day(conf.get(name) or conf["day"], name) for name in ("from", "to"))
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]


def days_of_schedule(cron: str, first: date, last: date, timezone: ZoneInfo) -> list[date]:
    """The days from `first` to `last` on which runs work that a schedule makes, oldest first."""
    from croniter import croniter  # type: ignore[import-untyped]  # few runs need it, and it ships no types

    begin = datetime.combine(first, datetime.min.time(), timezone)
    days: list[date] = []
    for due in croniter(cron, begin, ret_type=datetime):
        if (day := last_complete(due, timezone)) > last:
            return days
        if day >= first and day not in days:
            days.append(day)
    return days


def day_to_work_on(dag_run: DagRun, params: Mapping[str, Any], schedule: Schedule) -> str:
    """The day of a run, for its tasks. Raises AirflowFailException for one that cannot be: no retry mends it."""
    timezone = ZoneInfo(schedule.timezone)
    try:
        judge(dag_run.run_type, dag_run.conf or {}, datetime.now(UTC), schedule)
        day = day_of(dag_run, params, timezone)
        _since_the_first(parse_day(day, "day"), schedule)
    except UsageError as error:
        raise AirflowFailException(str(error)) from None
    return day


def judge(run_type: str, conf: Mapping[str, Any], moment: datetime, schedule: Schedule) -> None:
    """Raise UsageError unless a run can do what it was asked for at a moment.

    A day must be over by then and not before the first one; a day that is not over is taken when that is said, too.
    """
    if unknown := sorted(set(conf) - set(PARAMETERS)):
        known = f"{', '.join(PARAMETERS[:-1])} and {PARAMETERS[-1]}"
        raise UsageError(f"parameters: must be {known} at most, got {', '.join(unknown)}; write {EXAMPLE}")
    for name in [name for name in ("force", UNFINISHED) if not isinstance(conf.get(name, False), bool)]:
        raise UsageError(f"{name}: must be true or false, got {conf[name]!r}")
    unfinished = conf.get(UNFINISHED, False)
    given = {name: conf[name] for name in ("day", "from", "to") if conf.get(name) is not None}
    if not given:
        _not_alone(unfinished=unfinished)
        return
    if set(given) not in ({"day"}, {"from", "to"}):
        raise UsageError(f"day: must be alone, or from and to together, got {', '.join(given)}; write {EXAMPLES}")
    if run_type in BY_INTERVAL:
        got = ", ".join(map(repr, given.values()))
        raise UsageError(f"day: must be left out, a {run_type} run's follows from its dates, got {got}")
    for name, day in given.items():
        if not isinstance(day, str):
            raise UsageError(f"{name}: must be text, written YYYY-MM-DD, got {day!r}; write {EXAMPLES}")
        _must_be_over(name, parse_day(day, name), moment, schedule, unfinished=unfinished)
    if "from" in given:
        _must_be_range(parse_day(given["from"], "from"), parse_day(given["to"], "to"))


def _not_alone(*, unfinished: bool) -> None:
    if unfinished:
        both = f'{EXAMPLE[:-1]}, "{UNFINISHED}": true}}'
        raise UsageError(f"{UNFINISHED}: must come with a day, is alone; write {both}")


def _must_be_over(name: str, day: date, moment: datetime, schedule: Schedule, *, unfinished: bool) -> None:
    last = last_complete(moment, ZoneInfo(schedule.timezone))
    _since_the_first(day, schedule, name)
    if day > last and not unfinished:
        more = f'"{UNFINISHED}": true'
        allowed = f'{{"day": "{day}", {more}}}' if name == "day" else f"add {more} to from and to"
        raise UsageError(
            f"{name}: must be over, the last one that is in schedule.timezone {schedule.timezone} is {last}, got {day};"
            f" to work on it all the same: {allowed}"
        )


def _must_be_range(first: date, last: date) -> None:
    if first > last:
        raise UsageError(f"from: must not be after to, got {first} > {last}")
    if (days := (last - first).days + 1) > MOST_DAYS:
        raise UsageError(f"from, to: must be {MOST_DAYS} days at most, got {days}; ask for them in several runs")


def last_complete(moment: datetime, timezone: ZoneInfo) -> date:
    """The last day that is over."""
    # steps back on the calendar, not by 24 hours: a day may have 23 or 25
    return moment.astimezone(timezone).date() - timedelta(days=1)


def _since_the_first(day: date, schedule: Schedule, name: str = "day") -> None:
    if day < (first := schedule.first_day):
        raise UsageError(
            f"{name}: must be schedule.first_day {first} or later, got {day}; if there is data of that day, write an "
            "earlier first_day into pipeline.toml"
        )


def timetable(cron: str, timezone: str) -> CronDataIntervalTimetable:
    """A cron schedule whose runs have data intervals: Airflow 3 gives a plain cron string none."""
    return CronDataIntervalTimetable(cron, timezone=timezone)


def day_params() -> dict[str, Param]:
    """The parameters of a run by hand. Airflow checks each by its schema, `run_requests` what they say together."""
    return {
        "day": _date("Day", "The day to work on; empty: what a scheduled run would do now."),
        "from": _date("From", "The first of several days; with it goes the last one."),
        "to": _date("To", "The last of several days, included. Train: the trainings that were due for them."),
        "force": Param(
            default=False,
            **DRAFT,
            type="boolean",
            title="Force",
            description="Do the work again although it is up to date; ask the database again for rows.",
        ),
        UNFINISHED: Param(
            default=False,
            **DRAFT,
            type="boolean",
            title="Allow an unfinished day",
            description="Work on the day although it is not over; no mail reports its drift.",
        ),
    }


def _date(title: str, description: str) -> Param:
    return Param(None, **DRAFT, type=["null", "string"], format="date", title=title, description=description)
