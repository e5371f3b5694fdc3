"""The tasks of the DAG `train` that say on which days it trains, which of them are there."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from airflow.sdk import XComArg, task
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

from contract.config import Config
from contract.days import parse_day
from contract.due.arrived import EMPTY
from contract.due.training import NO_DATA, are_enough, described, lacking
from contract.errors import UsageError
from contract.layout import Layout
from microstep_airflow.schedule.days import DAY, asked_days, days_of_schedule
from microstep_airflow.settings import Settings

TASK = "window"
KEY = "microstep_window"
"""Of the XCom that also a run leaves which has nothing to do, for the one after it."""

log = logging.getLogger(__name__)


def training_window(config: Config) -> XComArg:
    """Declare the task that gives the days of the training of the run's day, oldest first."""

    @task(task_id=TASK, multiple_outputs=False)
    def window(day: str, dag_run: Any = None, ti: Any = None) -> list[str]:
        if (asked := asked_days(dag_run)) is not None and len(asked) > 1:
            raise AirflowSkipException(f"{asked[0]} to {asked[-1]}: each training of these days gets a run of its own")
        first = config.schedule.first_day
        labelled = first + timedelta(days=config.training.target_delay_days)
        if dag_run.run_type == "scheduled" and first <= parse_day(day) < labelled:
            raise AirflowSkipException(
                f"{day}: no day has its labels before {labelled} (schedule.first_day, training.target_delay_days)"
            )
        try:
            days = [date.isoformat() for date in config.window(parse_day(day))]
        except UsageError as error:
            # a day without a window has none at the next try either
            raise AirflowFailException(str(error)) from None
        ti.xcom_push(KEY, days)
        # somebody who clears a run wants it done again
        if dag_run.run_type == "scheduled" and ti.try_number == 1:
            _skip_what_was_done(days, ti)
        return days

    return window(DAY)


def days_that_train(days: XComArg, config: Config, settings: Settings) -> XComArg:
    """Declare the task that, after the wait, gives those days of the window that have data; it fails on too few."""

    # a wait in vain is skipped, and not the end
    @task(task_id="there", multiple_outputs=False, trigger_rule="none_failed")
    def there(window: list[str] | None, day: str) -> list[str]:
        if window is None:
            raise AirflowSkipException(f"{day}: nothing to train on in this run")
        own = parse_day(day)
        left_out = lacking(config, Layout(settings.data_root), own)
        if not are_enough(config, own, left_out):
            least = config.training.min_days
            raise AirflowFailException(
                f"the window of {day}, {window[0]} to {window[-1]}: must have {least or 'all'} of {len(window)} days,"
                f" lacks {described(left_out)}; bring them (those that are older than schedule.catch_up_days: make"
                f" backfill) and clear this run, put an empty {EMPTY} into the inbox of a day without rows, or set"
                " training.min_days; where days always come so late: training.target_delay_days"
            )
        if left_out:
            log.warning("the training goes on without %s", described(left_out))
        return [name for name in window if left_out.get(name) != NO_DATA]

    return there(days, DAY)  # type: ignore[arg-type]  # by when it runs, it is one


def trainings_asked_for(config: Config) -> XComArg:
    """Declare the task that gives the parameters of a run for each training of the several days that were asked for.

    Those that the schedule would have made; where it would have made none, one of the last day.
    """

    @task(task_id="trainings", multiple_outputs=False)
    def trainings(dag_run: Any = None) -> list[dict[str, Any]]:
        asked = asked_days(dag_run)
        if asked is None or len(asked) == 1:
            return []
        schedule = config.schedule
        days = days_of_schedule(schedule.train, asked[0], asked[-1], ZoneInfo(schedule.timezone)) or [asked[-1]]
        return [{"day": day.isoformat(), "force": (dag_run.conf or {}).get("force", False)} for day in days]

    return trainings()


def _skip_what_was_done(days: list[str], ti: Any) -> None:
    """Raise AirflowSkipException when the scheduled run before has trained on the very same days.

    A changed schedule.timezone, or another hour in schedule.train, makes Airflow run the same week's interval again.
    """
    before = ti.get_previous_dagrun(state="success")
    if before is None or before.run_type != "scheduled":
        return
    if ti.xcom_pull(TASK, key=KEY, run_id=before.run_id) == days:
        raise AirflowSkipException(
            f"{days[0]} to {days[-1]}: {before.run_id} has trained on these very days; nothing to do until the next"
            " week. To train on them again all the same, clear this run"
        )
