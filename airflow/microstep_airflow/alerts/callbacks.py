"""One mail for a run that failed and for the first good one after it, for a verdict, and for drift."""

from __future__ import annotations

import logging
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from urllib.parse import quote
from zoneinfo import ZoneInfo

from airflow.sdk import Context, Variable
from airflow.sdk.configuration import conf

from contract.config import Config
from microstep_airflow.alerts import messages
from microstep_airflow.alerts.drift import Told, what_is_new
from microstep_airflow.alerts.mail import Mail
from microstep_airflow.alerts.outbox import post
from microstep_airflow.alerts.step_reports import Drift, Promotion, Verdict, rejected_rows, tracked_run
from microstep_airflow.alerts.task_failures import Record, records
from microstep_airflow.alerts.throttle import Failures
from microstep_airflow.schedule.days import day_of, last_complete
from microstep_airflow.settings import Settings

REASONS = {
    "task_failure": "a task failed",
    "timed_out": "the run took longer than it may",
    "all_tasks_deadlocked": "no task of it can go on",
}

DRIFT = "microstep_drift"
"""The variable that keeps what people know of drift."""

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Alerts:
    """The callbacks of a DAG. They run once per run, in the DAG processor, however many tasks failed."""

    config: Config
    settings: Settings

    def failed(self, context: Context) -> None:
        """Tell that a run failed, unless people know of it, and remember it."""
        dag, day = context["dag"].dag_id, self._day(context)
        found = self._records(context, "failed")
        reason = REASONS.get(str(context.get("reason")), str(context.get("reason")))
        error = f"{found[0].task}: {found[0].message}" if found else reason
        before = Failures.of(Variable.get(_variable(dag), default={}, deserialize_json=True))
        failures, tell = before.and_(context["run_id"], day, error, datetime.now(UTC))
        if tell:
            facts = {**self._facts(context), "Reason": reason}
            what = found[0].message if found else reason
            links = self._links(context)
            self._send(messages.failed(dag, day, what, facts, found, failures, links, self._rejected(day, found)))
        else:
            log.warning("%s: no mail, people know of it: %s", context["run_id"], error)
        Variable.set(_variable(dag), asdict(failures), serialize_json=True)

    def succeeded(self, context: Context) -> None:
        """Tell of a verdict, of drift that begins, spreads or ends, and of a recovery."""
        match context["dag"].dag_id:
            case "train":
                self._tell_of_the_verdict(context)
            case "predict":
                self._tell_of_drift(context)
        self._tell_of_a_recovery(context)

    def _tell_of_the_verdict(self, context: Context) -> None:
        day, facts, links = self._day(context), self._facts(context), self._links(context)
        verdict = self._verdict(day)
        if refused := self._records(context, "skipped"):
            self._send(messages.refused(day, facts, verdict, refused, links))
        elif verdict is not None and (dag_run := context.get("dag_run")) is not None and dag_run.start_date is not None:
            promotion = Promotion.since(self.settings.data_root, day, verdict.metric, dag_run.start_date)
            if promotion is not None:
                self._send(messages.promoted(day, facts, verdict, promotion, links))

    def _tell_of_drift(self, context: Context) -> None:
        day = self._day(context)
        try:
            found = Drift.of(self.settings.data_root, day)
        except Exception:
            log.exception("%s: the report about drift cannot be read", context["run_id"])
            return
        told = Told.of(Variable.get(DRIFT, default={}, deserialize_json=True))
        last = last_complete(datetime.now(UTC), ZoneInfo(self.config.schedule.timezone)).isoformat()
        news = what_is_new(told, day, found.level, found.columns, last)
        if news.kind != "nothing":
            self._send(messages.drifted(day, self._facts(context), news, found, self._links(context)))
        Variable.set(DRIFT, asdict(news.told), serialize_json=True)

    def _tell_of_a_recovery(self, context: Context) -> None:
        dag, day = context["dag"].dag_id, self._day(context)
        failures = Failures.of(Variable.get(_variable(dag), default={}, deserialize_json=True))
        if failures.runs:
            missing = failures.left(context["run_id"], day)
            self._send(messages.recovered(dag, day, self._facts(context), failures, missing, self._links(context)))
            Variable.delete(_variable(dag))

    def _send(self, mail: Mail) -> None:
        now = datetime.now(ZoneInfo(self.config.schedule.timezone))
        post(mail, self.config.alerts, self.settings.mails, now)

    def _facts(self, context: Context) -> dict[str, str]:
        return {"DAG": context["dag"].dag_id, "Day": self._day(context), "Run": context["run_id"]}

    def _links(self, context: Context) -> dict[str, str]:
        dag, mlflow = context["dag"].dag_id, self.settings.mlflow
        links = {"Run in Airflow": run_page(dag, context["run_id"])}
        if dag == "train" and mlflow and (run := tracked_run(self.settings.data_root, self._day(context))):
            links["Run in MLflow"] = f"{mlflow}/#/runs/{run}"
        return links

    def _rejected(self, day: str, found: list[Record]) -> list[tuple[str, str]]:
        """The rows that broke the contract, of the run's day and of those whose task failed."""
        days = sorted({day, *(each.day for each in found if each.day)})
        return [line for each in days for line in rejected_rows(self.settings.data_root, each)]

    def _day(self, context: Context) -> str:
        dag_run = context.get("dag_run")
        if dag_run is None:
            return "(day unknown)"
        return day_of(dag_run, context["params"], ZoneInfo(self.config.schedule.timezone))

    def _verdict(self, day: str) -> Verdict | None:
        try:
            return Verdict.of(self.settings.data_root, day)
        except Exception:
            # a mail without the rules is worth more than none
            log.exception("%s: the verdict cannot be read", day)
            return None

    def _records(self, context: Context, state: str) -> list[Record]:
        if "ti" not in context:
            return []
        try:
            return records(context, state)
        except Exception:
            # a mail without the error line is worth more than none
            log.exception("%s: the records of its tasks cannot be read", context["run_id"])
            return []


def run_page(dag: str, run: str) -> str:
    """The address of a run in Airflow's pages."""
    return f"{conf.get('api', 'base_url', fallback='').rstrip('/')}/dags/{dag}/runs/{quote(run)}"


def _variable(dag: str) -> str:
    return f"microstep_failed_{dag}"
