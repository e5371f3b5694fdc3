"""The first task of the DAG `train`: the days that its training uses."""

from __future__ import annotations

from typing import Any

from airflow.sdk import XComArg, task
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

from contract.config import Config
from contract.days import parse_day
from contract.errors import UsageError
from microstep_airflow.schedule.days import DAY

TASK = "window"
KEY = "microstep_window"
"""Of the XCom that also a run leaves which has nothing to do, for the one after it."""


def training_window(config: Config) -> XComArg:
    """Declare the task that gives the days of the training of the run's day, oldest first."""

    @task(task_id=TASK, multiple_outputs=False)
    def window(day: str, dag_run: Any = None, ti: Any = None) -> list[str]:
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
