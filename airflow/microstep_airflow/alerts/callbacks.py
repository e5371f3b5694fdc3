"""The callbacks of a DAG: mails about a run that failed, the first good one after it, a verdict, and drift."""

from __future__ import annotations

import logging
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from airflow.sdk import Context, Variable

from contract.due.arrived import committed
from contract.layout import Layout
from microstep_airflow.alerts import messages
from microstep_airflow.alerts.mail import Mail
from microstep_airflow.alerts.news.caught_up import KnownCatchUp, caught_up_mail
from microstep_airflow.alerts.news.degraded import degraded_news, rejected_rows, too_many_rejected
from microstep_airflow.alerts.news.drift import KnownDrift, drift_news
from microstep_airflow.alerts.news.live import KnownFall, live_days, live_news
from microstep_airflow.alerts.outbox import enqueue
from microstep_airflow.alerts.run_facts import RunFacts
from microstep_airflow.alerts.step_reports import DriftReport, Promotion, Verdict
from microstep_airflow.alerts.throttle import PROMOTED, FailedRuns, KnownVerdict
from microstep_airflow.schedule.days import last_complete
from microstep_airflow.schedule.lacking import KEY as LACKS
from microstep_airflow.schedule.lacking import TASK as DAYS

REASONS = {
    "task_failure": "a task failed",
    "timed_out": "the run exceeded its time limit",
    "all_tasks_deadlocked": "none of its tasks can continue",
}

FAILED = "microstep_failed_"
"""Begins the name of the variable of a DAG's failed runs."""
PROMOTION = "microstep_promoted"
"""The variable that keeps which promotion was mailed last, by its line in the ledger."""

VERDICT = "microstep_verdict"
"""The same of what weekly trainings came to."""
DRIFT = "microstep_drift"
"""The same of drift."""
CAUGHT_UP = "microstep_caught_up"
"""The same of days that were caught up."""
DEGRADED = "microstep_degraded"
"""The same of days that went on without many rows."""
LIVE = "microstep_live"
"""The same of a fall of the live score."""

log = logging.getLogger(__name__)


class RunAlerts(RunFacts):
    """The callbacks of a DAG. They run once per run, in the DAG processor, however many tasks failed."""

    def failed(self, context: Context) -> None:
        """Mail that a run failed, unless the same was mailed before, and remember it."""
        dag, day = self._dag(context), self._day(context)
        failures = self._task_failures(context, "failed")
        reason = REASONS.get(str(context.get("reason")), str(context.get("reason")))
        before = self._failed_runs(dag)
        # what nobody knows of comes first, however long another day has been failing
        failures.sort(key=lambda failure: not before.is_new(failure.error))
        errors = [failure.error for failure in failures] or [reason]
        days = [failure.day for failure in failures if failure.day]
        is_absence = bool(failures) and all(failure.is_absence for failure in failures)
        waited_for = [failure.day for failure in failures]
        is_known = is_absence and dag == "predict" and self._failed_runs("generate").tell_of(waited_for)
        runs, mail_is_due = before.add(
            context["run_id"], day, errors, datetime.now(UTC), days, is_absence=is_absence, is_known=is_known
        )
        if mail_is_due:
            facts = {**self._facts(context), "Reason": reason}
            headline = failures[0].message if failures else reason
            links = self._links(context)
            rejected = self._rejected(day, failures)
            self._send(messages.failed(dag, day, headline, facts, failures, runs, links, rejected))
        else:
            log.warning("%s: no mail, people know of it: %s", context["run_id"], errors[0])
        self._keep(FAILED + dag, runs.to_json())
        if dag == "predict":
            # one day that fails, for as long as it is tried, must not hide what there is to tell of the others
            self._mail_predicted(context)

    def succeeded(self, context: Context) -> None:
        """Mail a verdict, drift or a fall of the live score that begins or ends, and a recovery."""
        match self._dag(context):
            case "train" if not self._has_runs_of_its_own(context):
                self._mail_verdict(context)
                self._mail_live(context)
            case "predict":
                self._mail_predicted(context)
        self._mail_recovery(context)

    def _mail_predicted(self, context: Context) -> None:
        self._mail_degraded(context)
        self._mail_drift(context)
        self._mail_caught_up(context)

    def _mail_verdict(self, context: Context) -> None:
        day, facts, links = self._day(context), self._facts(context), self._links(context)
        verdict = self._verdict(day)
        if refusals := self._task_failures(context, "skipped"):
            undecided = verdict.why if verdict and verdict.decision == "undecided" else ""
            why = "; ".join(verdict.broken if verdict else ()) or undecided
            # without a rule it is a person's word, or a report that cannot be read: each is told
            if self._is_news(context, f"{why} {verdict.besides if verdict else ''}", 0 if why else None):
                self._send(messages.refused(day, facts, verdict, refusals, links))
        elif verdict is not None and (dag_run := context.get("dag_run")) is not None and dag_run.start_date is not None:
            promotion = self._promotion(day, verdict.metric, dag_run.start_date)
            # two runs of one day may both be there when it happens
            told = self._known(PROMOTION, "")
            if promotion is not None and promotion.line != told:
                moved = promotion.moved if promotion.by == "validate" else None
                if self._is_news(context, f"{PROMOTED} {verdict.besides}", moved):
                    self._send(messages.promoted(day, facts, verdict, promotion, links))
                self._keep(PROMOTION, promotion.line)

    def _is_news(self, context: Context, kind: str, moved: float | None) -> bool:
        """Whether a verdict is mailed: of a run that nobody asked for, what it says each week is told once."""
        known = KnownVerdict.of(self._known(VERDICT, {}))
        known, due = known.add(kind, moved, self.config.gate.margin)
        self._keep(VERDICT, msgspec.to_builtins(known))
        return due or context["dag_run"].run_type != "scheduled"

    def _mail_degraded(self, context: Context) -> None:
        known = before = self._known(DEGRADED, {})
        for day in self._days(context):
            reason = too_many_rejected(self.settings.data_root, day)
            is_new, known = degraded_news(known, day, reason)
            if is_new:
                facts, rejected = self._facts(context) | {"Day": day}, rejected_rows(self.settings.data_root, day)
                self._send(messages.degraded(day, facts, reason, rejected, self._links(context)))
        if known != before:
            self._keep(DEGRADED, known)

    def _mail_drift(self, context: Context) -> None:
        """Mail what the newest predicted day of the run says: a day that comes late each time is nobody's own."""
        layout = Layout(self.settings.data_root)
        predicted = [day for day in self._days(context) if committed(layout.report("predict", day)) is not None]
        if not predicted:
            # a day without data that the run did not work on
            log.info("%s: no report about drift", context["run_id"])
            return
        day = predicted[-1]
        try:
            report = DriftReport.of(self.settings.data_root, day)
        except Exception:
            log.exception("%s: the report about drift cannot be read", context["run_id"])
            return
        known = KnownDrift.of(self._known(DRIFT, {}))
        last = last_complete(datetime.now(UTC), ZoneInfo(self.config.schedule.timezone)).isoformat()
        news = drift_news(known, day, report.level, report.columns, last)
        if news.kind != "nothing":
            self._send(messages.drifted(day, self._facts(context), news, report, self._links(context)))
        self._keep(DRIFT, asdict(news.known))

    def _mail_caught_up(self, context: Context) -> None:
        # a run for days that somebody asked for leaves no such word
        lacks = context["ti"].xcom_pull(DAYS, key=LACKS, map_indexes=None) if "ti" in context else None
        facts, links = self._facts(context), self._links(context)
        layout = Layout(self.settings.data_root)
        day = self._day(context)
        if not lacks or (mail := caught_up_mail(self.config, layout, day, lacks, facts, links)) is None:
            return
        known, is_news = KnownCatchUp.of(self._known(CAUGHT_UP, {})).add(day, len(mail.points))
        if is_news:
            self._send(mail)
        self._keep(CAUGHT_UP, asdict(known))

    def _mail_live(self, context: Context) -> None:
        day = self._day(context)
        known = KnownFall.of(self._known(LIVE, {}))
        news = live_news(known, live_days(self.settings.data_root, day))
        if news.kind != "nothing":
            self._send(messages.live_score(day, self._facts(context), news, self._links(context)))
        self._keep(LIVE, asdict(news.known))

    def _mail_recovery(self, context: Context) -> None:
        dag, day = self._dag(context), self._day(context)
        if not (runs := self._failed_runs(dag)).days:
            return
        if runs.mailed_count:
            undone = [each for each in runs.days_undone(context["run_id"], day) if not self._is_done(dag, each)]
            self._send(messages.recovered(dag, day, self._facts(context), runs, undone, self._links(context)))
        self._keep(FAILED + dag, runs.recovered().to_json())

    def _send(self, mail: Mail) -> None:
        now = datetime.now(ZoneInfo(self.config.schedule.timezone))
        enqueue(mail.of(self.settings.pipeline), self.config.alerts, self.settings.mails, now)

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

    def _failed_runs(self, dag: str) -> FailedRuns:
        return FailedRuns.of(self._known(FAILED + dag, {}))

    def _known(self, name: str, default: Any) -> Any:
        """What people of this pipeline know, from Airflow's variable."""
        return Variable.get(self.settings.kept(name), default=default, deserialize_json=True)

    def _keep(self, name: str, known: Any) -> None:
        Variable.set(self.settings.kept(name), known, serialize_json=True)
