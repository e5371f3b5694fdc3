"""The first task of the DAGs `generate` and `predict`: the days that a run works on, by what is there."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import date
from typing import Any, Literal

from airflow.sdk import XComArg, task
from airflow.sdk.exceptions import AirflowSkipException

from contract.config import Config
from contract.days import parse_day
from contract.due.lacking import Lack, is_due, to_generate, to_predict
from contract.layout import Layout
from microstep_airflow.schedule.days import DAY, asked_days
from microstep_airflow.settings import Settings

TASK = "days"
EACH_DAY = f"{{{{ ti.xcom_pull('{TASK}')[ti.map_index] }}}}"
"""The day in templates of the tasks that are done for each of them."""
KEY = "microstep_lacks"
"""Of the XCom with the earlier days that lacked something: each with what it was, and whether some of it was there."""

_SEARCH: dict[str, Callable[[Config, Layout, date], list[Lack]]] = {"generate": to_generate, "predict": to_predict}

log = logging.getLogger(__name__)


def days_of_run(step: Literal["generate", "predict"], config: Config, settings: Settings) -> XComArg:
    """Declare the task that gives the days of a run, oldest first; it skips the run when there are none."""

    @task(task_id=TASK, multiple_outputs=False)
    def days(day: str, dag_run: Any = None, ti: Any = None) -> list[str]:
        layout, own = Layout(settings.data_root), parse_day(day)
        asked = asked_days(dag_run)
        if asked is not None:
            # of several days those that have data; a day that is named is the person's word
            return _some(day, [each for each in asked if len(asked) == 1 or is_due(config, layout, each)])
        if dag_run.run_type == "backfill":
            return [day]
        lacks = [lack for lack in _SEARCH[step](config, layout, own) if lack.day != day]
        for lack in lacks:
            log.info("%s: %s", lack.day, lack.why)
        ti.xcom_push(KEY, [[lack.day, lack.why, lack.anew] for lack in lacks])
        return _some(day, [*(parse_day(lack.day) for lack in lacks), *([own] if is_due(config, layout, own) else [])])

    return days(DAY)


def days_with_labels(config: Config, settings: Settings) -> XComArg:
    """Declare the task that gives the earlier days whose inbox got labels while the run did its days.

    One file has labels of many days, and only a run of generate can tell which: each gets its own then.
    """

    # whatever became of the days that the run has done
    @task(task_id="days_with_labels", multiple_outputs=False, trigger_rule="all_done")
    def days_with_labels(day: str, dag_run: Any = None, ti: Any = None) -> list[str]:
        layout = Layout(settings.data_root)
        if asked_days(dag_run) is not None or dag_run.run_type == "backfill" or not layout.labels.is_dir():
            return []
        done = ti.xcom_pull(TASK) or []
        lacks = to_generate(config, layout, parse_day(day))
        return [lack.day for lack in lacks if lack.anew and lack.day not in done]

    return days_with_labels(DAY)


def _some(day: str, days: list[date]) -> list[str]:
    if not days:
        raise AirflowSkipException(
            f"{day}: no data is expected (schedule.expected, schedule.holidays), none has come, and no earlier day"
            " lacks anything"
        )
    return [each.isoformat() for each in days]


def is_caught_up(dag_run: Any, own: str, day: str) -> bool:
    """Whether a run does a day besides its own, which nobody asked for: it is not waited for as long."""
    return day != own and asked_days(dag_run) is None
