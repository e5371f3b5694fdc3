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
EXAMPLE = '{"day": "2026-11-22"}'
BY_INTERVAL = ("scheduled", "backfill")
"""The runs whose day follows from the schedule; all others are asked for, with a day or without."""


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
    All others: the parameter `day`, or else the last day that was complete when the run could start.
    """
    if dag_run.run_type in BY_INTERVAL:
        end = dag_run.data_interval_end
        if end is None:
            raise ValueError(f"a {dag_run.run_type} run must have a data interval: use the timetable of {__name__}")
        return last_complete(end, timezone).isoformat()
    day = params.get("day")
    return last_complete(dag_run.run_after, timezone).isoformat() if day is None else str(day)


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
    if unknown := sorted(set(conf) - {"day", UNFINISHED}):
        raise UsageError(f"parameters: must be day and {UNFINISHED} at most, got {', '.join(unknown)}; write {EXAMPLE}")
    day, unfinished = conf.get("day"), conf.get(UNFINISHED, False)
    if not isinstance(unfinished, bool):
        raise UsageError(f"{UNFINISHED}: must be true or false, got {unfinished!r}")
    if day is None:
        if unfinished:
            both = f'{EXAMPLE[:-1]}, "{UNFINISHED}": true}}'
            raise UsageError(f"{UNFINISHED}: must come with a day, is alone; write {both}")
        return
    if run_type in BY_INTERVAL:
        raise UsageError(f"day: must be left out, a {run_type} run's follows from its dates, got {day!r}")
    if not isinstance(day, str):
        raise UsageError(f"day: must be text, written YYYY-MM-DD, got {day!r}; write {EXAMPLE}")
    requested, last = parse_day(day, "day"), last_complete(moment, ZoneInfo(schedule.timezone))
    _since_the_first(requested, schedule)
    if requested > last and not unfinished:
        raise UsageError(
            f"day: must be over, the last one that is in schedule.timezone {schedule.timezone} is {last}, got {day}; "
            f'to work on it all the same: {{"day": "{day}", "{UNFINISHED}": true}}'
        )


def last_complete(moment: datetime, timezone: ZoneInfo) -> date:
    """The last day that is over."""
    # steps back on the calendar, not by 24 hours: a day may have 23 or 25
    return moment.astimezone(timezone).date() - timedelta(days=1)


def _since_the_first(day: date, schedule: Schedule) -> None:
    if day < schedule.first_day:
        raise UsageError(
            f"day: must be schedule.first_day {schedule.first_day} or later, got {day}; if there is data of that day, "
            "write an earlier first_day into pipeline.toml"
        )


def timetable(cron: str, timezone: str) -> CronDataIntervalTimetable:
    """A cron schedule whose runs have data intervals: Airflow 3 gives a plain cron string none."""
    return CronDataIntervalTimetable(cron, timezone=timezone)


def day_params() -> dict[str, Param]:
    """The parameters of a run by hand. Airflow checks each by its schema, `run_requests` what they say together."""
    return {
        "day": Param(
            None,
            type=["null", "string"],
            format="date",
            title="Day",
            description="The day to work on; empty for the last complete one. Scheduled runs, backfills know theirs.",
        ),
        UNFINISHED: Param(
            default=False,
            type="boolean",
            title="Allow an unfinished day",
            description="Work on the day though it is not over; nobody is told of its drift.",
        ),
    }
