"""`gate.approval = "manual"`: a person says the last word about a challenger that passed the gate."""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from airflow.providers.standard.operators.hitl import HITLOperator
from airflow.sdk import Context, Param
from airflow.sdk.bases.notifier import BaseNotifier
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

from contract.config import Config
from contract.errors import StepError
from microstep_airflow.alerts.messages import approval_request
from microstep_airflow.alerts.outbox import enqueue
from microstep_airflow.alerts.step_reports import Verdict, last_decision
from microstep_airflow.alerts.texts import line
from microstep_airflow.settings import Settings

COMMANDS = {"Approve": "approve", "Refuse": "refuse"}
"""The answers, and what validate does with each."""

log = logging.getLogger(__name__)


class AskOperator(HITLOperator):
    """Asks whether a day's challenger may become champion; holds no worker while it waits.

    Pushes the arguments that make `validate` carry out the answer. Nobody's answer is a refusal, so that no
    question stays open for ever. Skips when there is nothing to ask: the day was decided before.

    :param day: YYYY-MM-DD
    :param config: the pipeline's: it says who is told that there is a question
    :param settings: the machine's
    :param limit: how long it waits
    """

    template_fields: Sequence[str] = (*HITLOperator.template_fields, "day")

    def __init__(self, *, day: str, config: Config, settings: Settings, limit: timedelta, **kwargs: Any) -> None:
        # those of the DAG, which Airflow hands to every task: they are no part of the form
        kwargs.pop("params", None)
        super().__init__(
            subject="May the challenger become champion?",
            options=list(COMMANDS),
            defaults="Refuse",
            params={
                "why": Param("", type="string", title="Why", description="For the ledger; may be empty.", source="task")
            },
            response_timeout=limit,
            notifiers=[QuestionMail(config, settings)],
            **kwargs,
        )
        self.day = day
        self.data_root = settings.data_root
        self.limit = limit

    def execute(self, context: Context) -> None:
        """Ask. Raises AirflowSkipException when the challenger does not wait for an answer.

        Raises AirflowFailException when the report or the ledger is damaged.
        """
        try:
            verdict = Verdict.of(self.data_root, self.day)
            # the report keeps what the gate said, the ledger has what came of it
            entry = last_decision(self.data_root, self.day)
        except StepError as error:
            raise AirflowFailException(str(error)) from None
        if entry is None or entry.decision != "proposed":
            word = "nothing was proposed" if entry is None else entry.decision
            raise AirflowSkipException(f"models/{self.day}: {word}, there is nothing to ask")
        self.subject = f"May the challenger of {self.day} become champion?"
        self.body = question(verdict, self.limit.days)
        super().execute(context)

    def execute_complete(self, context: Context, event: dict[str, Any]) -> list[str]:
        """The arguments for validate."""
        answer = super().execute_complete(context, event)
        user, why = answer["responded_by_user"], answer["params_input"].get("why")
        if user is None:
            why = f"nobody answered within {self.limit.days} days"
        # one word each, whatever a person typed: a dash at its beginning makes no option of it
        arguments = [COMMANDS[answer["chosen_options"][0]], f"--by={user['name'] if user else 'airflow'}"]
        return [*arguments, f"--why={why}"] if why else arguments


class QuestionMail(BaseNotifier):
    """The mail that somebody is asked."""

    def __init__(self, config: Config, settings: Settings) -> None:
        super().__init__()
        self.config = config
        self.settings = settings

    def notify(self, context: Context) -> None:
        """Send it; the question is in Airflow's page all the same when that fails."""
        task = context["task"]
        assert isinstance(task, AskOperator)
        facts = {"DAG": context["dag"].dag_id, "Day": task.day, "Run": context["run_id"]}
        try:
            verdict = Verdict.of(task.data_root, task.day)
            link = task.generate_link_to_ui(task_instance=context["ti"])
            now = datetime.now(ZoneInfo(self.config.schedule.timezone))
            mail = approval_request(task.day, facts, verdict, link, task.limit.days)
            enqueue(mail.of(self.settings.pipeline), self.config.alerts, self.settings.mails, now)
        except Exception:
            log.exception("no mail tells of the question")


def question(verdict: Verdict, days: int) -> str:
    """What the page shows above the answers, as Markdown."""
    rules = "\n".join(f"- {word}: {_no_markup(text)}" for word, text in verdict.rules)
    return (
        f"It passed the gate. **{verdict.metric}** {verdict.scores}.\n\n{rules}\n\n"
        f"The report: `{verdict.page}` in the data root.\n\n"
        f"*Approve* puts it in use at once, *Refuse* keeps the champion; so does no answer within {days} days."
    )


def _no_markup(text: str) -> str:
    """As Markdown that shows a text from data as it is: no picture, link or tag comes of it."""
    return re.sub(r"([\\`<>\[\]!])", r"\\\1", line(text))
