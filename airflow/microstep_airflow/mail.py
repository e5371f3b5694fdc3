"""Write and send one mail, as plain text and as HTML."""

from __future__ import annotations

import smtplib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from html import escape

from contract.sections import Alerts
from microstep_airflow.records import Record

CONNECTION = "smtp_default"
MOST_RECORDS = 10
"""Of a run with more, the mail tells how many there are."""


@dataclass(frozen=True)
class Mail:
    """What a mail says."""

    subject: str
    facts: dict[str, str]
    """What comes first, line by line: name and value."""
    points: Sequence[tuple[str, str]] = ()
    """What was found, line by line: a word (passed, alarm, …) and a text."""
    records: Sequence[Record] = ()
    advice: str = ""

    def plain(self) -> str:
        """The text."""
        lines = [f"{name}: {value}" for name, value in self.facts.items()]
        if self.points:
            width = max(len(word) for word, _ in self.points)
            lines += ["", *(f"  {word:<{width}}  {text}" for word, text in self.points)]
        for each in self.records[:MOST_RECORDS]:
            lines += ["", _title(each), f"  {each.message}", f"  {each.link}"]
        if more := self._left_out():
            lines += ["", more]
        if self.advice:
            lines += ["", self.advice]
        return "\n".join(lines) + "\n"

    def html(self) -> str:
        """The page; nothing in it is taken for markup that came from data."""
        tables = "".join(map(_table, (self.facts.items(), self.points)))
        found = "".join(
            f"<h3>{escape(_title(each))}</h3><pre style='white-space:pre-wrap'>{escape(each.message)}</pre>"
            f"<p><a href='{escape(each.link)}'>Log of the task</a></p>"
            for each in self.records[:MOST_RECORDS]
        )
        rest = "".join(f"<p>{escape(text)}</p>" for text in (self._left_out(), self.advice) if text)
        return f"<html><body><h2>{escape(self.subject)}</h2>{tables}{found}{rest}</body></html>"

    def _left_out(self) -> str:
        more = len(self.records) - MOST_RECORDS
        return f"and {more} more" if more > 0 else ""

    def message(self, alerts: Alerts) -> EmailMessage:
        """The mail as it is sent."""
        message = EmailMessage()
        # a subject is one line, whatever the step said
        message["Subject"] = " ".join(self.subject.split())
        message["From"] = alerts.sender
        message["To"] = ", ".join(alerts.to)
        message["Date"] = formatdate()
        message["Message-ID"] = make_msgid(domain="microstep.local")
        message.set_content(self.plain())
        message.add_alternative(self.html(), subtype="html")
        return message


def _table(lines: Iterable[tuple[str, str]]) -> str:
    rows = "".join(
        f"<tr><th align='left' valign='top'>{escape(word)}</th><td>{escape(text)}</td></tr>" for word, text in lines
    )
    return f"<table cellpadding='3'>{rows}</table>" if rows else ""


def _title(each: Record) -> str:
    return f"{each.task} {each.day}" if each.day else each.task


def send(mail: Mail, alerts: Alerts) -> None:
    """Send a mail through the connection `smtp_default`."""
    from airflow.providers.smtp.hooks.smtp import SmtpHook  # every task imports this module, few mails are sent

    with SmtpHook(smtp_conn_id=CONNECTION) as hook:
        client = hook._smtp_client  # noqa: SLF001 - what the hook sends by itself has no plain text
        assert isinstance(client, smtplib.SMTP)
        client.send_message(mail.message(alerts))
