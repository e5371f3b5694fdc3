"""What a callback sees of the run that is over: its day, its links, how its tasks ended."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from urllib.parse import quote
from zoneinfo import ZoneInfo

from airflow.sdk import Context
from airflow.sdk.bases.xcom import BaseXCom
from airflow.sdk.configuration import conf

from contract.config import Config
from contract.due.arrived import committed, inbox_changed
from contract.layout import Layout
from microstep_airflow.alerts.news.degraded import rejected_rows
from microstep_airflow.alerts.step_reports import tracked_run
from microstep_airflow.alerts.task_failures import TaskFailure, task_failures
from microstep_airflow.pipelines import of_dag
from microstep_airflow.schedule.days import asked_days, day_of
from microstep_airflow.schedule.lacking import TASK as DAYS
from microstep_airflow.settings import Settings

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class RunFacts:
    """What is told of a run in every mail about it."""

    config: Config
    settings: Settings

    def _facts(self, context: Context) -> dict[str, str]:
        return {"DAG": context["dag"].dag_id, "Day": self._day(context), "Run": context["run_id"]}

    def _links(self, context: Context) -> dict[str, str]:
        dag, mlflow = self._dag(context), self.settings.mlflow
        links = {"Run in Airflow": run_page(context["dag"].dag_id, context["run_id"])}
        if dag == "train" and mlflow and (run := tracked_run(self.settings.data_root, self._day(context))):
            links["Run in MLflow"] = f"{mlflow}/#/runs/{run}"
        return links

    def _dag(self, context: Context) -> str:
        """generate, train or predict, whosever it is."""
        return of_dag(context["dag"].dag_id)[1]

    def _day(self, context: Context) -> str:
        dag_run = context.get("dag_run")
        if dag_run is None:
            return "(day unknown)"
        return day_of(dag_run, context["params"], ZoneInfo(self.config.schedule.timezone))

    def _days(self, context: Context) -> list[str]:
        """The days that a run worked on, its own included, oldest first."""
        key = BaseXCom.XCOM_RETURN_KEY
        days = context["ti"].xcom_pull(DAYS, key=key, map_indexes=None) if "ti" in context else None
        return sorted({self._day(context), *(days or ())})

    def _has_runs_of_its_own(self, context: Context) -> bool:
        """Whether it only started runs for several days, each of which tells for itself."""
        dag_run = context.get("dag_run")
        return dag_run is not None and len(asked_days(dag_run) or ()) > 1

    def _task_failures(self, context: Context, state: str) -> list[TaskFailure]:
        if "ti" not in context:
            return []
        try:
            return task_failures(context, state)
        except Exception:
            # a mail without the error line is worth more than none
            log.exception("%s: what its tasks recorded cannot be read", context["run_id"])
            return []

    def _is_done(self, dag: str, day: str) -> bool:
        """Whether another run has done a day of one that failed; of a training its own run alone tells that."""
        layout = Layout(self.settings.data_root)
        if dag == "predict":
            return committed(layout.predictions(day)) is not None
        raw = (layout.raw_data(day), layout.raw_target(day))
        return dag == "generate" and committed(raw[0]) is not None and inbox_changed(layout, day, *raw) is None

    def _rejected(self, day: str, failures: list[TaskFailure]) -> list[tuple[str, str]]:
        """The rows that broke the contract, of the run's day and of those whose task failed."""
        days = sorted({day, *(failure.day for failure in failures if failure.day)})
        return [line for rejecting in days for line in rejected_rows(self.settings.data_root, rejecting)]


def run_page(dag: str, run: str) -> str:
    """The address of a run in Airflow's pages."""
    return f"{conf.get('api', 'base_url', fallback='').rstrip('/')}/dags/{dag}/runs/{quote(run)}"
