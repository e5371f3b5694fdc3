"""The callbacks of a DAG: mails about a run that failed, the first good one after it, a verdict, and drift."""

from __future__ import annotations

import logging
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from urllib.parse import quote
from zoneinfo import ZoneInfo

from airflow.sdk import Context, Variable
from airflow.sdk.bases.xcom import BaseXCom
from airflow.sdk.configuration import conf

from contract.config import Config
from contract.errors import MissingInput
from contract.layout import Layout
from microstep_airflow.alerts import messages
from microstep_airflow.alerts.caught_up import caught_up_mail
from microstep_airflow.alerts.degraded import degraded_news, too_many_rejected
from microstep_airflow.alerts.drift import KnownDrift, drift_news
from microstep_airflow.alerts.live import KnownFall, live_days, live_news
from microstep_airflow.alerts.mail import Mail
from microstep_airflow.alerts.outbox import enqueue
from microstep_airflow.alerts.step_reports import DriftReport, Promotion, Verdict, rejected_rows, tracked_run
from microstep_airflow.alerts.task_failures import TaskFailure, task_failures
from microstep_airflow.alerts.throttle import FailedRuns
from microstep_airflow.schedule.days import asked_days, day_of, last_complete
from microstep_airflow.schedule.lacking import KEY as LACKS
from microstep_airflow.schedule.lacking import TASK as DAYS
from microstep_airflow.settings import Settings

REASONS = {
    "task_failure": "a task failed",
    "timed_out": "the run took longer than it may",
    "all_tasks_deadlocked": "no task of it can go on",
}

PROMOTED = "microstep_promoted"
"""The variable that keeps which promotion was mailed last, by its line in the ledger."""

DRIFT = "microstep_drift"
"""The same of drift."""
DEGRADED = "microstep_degraded"
"""The same of days that went on without many rows."""
LIVE = "microstep_live"
"""The same of a fall of the live score."""

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class RunAlerts:
    """The callbacks of a DAG. They run once per run, in the DAG processor, however many tasks failed."""

    config: Config
    settings: Settings

    def failed(self, context: Context) -> None:
        """Mail that a run failed, unless the same was mailed before, and remember it."""
        dag, day = context["dag"].dag_id, self._day(context)
        failures = self._task_failures(context, "failed")
        reason = REASONS.get(str(context.get("reason")), str(context.get("reason")))
        error = f"{failures[0].task}: {failures[0].message}" if failures else reason
        before = FailedRuns.of(Variable.get(_variable(dag), default={}, deserialize_json=True))
        runs, mail_is_due = before.add(context["run_id"], day, error, datetime.now(UTC))
        if mail_is_due:
            facts = {**self._facts(context), "Reason": reason}
            headline = failures[0].message if failures else reason
            links = self._links(context)
            rejected = self._rejected(day, failures)
            self._send(messages.failed(dag, day, headline, facts, failures, runs, links, rejected))
        else:
            log.warning("%s: no mail, people know of it: %s", context["run_id"], error)
        Variable.set(_variable(dag), runs.to_json(), serialize_json=True)

    def succeeded(self, context: Context) -> None:
        """Mail a verdict, drift or a fall of the live score that begins or ends, and a recovery."""
        match context["dag"].dag_id:
            case "train" if not self._has_runs_of_its_own(context):
                self._mail_verdict(context)
                self._mail_live(context)
            case "predict":
                self._mail_degraded(context)
                self._mail_drift(context)
                self._mail_caught_up(context)
        self._mail_recovery(context)

    def _mail_verdict(self, context: Context) -> None:
        day, facts, links = self._day(context), self._facts(context), self._links(context)
        verdict = self._verdict(day)
        if refusals := self._task_failures(context, "skipped"):
            self._send(messages.refused(day, facts, verdict, refusals, links))
        elif verdict is not None and (dag_run := context.get("dag_run")) is not None and dag_run.start_date is not None:
            promotion = self._promotion(day, verdict.metric, dag_run.start_date)
            # two runs of one day may both be there when it happens
            told = Variable.get(PROMOTED, default="", deserialize_json=True)
            if promotion is not None and promotion.line != told:
                self._send(messages.promoted(day, facts, verdict, promotion, links))
                Variable.set(PROMOTED, promotion.line, serialize_json=True)

    def _mail_degraded(self, context: Context) -> None:
        known = before = Variable.get(DEGRADED, default={}, deserialize_json=True)
        key = BaseXCom.XCOM_RETURN_KEY
        days = context["ti"].xcom_pull(DAYS, key=key, map_indexes=None) if "ti" in context else None
        for day in sorted({self._day(context), *(days or ())}):
            reason = too_many_rejected(self.settings.data_root, day)
            is_new, known = degraded_news(known, day, reason)
            if is_new:
                facts, rejected = self._facts(context) | {"Day": day}, rejected_rows(self.settings.data_root, day)
                self._send(messages.degraded(day, facts, reason, rejected, self._links(context)))
        if known != before:
            Variable.set(DEGRADED, known, serialize_json=True)

    def _mail_drift(self, context: Context) -> None:
        day = self._day(context)
        try:
            report = DriftReport.of(self.settings.data_root, day)
        except MissingInput as error:
            # a day without data that the run did not work on
            log.info("%s: no report about drift: %s", context["run_id"], error)
            return
        except Exception:
            log.exception("%s: the report about drift cannot be read", context["run_id"])
            return
        known = KnownDrift.of(Variable.get(DRIFT, default={}, deserialize_json=True))
        last = last_complete(datetime.now(UTC), ZoneInfo(self.config.schedule.timezone)).isoformat()
        news = drift_news(known, day, report.level, report.columns, last)
        if news.kind != "nothing":
            self._send(messages.drifted(day, self._facts(context), news, report, self._links(context)))
        Variable.set(DRIFT, asdict(news.known), serialize_json=True)

    def _mail_caught_up(self, context: Context) -> None:
        # a run for days that somebody asked for leaves no such word
        lacks = context["ti"].xcom_pull(DAYS, key=LACKS, map_indexes=None) if "ti" in context else None
        facts, links = self._facts(context), self._links(context)
        layout = Layout(self.settings.data_root)
        if lacks and (mail := caught_up_mail(self.config, layout, self._day(context), lacks, facts, links)):
            self._send(mail)

    def _mail_live(self, context: Context) -> None:
        day = self._day(context)
        known = KnownFall.of(Variable.get(LIVE, default={}, deserialize_json=True))
        news = live_news(known, live_days(self.settings.data_root, day))
        if news.kind != "nothing":
            self._send(messages.live_score(day, self._facts(context), news, self._links(context)))
        Variable.set(LIVE, asdict(news.known), serialize_json=True)

    def _mail_recovery(self, context: Context) -> None:
        dag, day = context["dag"].dag_id, self._day(context)
        runs = FailedRuns.of(Variable.get(_variable(dag), default={}, deserialize_json=True))
        if runs.days:
            undone = runs.days_undone(context["run_id"], day)
            self._send(messages.recovered(dag, day, self._facts(context), runs, undone, self._links(context)))
            Variable.delete(_variable(dag))

    def _send(self, mail: Mail) -> None:
        now = datetime.now(ZoneInfo(self.config.schedule.timezone))
        enqueue(mail, self.config.alerts, self.settings.mails, now)

    def _facts(self, context: Context) -> dict[str, str]:
        return {"DAG": context["dag"].dag_id, "Day": self._day(context), "Run": context["run_id"]}

    def _links(self, context: Context) -> dict[str, str]:
        dag, mlflow = context["dag"].dag_id, self.settings.mlflow
        links = {"Run in Airflow": run_page(dag, context["run_id"])}
        if dag == "train" and mlflow and (run := tracked_run(self.settings.data_root, self._day(context))):
            links["Run in MLflow"] = f"{mlflow}/#/runs/{run}"
        return links

    def _rejected(self, day: str, failures: list[TaskFailure]) -> list[tuple[str, str]]:
        """The rows that broke the contract, of the run's day and of those whose task failed."""
        days = sorted({day, *(failure.day for failure in failures if failure.day)})
        return [line for rejecting in days for line in rejected_rows(self.settings.data_root, rejecting)]

    def _day(self, context: Context) -> str:
        dag_run = context.get("dag_run")
        if dag_run is None:
            return "(day unknown)"
        return day_of(dag_run, context["params"], ZoneInfo(self.config.schedule.timezone))

    def _has_runs_of_its_own(self, context: Context) -> bool:
        """Whether it only started runs for several days, each of which tells for itself."""
        dag_run = context.get("dag_run")
        return dag_run is not None and len(asked_days(dag_run) or ()) > 1

    def _verdict(self, day: str) -> Verdict | None:
        try:
            return Verdict.of(self.settings.data_root, day)
        except Exception:
            # a mail without the rules is worth more than none
            log.exception("%s: the verdict cannot be read", day)
            return None

    def _promotion(self, day: str, metric: str, start: datetime) -> Promotion | None:
        try:
            return Promotion.since(self.settings.data_root, day, metric, start)
        except Exception:
            # a recovery must be mailed all the same
            log.exception("%s: whether its model was promoted cannot be read", day)
            return None

    def _task_failures(self, context: Context, state: str) -> list[TaskFailure]:
        if "ti" not in context:
            return []
        try:
            return task_failures(context, state)
        except Exception:
            # a mail without the error line is worth more than none
            log.exception("%s: what its tasks recorded cannot be read", context["run_id"])
            return []


def run_page(dag: str, run: str) -> str:
    """The address of a run in Airflow's pages."""
    return f"{conf.get('api', 'base_url', fallback='').rstrip('/')}/dags/{dag}/runs/{quote(run)}"


def _variable(dag: str) -> str:
    return f"microstep_failed_{dag}"
