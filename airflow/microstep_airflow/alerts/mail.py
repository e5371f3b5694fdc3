"""What a mail says, as plain text and as HTML."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from functools import cache
from typing import TYPE_CHECKING, Any

from contract.config.data import Alerts, Level
from contract.visible import visible
from microstep_airflow.alerts.task_failures import TaskFailure

if TYPE_CHECKING:
    from jinja2 import Environment

MOST_FAILURES = 10
"""Of a run with more, the mail tells how many there are."""
LONGEST_SUBJECT = 200

LEVEL = "X-Microstep-Level"
"""The header with a mail's level; people may sort their mails by it."""

_COLORS = {"error": "#c62828", "warning": "#ef8f00", "info": "#2e7d32"}


@dataclass(frozen=True)
class Mail:
    """What a mail says."""

    level: Level
    subject: str
    facts: dict[str, str]
    """What comes first, line by line: name and value."""
    points: Sequence[tuple[str, str]] = ()
    """The findings, line by line: a word (passed, alarm, …) and a text."""
    failures: Sequence[TaskFailure] = ()
    advice: str = ""
    links: dict[str, str] = field(default_factory=dict)
    """Where to look: name and address."""

    def of(self, pipeline: str) -> Mail:
        """The mail as a pipeline's: its name in the subject, and in the commands of the advice; none for no name."""
        if not pipeline:
            return self

        def named(text: str) -> str:
            text = text.replace("docker compose run", f"MICROSTEP_PIPELINE={pipeline} docker compose run")
            return text.replace("make backfill", f"make backfill PIPELINE={pipeline}")

        return replace(
            self,
            subject=self.subject.replace("[microstep]", f"[microstep {pipeline}]", 1),
            facts={name: named(text) for name, text in self.facts.items()},
            advice=named(self.advice),
        )

    def plain(self) -> str:
        """The text."""
        return self._rendered("mail.txt")

    def html(self) -> str:
        """The page; nothing in it is taken for markup that came from data."""
        return self._rendered("mail.html")

    def message(self, alerts: Alerts) -> EmailMessage:
        """The mail as it is sent."""
        message = EmailMessage()
        # a subject is one line, whatever the step said
        subject = visible(" ".join(self.subject.split()))
        message["Subject"] = subject if len(subject) <= LONGEST_SUBJECT else f"{subject[: LONGEST_SUBJECT - 1]}…"
        message["From"] = alerts.sender
        message["To"] = ", ".join(alerts.recipients(self.level))
        message["Date"] = formatdate(usegmt=True)
        message["Message-ID"] = make_msgid(domain="microstep.local")
        message[LEVEL] = self.level
        if self.level == "error":
            message["Importance"] = "high"
        message.set_content(self.plain())
        message.add_alternative(self.html(), subtype="html")
        return message

    def _rendered(self, template: str) -> str:
        shown, more = self.failures[:MOST_FAILURES], max(0, len(self.failures) - MOST_FAILURES)
        text: str = (
            _templates().get_template(template).render(mail=self, failures=shown, more=more, color=_COLORS[self.level])
        )
        return text


def _seen(value: Any) -> Any:
    """A value without the control characters that a step's words or data may hold; Markup stays Markup."""
    if isinstance(value, str):
        seen = visible(value, keep="\n\t")
        return type(value)(seen) if hasattr(value, "__html__") else seen
    return value


@cache
def _templates() -> Environment:
    # every task imports this module, few mails are written
    from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

    return Environment(
        loader=PackageLoader("microstep_airflow.alerts"),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        finalize=_seen,
        keep_trailing_newline=True,
    )
