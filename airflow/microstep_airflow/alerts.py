"""One mail for a run that failed, for a challenger that was refused, for the first good run after bad ones."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from airflow.sdk import Context, Variable

from contract.config import Config
from microstep_airflow.days import day_of
from microstep_airflow.mail import Mail, send
from microstep_airflow.records import Record, records

REASONS = {
    "task_failure": "a task failed",
    "timed_out": "the run took longer than it may",
    "all_tasks_deadlocked": "no task of it can go on",
}

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Alerts:
    """The callbacks of a DAG. They run once per run, in the DAG processor, however many tasks failed."""

    config: Config

    def failed(self, context: Context) -> None:
        """Tell that a run failed, and remember it for `succeeded`."""
        if not self._anybody(context):
            return
        dag, day = context["dag"].dag_id, self._day(context)
        found = self._records(context, "failed")
        reason = REASONS.get(str(context.get("reason")), str(context.get("reason")))
        what = f": {found[0].message}" if found else f": {reason}"
        facts = {"DAG": dag, "Day": day, "Run": context["run_id"], "Reason": reason}
        advice = "When the cause is gone, clear the failed task in the run's page: the run goes on from there."
        send(Mail(f"[microstep] {dag} {day} failed{what}"[:200], facts, found, advice), self.config.alerts)
        variable = _variable(dag)
        Variable.set(variable, {**_failed_days(variable), context["run_id"]: day}, serialize_json=True)

    def succeeded(self, context: Context) -> None:
        """Tell of a refused challenger, and of a recovery."""
        if not self._anybody(context):
            return
        dag, day = context["dag"].dag_id, self._day(context)
        facts = {"DAG": dag, "Day": day, "Run": context["run_id"]}
        if refused := self._records(context, "skipped"):
            subject = f"[microstep] {dag} {day}: challenger refused, the champion stays"
            advice = f"Nothing is broken. The report is in reports/train/{day}/ of the data root."
            send(Mail(subject, facts, refused, advice), self.config.alerts)
        variable = _variable(dag)
        if not (failed := _failed_days(variable)):
            return
        missing = sorted({other for run, other in failed.items() if run != context["run_id"] and other != day})
        advice = f"Days that failed and were not done again in this run: {', '.join(missing)}." if missing else ""
        send(Mail(f"[microstep] {dag} {day}: works again", facts, advice=advice), self.config.alerts)
        Variable.delete(variable)

    def _anybody(self, context: Context) -> bool:
        if not self.config.alerts.to:
            log.info("%s: no mail, pipeline.toml has nobody in [alerts].to", context["run_id"])
        return bool(self.config.alerts.to)

    def _day(self, context: Context) -> str:
        dag_run = context.get("dag_run")
        if dag_run is None:
            return "(day unknown)"
        return day_of(dag_run, context["params"], ZoneInfo(self.config.schedule.timezone))

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
