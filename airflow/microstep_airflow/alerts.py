"""One mail for a run that failed and for the first good one after it, for a verdict, and for drift."""

from __future__ import annotations

import logging
from dataclasses import asdict, dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

from airflow.sdk import Context, Variable

from contract.config import Config
from microstep_airflow import letters
from microstep_airflow.days import day_of
from microstep_airflow.drift import Told, what_is_new
from microstep_airflow.findings import Drift, Promotion, Verdict
from microstep_airflow.mail import Mail, send
from microstep_airflow.records import Record, records

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
    data_root: Path
    """As Airflow sees it."""

    def failed(self, context: Context) -> None:
        """Tell that a run failed, and remember it for `succeeded`."""
        if not self._anybody(context):
            return
        dag, day = context["dag"].dag_id, self._day(context)
        found = self._records(context, "failed")
        reason = REASONS.get(str(context.get("reason")), str(context.get("reason")))
        what = f": {found[0].message}" if found else f": {reason}"
        facts = {**self._facts(context), "Reason": reason}
        advice = "When the cause is gone, clear the failed task in the run's page: the run goes on from there."
        self._send(Mail(f"[microstep] {dag} {day} failed{what}"[:200], facts, records=found, advice=advice))
        variable = _variable(dag)
        Variable.set(variable, {**_failed_days(variable), context["run_id"]: day}, serialize_json=True)

    def succeeded(self, context: Context) -> None:
        """Tell of a verdict, of drift that begins, spreads or ends, and of a recovery."""
        if not self._anybody(context):
            return
        match context["dag"].dag_id:
            case "train":
                self._tell_of_the_verdict(context)
            case "predict":
                self._tell_of_drift(context)
        self._tell_of_a_recovery(context)

    def _tell_of_the_verdict(self, context: Context) -> None:
        day, facts = self._day(context), self._facts(context)
        verdict = self._verdict(day)
        if refused := self._records(context, "skipped"):
            self._send(letters.refused(day, facts, verdict, refused))
        elif verdict is not None and (dag_run := context.get("dag_run")) is not None and dag_run.start_date is not None:
            promotion = Promotion.since(self.data_root, day, verdict.metric, dag_run.start_date)
            if promotion is not None:
                self._send(letters.promoted(day, facts, verdict, promotion))

    def _tell_of_drift(self, context: Context) -> None:
        day = self._day(context)
        try:
            found = Drift.of(self.data_root, day)
        except Exception:
            log.exception("%s: the report about drift cannot be read", context["run_id"])
            return
        told = Told.of(Variable.get(DRIFT, default={}, deserialize_json=True))
        news = what_is_new(told, day, found.level, found.columns)
        if news.kind != "nothing":
            self._send(letters.drifted(day, self._facts(context), news, found))
        Variable.set(DRIFT, asdict(news.told), serialize_json=True)

    def _tell_of_a_recovery(self, context: Context) -> None:
        dag, day = context["dag"].dag_id, self._day(context)
        variable = _variable(dag)
        if not (failed := _failed_days(variable)):
            return
        missing = sorted({other for run, other in failed.items() if run != context["run_id"] and other != day})
        advice = f"Days that failed and were not done again in this run: {', '.join(missing)}." if missing else ""
        self._send(Mail(f"[microstep] {dag} {day}: works again", self._facts(context), advice=advice))
        Variable.delete(variable)

    def _send(self, mail: Mail) -> None:
        send(mail, self.config.alerts)

    def _facts(self, context: Context) -> dict[str, str]:
        return {"DAG": context["dag"].dag_id, "Day": self._day(context), "Run": context["run_id"]}

    def _anybody(self, context: Context) -> bool:
        if not self.config.alerts.to:
            log.info("%s: no mail, pipeline.toml has nobody in [alerts].to", context["run_id"])
        return bool(self.config.alerts.to)

    def _day(self, context: Context) -> str:
        dag_run = context.get("dag_run")
        if dag_run is None:
            return "(day unknown)"
        return day_of(dag_run, context["params"], ZoneInfo(self.config.schedule.timezone))

    def _verdict(self, day: str) -> Verdict | None:
        try:
            return Verdict.of(self.data_root, day)
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


def _variable(dag: str) -> str:
    return f"microstep_failed_{dag}"


def _failed_days(variable: str) -> dict[str, str]:
    """The day of each run that failed since the last good one."""
    found: dict[str, str] = Variable.get(variable, default={}, deserialize_json=True)
    return found
