"""Which day a run works on: the only place that decides it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from airflow.sdk import CronDataIntervalTimetable, Param

DAY = "{{ day(dag_run, params) }}"
"""The day in templates; `day` is a macro that every DAG of the house has."""

_BY_INTERVAL = ("scheduled", "backfill")


class DagRun(Protocol):
    """What is asked of a DAG run."""

    @property
    def run_type(self) -> str:
        """What started it: scheduled, backfill, manual, …."""

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
    if dag_run.run_type in _BY_INTERVAL:
        end = dag_run.data_interval_end
        if end is None:
            raise ValueError(f"a {dag_run.run_type} run must have a data interval: use the timetable of {__name__}")
        return _last_complete(end, timezone)
    return params.get("day") or _last_complete(dag_run.run_after, timezone)


def _last_complete(moment: datetime, timezone: ZoneInfo) -> str:
    # steps back on the calendar, not by 24 hours: a day may have 23 or 25
    return (moment.astimezone(timezone).date() - timedelta(days=1)).isoformat()


def timetable(cron: str, timezone: str) -> CronDataIntervalTimetable:
    """A cron schedule whose runs have data intervals: Airflow 3 gives a plain cron string none."""
    return CronDataIntervalTimetable(cron, timezone=timezone)


def day_param() -> Param:
    """The parameter `day` of a run that is started by hand."""
    return Param(
        None,
        type=["null", "string"],
        format="date",
        title="Day",
        description="The day to work on; empty for the last complete one. Scheduled runs and backfills know theirs.",
    )
