"""Mails on their way: kept on disk until a server has taken them, so that none is lost while it is down.

A Maildir: a mail is in it wholly or not at all, whoever is killed when.
"""

from __future__ import annotations

import fcntl
import logging
import math
import os
import smtplib
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from email import message_from_bytes, policy
from email.utils import parsedate_to_datetime
from mailbox import Maildir
from pathlib import Path
from typing import IO

from contract.config.data import Alerts
from microstep_airflow.alerts.mail import LEVEL, Mail

CONNECTION = "smtp_default"
TRIED_FOR = timedelta(days=4)
"""As mail servers do."""
IN_A_CALLBACK = 5
"""Seconds that a callback waits for each answer of the server until it is logged in, and for another sender to end:
Airflow runs callbacks one after the other and ends one that takes long, and the DAG `maintenance` has more time."""

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Remaining:
    """What is in the outbox after it was flushed."""

    count: int
    why: str = ""
    """What hindered the server, or us, last; empty when mails wait for the end of quiet hours alone."""


def enqueue(mail: Mail, alerts: Alerts, folder: Path, now: datetime) -> None:
    """Put a mail into the outbox, if it has recipients, and try to send what is there.

    Never raises because of the server: the DAG `maintenance` sends the mail later. `now` is in the zone of quiet hours.
    """
    if not alerts.recipients(mail.level):
        log.info("no mail, pipeline.toml has nobody in [alerts] for level %s: %s", mail.level, mail.subject)
        return
    for part in ("tmp", "cur", "new"):  # Maildir makes them only together with the folder, which may be a volume
        (folder / part).mkdir(parents=True, exist_ok=True)
    Maildir(folder).add(mail.message(alerts))
    flush(alerts, folder, now, in_callback=True)


def flush(alerts: Alerts, folder: Path, now: datetime, *, in_callback: bool = False) -> Remaining:
    """Send what waits in the outbox, unless it is to wait for the end of quiet hours; what is left, and why.

    A mail is taken out after the server took it: one that is killed in between sends it twice (with the same
    Message-ID), never not at all. What a server refuses is tried again, for as long as TRIED_FOR. A callback
    leaves a server that is silent, or a sender that is at work, to the next time after IN_A_CALLBACK.
    """
    if not (folder / "new").exists():
        return Remaining(0)
    with _exclusive(folder, IN_A_CALLBACK if in_callback else math.inf) as alone:
        outbox, why = Maildir(folder), ""
        if not alone:
            why = "another sender is at work"
            log.warning("%d mails wait, %s", len(outbox), why)
            return Remaining(len(outbox), why)
        due = [(key, message_from_bytes(outbox.get_bytes(key), policy=policy.default)) for key in sorted(outbox.keys())]
        due = [(key, mail) for key, mail in due if mail[LEVEL] == "error" or not alerts.quiet(now.time())]
        try:
            client = _connected(in_callback=in_callback) if due else None
        except Exception as error:  # noqa: BLE001 - whatever hinders it, there is a next time
            why = f"the mail server refuses all mail: {error!r}"
            log.warning("%d mails wait, %s", len(due), why)
            return Remaining(len(outbox), why)
        with client or _no_client():
            for key, mail in due:
                assert client is not None
                try:
                    client.send_message(mail)
                except smtplib.SMTPServerDisconnected as error:
                    why = f"the mail server closed the connection: {error!r}"
                    log.warning("mails wait, %s", why)
                    break
                except smtplib.SMTPException as error:
                    if now - parsedate_to_datetime(mail["Date"]) < TRIED_FOR:
                        why = f"the mail server refused {mail['Subject']!r}: {error!r}"
                        log.warning("%s; tried again later", why)
                        continue
                    log.error("%s: given up after %s: %r", mail["Subject"], TRIED_FOR, error)
                outbox.discard(key)
        return Remaining(len(outbox), why)


def _connected(*, in_callback: bool) -> smtplib.SMTP:
    """A client of the connection `smtp_default`: encrypted and logged in as it says."""
    from airflow.providers.smtp.hooks.smtp import SmtpHook  # every task imports this module, few mails are sent

    class Hook(SmtpHook):
        """Asks once, where Airflow's own asks a silent server six times."""

        smtp_retry_limit = 0

        def _build_ssl_context(self) -> ssl.SSLContext | None:
            context = super()._build_ssl_context()
            if context is None:
                return None
            for file in _own_authorities():
                try:
                    context.load_verify_locations(file)
                except (OSError, ssl.SSLError) as error:
                    raise ValueError(f"secrets/ca/{file.name}: must be a certificate in PEM form: {error}") from None
            return context

        @property
        def given(self) -> int:
            return int(super().timeout)

        @property
        def timeout(self) -> int:
            return min(self.given, IN_A_CALLBACK) if in_callback else self.given

    hook = Hook(smtp_conn_id=CONNECTION)
    client = hook.get_conn()._smtp_client  # noqa: SLF001 - the hook's own mails have no text
    assert isinstance(client, smtplib.SMTP)
    assert client.sock is not None
    # who looks a mail through before taking it would have taken it, and get it once more
    client.sock.settimeout(hook.given)
    return client


def _own_authorities() -> list[Path]:
    """Files with certificates of authorities, besides those that the image knows."""
    folder = Path(os.environ.get("MICROSTEP_CA", "/run/ca"))
    return sorted([*folder.glob("*.pem"), *folder.glob("*.crt")])


@contextmanager
def _no_client() -> Iterator[None]:
    yield


@contextmanager
def _exclusive(folder: Path, seconds: float) -> Iterator[bool]:
    """One sender at a time: whether it is this one, after so many seconds. The kernel ends the lock with its holder."""
    end = time.monotonic() + seconds
    with (folder / ".lock").open("w") as file:
        while not (alone := _locked(file)) and time.monotonic() < end:
            time.sleep(0.05)
        yield alone


def _locked(file: IO[str]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
