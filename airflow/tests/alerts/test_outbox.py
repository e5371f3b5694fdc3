"""Mails through a real mail server on loopback, in every way in which one can be spoken to, and while there is none."""

import asyncio
import fcntl
import multiprocessing
import os
import signal
import socket
import ssl
import threading
import time as clock
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from email import message_from_bytes, policy
from email.utils import format_datetime
from mailbox import Maildir
from types import SimpleNamespace
from urllib.parse import quote

import pytest
import trustme
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult
from airflow.sdk import DAG
from airflow.sdk.exceptions import AirflowException, AirflowFailException
from conftest import PIPELINE, factory, settings
from fake_run import FakeTi, context
from fake_variables import Variables

from contract.config.data import Alerts
from microstep_airflow.alerts import callbacks, outbox
from microstep_airflow.alerts.callbacks import RunAlerts
from microstep_airflow.alerts.mail import Mail
from microstep_airflow.alerts.outbox import TRIED_FOR, Remaining, enqueue, flush
from microstep_airflow.alerts.task_failures import KEY, record_failure
from microstep_airflow.maintenance import send_mails

TEAM = Alerts(to=("team@example.com",), sender="microstep@example.com")
NOON = datetime(2026, 1, 3, 12, tzinfo=UTC)
PASSWORD = "p@ss/word:1"


class Box:
    """Takes mails, keeps them, refuses recipients with a reason."""

    def __init__(self):
        self.mails = []
        self.refuses = set()
        self.users = []
        self.seconds = 0.0

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802 - aiosmtpd's name
        if address in self.refuses:
            return "550 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):  # noqa: N802 - aiosmtpd's name
        await asyncio.sleep(self.seconds)
        self.mails.append(message_from_bytes(envelope.content, policy=policy.default))
        self.users.append((bool(session.ssl), getattr(session, "authenticated", False)))
        return "250 OK"


@pytest.fixture
def box():
    return Box()


@pytest.fixture
def server(box, monkeypatch):
    """Starts a mail server, and tells Airflow's connection of it."""
    started = []

    def start(options="disable_ssl=true&disable_tls=true", user="", **settings):
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        controller = Controller(box, hostname="127.0.0.1", port=port, **settings)
        controller.start()
        started.append(controller)
        monkeypatch.setenv(
            "AIRFLOW_CONN_SMTP_DEFAULT", f"smtp://{user}localhost:{port}?timeout=5&retry_limit=0&{options}"
        )
        return controller

    yield start
    for controller in started:
        controller.stop()


@pytest.fixture
def nobody(monkeypatch):
    monkeypatch.setenv(
        "AIRFLOW_CONN_SMTP_DEFAULT", "smtp://127.0.0.1:9?disable_ssl=true&disable_tls=true&timeout=1&retry_limit=0"
    )


@pytest.fixture
def certificates(tmp_path, monkeypatch):
    """The context of a server that this machine trusts."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("localhost", "127.0.0.1").configure_cert(context)
    return context


def allow(server, session, envelope, mechanism, data):
    return AuthResult(success=(data.login, data.password) == (b"robot", PASSWORD.encode()))


LOGIN = f"robot:{quote(PASSWORD, safe='')}@"


def send(tmp_path, subject="train failed", level="error", now=NOON, alerts=TEAM):
    enqueue(Mail(level, subject, {"Day": "2026-01-03"}), alerts, tmp_path / "mails", now)


def waiting(tmp_path):
    return len(Maildir(tmp_path / "mails"))


def test_a_mail_arrives_in_the_clear_where_the_connection_says_so(server, box, tmp_path):
    server()
    send(tmp_path)
    assert [mail["Subject"] for mail in box.mails] == ["train failed"]
    assert waiting(tmp_path) == 0


def test_a_mail_arrives_over_starttls_with_a_password(server, box, certificates, tmp_path):
    server(
        "disable_ssl=true",
        LOGIN,
        tls_context=certificates,
        require_starttls=True,
        authenticator=allow,
        auth_required=True,
    )
    send(tmp_path)
    assert box.users == [(True, True)]


def test_a_mail_arrives_over_tls_with_a_password(server, box, certificates, tmp_path):
    server(
        "disable_tls=true",
        LOGIN,
        ssl_context=certificates,
        authenticator=allow,
        auth_required=True,
        auth_require_tls=False,
    )
    send(tmp_path)
    assert len(box.mails) == 1


@pytest.mark.parametrize("speaks", [("disable_ssl=true", "tls_context"), ("disable_tls=true", "ssl_context")])
def test_a_server_of_an_authority_of_your_own_is_believed_once_its_certificate_is_in_the_folder(
    server, box, certificates, tmp_path, monkeypatch, speaks
):
    monkeypatch.delenv("SSL_CERT_FILE")
    folder = tmp_path / "secrets-ca"
    folder.mkdir()
    (folder / "README.md").write_text("no certificate")
    monkeypatch.setenv("MICROSTEP_CA", str(folder))
    options, context = speaks
    server(options, **{context: certificates})
    send(tmp_path)
    assert box.mails == []
    (folder / "company.crt").write_bytes((tmp_path / "ca.pem").read_bytes())
    assert flush(TEAM, tmp_path / "mails", NOON) == Remaining(0)
    assert [mail["Subject"] for mail in box.mails] == ["train failed"]


def test_a_file_that_is_no_certificate_is_named_and_the_mail_waits(server, box, certificates, tmp_path, monkeypatch):
    monkeypatch.setenv("MICROSTEP_CA", str(tmp_path))
    (tmp_path / "broken.pem").write_text("-----BEGIN CERTIFICATE-----\nno")
    server("disable_ssl=true", tls_context=certificates)
    send(tmp_path)
    assert box.mails == []
    assert "secrets/ca/broken.pem: must be a certificate in PEM form" in flush(TEAM, tmp_path / "mails", NOON).why


@pytest.mark.parametrize("user", ["", "robot:wrong@"], ids=["no password", "a wrong one"])
def test_without_the_right_password_the_mail_waits(server, box, certificates, tmp_path, user):
    server("disable_ssl=true", user, tls_context=certificates, authenticator=allow, auth_required=True)
    send(tmp_path)
    assert box.mails == []
    assert waiting(tmp_path) == 1
    remaining = flush(TEAM, tmp_path / "mails", NOON)
    assert remaining.count == 1
    assert "the mail server" in remaining.why
    assert "wrong" not in remaining.why  # the password


def test_a_server_that_cannot_prove_who_it_is_gets_no_password_and_no_mail(server, box, certificates, tmp_path):
    os.environ.pop("SSL_CERT_FILE")
    logins = []
    server("disable_ssl=true", LOGIN, tls_context=certificates, authenticator=lambda *words: logins.append(words))
    send(tmp_path)
    assert (box.mails, logins) == ([], [])
    assert waiting(tmp_path) == 1


def test_a_mail_without_a_server_is_sent_later_as_it_was_written(nobody, server, box, tmp_path):
    send(tmp_path, "first")
    send(tmp_path, "second")
    assert waiting(tmp_path) == 2
    server()
    assert flush(TEAM, tmp_path / "mails", NOON) == Remaining(0)
    assert [mail["Subject"] for mail in box.mails] == ["first", "second"]
    assert flush(TEAM, tmp_path / "mails", NOON) == Remaining(0)
    assert len(box.mails) == 2


@pytest.fixture(params=["accepts and never answers", "never accepts"])
def silent(request, monkeypatch):
    """A mail server that does not say a word, and a connection that names no time limit."""
    with socket.create_server(("127.0.0.1", 0), backlog=0 if request.param == "never accepts" else 8) as listening:
        waiting_to_be_accepted = []
        if request.param == "never accepts":  # its queue is full: what else asks is not answered by the kernel either
            for _ in range(4):
                client = socket.socket()
                client.settimeout(0)
                client.connect_ex(listening.getsockname())
                waiting_to_be_accepted.append(client)
        url = f"smtp://127.0.0.1:{listening.getsockname()[1]}?disable_ssl=true&disable_tls=true"
        monkeypatch.setenv("AIRFLOW_CONN_SMTP_DEFAULT", url)
        yield
        for client in waiting_to_be_accepted:
            client.close()


def test_a_server_that_is_silent_holds_a_callback_for_seconds_and_costs_no_mail(
    silent, server, box, monkeypatch, tmp_path, caplog
):
    monkeypatch.setattr(outbox, "IN_A_CALLBACK", 1)
    begin = clock.monotonic()
    send(tmp_path)
    assert 0.9 < clock.monotonic() - begin < 15  # and not 30, or six times 30
    assert "1 mails wait, the mail server refuses all mail" in caplog.text
    server()
    assert flush(TEAM, tmp_path / "mails", NOON) == Remaining(0)
    assert len(box.mails) == 1


def test_a_server_that_is_slow_to_answer_gets_the_mail_from_maintenance(server, box, monkeypatch, tmp_path):
    greet = SMTP._handle_client

    async def late(self):
        await asyncio.sleep(1.5)
        await greet(self)

    monkeypatch.setattr(SMTP, "_handle_client", late)
    monkeypatch.setattr(outbox, "IN_A_CALLBACK", 1)
    server()
    send(tmp_path)
    assert (len(box.mails), waiting(tmp_path)) == (0, 1)
    assert flush(TEAM, tmp_path / "mails", NOON) == Remaining(0)
    assert len(box.mails) == 1


def test_a_server_that_looks_a_mail_through_before_it_takes_it_gets_it_once(server, box, monkeypatch, tmp_path):
    monkeypatch.setattr(outbox, "IN_A_CALLBACK", 1)
    box.seconds = 1.5
    server()
    send(tmp_path)
    assert flush(TEAM, tmp_path / "mails", NOON) == Remaining(0)
    assert len(box.mails) == 1


def test_a_callback_does_not_wait_for_a_sender_that_takes_long(server, box, monkeypatch, tmp_path):
    server()
    monkeypatch.setattr(outbox, "IN_A_CALLBACK", 0.3)
    (tmp_path / "mails").mkdir()
    with (tmp_path / "mails" / ".lock").open("w") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        send(tmp_path)
        assert (len(box.mails), waiting(tmp_path)) == (0, 1)
    send(tmp_path, "and another")
    assert len(box.mails) == 2


@pytest.mark.parametrize("host", ["mail.example.invalid:25", "127.0.0.1:9"], ids=["no such host", "nobody listens"])
def test_mails_that_no_server_takes_turn_maintenance_red_with_the_setting_to_mend(monkeypatch, tmp_path, host):
    url = f"smtp://robot:s3cret@{host}?disable_ssl=true&disable_tls=true&timeout=5&retry_limit=0"
    monkeypatch.setenv("AIRFLOW_CONN_SMTP_DEFAULT", url)
    send(tmp_path)
    (tmp_path / "pipeline.toml").write_text(PIPELINE)
    with DAG("maintenance", schedule=None) as maintenance:
        send_mails(replace(settings(), config=tmp_path / "pipeline.toml", mails=tmp_path / "mails"))
    task = maintenance.get_task("send")
    with pytest.raises(
        AirflowFailException, match="mails that wait: 1; the mail server refuses all mail.*MICROSTEP_SMTP"
    ) as end:
        task.python_callable()
    assert "s3cret" not in str(end.value)


def test_nothing_to_send_asks_no_server(nobody, tmp_path, caplog):
    assert flush(TEAM, tmp_path / "mails", NOON) == Remaining(0)
    assert caplog.text == ""


def test_a_refused_mail_holds_up_no_other_and_is_given_up_after_days(server, box, tmp_path, caplog):
    server()
    box.refuses = {"gone@example.com"}
    send(tmp_path, "lost", alerts=Alerts(to=("gone@example.com",)), now=datetime.now(UTC))
    send(tmp_path, "kept", now=datetime.now(UTC))
    assert [mail["Subject"] for mail in box.mails] == ["kept"]
    assert waiting(tmp_path) == 1
    assert "refused 'lost'" in flush(TEAM, tmp_path / "mails", datetime.now(UTC)).why
    assert flush(TEAM, tmp_path / "mails", datetime.now(UTC) + TRIED_FOR + timedelta(hours=1)) == Remaining(0)
    assert "lost: given up after 4 days" in caplog.text


def test_in_quiet_hours_errors_are_told_and_the_rest_waits(server, box, tmp_path):
    server()
    alerts = Alerts(to=("team@example.com",), quiet_hours=(time(22), time(6)))
    night = NOON.replace(hour=23)
    send(tmp_path, "drift", "warning", night, alerts)
    send(tmp_path, "failed", "error", night, alerts)
    assert [mail["Subject"] for mail in box.mails] == ["failed"]
    flush(alerts, tmp_path / "mails", NOON.replace(hour=6))
    assert [mail["Subject"] for mail in box.mails] == ["failed", "drift"]


def test_nobody_to_tell_leaves_nothing_behind(tmp_path):
    send(tmp_path, alerts=Alerts())
    send(tmp_path, level="info", alerts=Alerts(to=("a@example.com",), level="warning"))
    assert not (tmp_path / "mails").exists()


def test_two_senders_at_once_send_each_mail_once(nobody, server, box, tmp_path):
    for number in range(10):
        send(tmp_path, f"mail {number}")
    server()
    senders = [threading.Thread(target=flush, args=(TEAM, tmp_path / "mails", NOON)) for _ in range(4)]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()
    assert sorted(mail["Subject"] for mail in box.mails) == [f"mail {number}" for number in range(10)]


def test_a_sender_that_is_killed_loses_no_mail_and_leaves_no_lock(nobody, server, box, tmp_path):
    send(tmp_path)

    def send_until_killed():
        outbox._connected = lambda **_: os.kill(os.getpid(), signal.SIGKILL)
        flush(TEAM, tmp_path / "mails", datetime.now(UTC))

    # a fork of this process: one of its own would import all of Airflow first
    killed = multiprocessing.get_context("fork").Process(target=send_until_killed)
    killed.start()
    killed.join()
    assert killed.exitcode == -signal.SIGKILL
    server()
    assert flush(TEAM, tmp_path / "mails", NOON) == Remaining(0)
    assert len(box.mails) == 1


def test_a_half_written_mail_is_no_mail(server, box, tmp_path):
    server()
    send(tmp_path)
    (tmp_path / "mails" / "tmp" / "1.x").write_bytes(b"Subject: ha")
    assert flush(TEAM, tmp_path / "mails", NOON) == Remaining(0)
    assert len(box.mails) == 1


def test_the_date_is_that_of_the_event_not_of_the_delivery(nobody, server, box, tmp_path):
    send(tmp_path)
    server()
    flush(TEAM, tmp_path / "mails", NOON + timedelta(days=1))
    assert box.mails[0]["Date"][:16] == format_datetime(datetime.now(UTC))[:16]


def test_the_mail_about_a_step_out_of_memory_says_what_it_had_and_where_to_give_it_more(
    server, box, engine, load_dags, monkeypatch, tmp_path
):
    """All the way: from the end of the container to what the mail server has been given."""
    server()
    engine.exit_code, engine.output = 137, b"2026-11-23 18:00:00,123 INFO train: at work\n"
    step = factory().step("train", day="2026-01-03")
    step.data_root = str(tmp_path)
    with pytest.raises(AirflowException) as raised:
        step.execute.__wrapped__(step, {"task": step})
    xcoms = {}
    ti = SimpleNamespace(log_url="http://airflow.example/log", xcom_push=lambda key, value: xcoms.update({key: value}))
    record_failure({"task": step, "ti": ti, "exception": raised.value})
    monkeypatch.setattr(callbacks, "Variable", Variables())
    alerts = RunAlerts(factory().config, replace(settings(), data_root=tmp_path, mails=tmp_path / "mails"))
    run = FakeTi({"train": "failed"}, {("train", None): xcoms[KEY]})
    alerts.failed(context(run, load_dags()["train"]))
    [mail] = box.mails
    reason = (
        "killed, most likely because it needed more memory than it may have, 2g:"
        " raise MICROSTEP_STEP_MEMORY in .env, then make up"
    )
    for part in mail.iter_parts():
        assert reason in part.get_content()
    assert "exit 137: killed" in mail["Subject"]
