import pytest
from smtp_sink import SmtpSink

from contract.sections import Alerts
from microstep_airflow.mail import MOST_RECORDS, Mail, send
from microstep_airflow.records import Record

ALERTS = Alerts(to=("team@example.com", "night@example.com"), sender="microstep@example.com")
FOUND = Record(
    "preprocess", "2026-01-03", "processed/2026-01-03: <b> is not a number & ünlikely", "http://x/log?a=1&b=2"
)


@pytest.fixture
def sink(monkeypatch):
    server = SmtpSink()
    monkeypatch.setenv(
        "AIRFLOW_CONN_SMTP_DEFAULT", f"smtp://127.0.0.1:{server.port}?disable_ssl=true&disable_tls=true&timeout=5"
    )
    yield server
    server.close()


def test_a_mail_arrives_as_plain_text_and_as_html(sink):
    send(Mail("train failed", {"DAG": "train", "Day": "2026-01-03"}, records=[FOUND], advice="Try again."), ALERTS)
    [mail] = sink.mails
    assert mail["Subject"] == "train failed"
    assert mail["From"] == "microstep@example.com"
    assert mail["To"] == "team@example.com, night@example.com"
    assert mail.get_content_type() == "multipart/alternative"
    plain, html = mail.iter_parts()
    assert plain.get_content_type() == "text/plain"
    assert html.get_content_type() == "text/html"
    assert plain.get_content().splitlines() == [
        "DAG: train",
        "Day: 2026-01-03",
        "",
        "preprocess 2026-01-03",
        "  processed/2026-01-03: <b> is not a number & ünlikely",
        "  http://x/log?a=1&b=2",
        "",
        "Try again.",
    ]


def test_what_was_found_stands_in_two_columns():
    mail = Mail("s", {"Day": "2026-01-03"}, [("failed", "roc_auc 0.5 < 0.7"), ("ok", "rows")], [FOUND])
    assert mail.plain().splitlines()[:6] == [
        "Day: 2026-01-03",
        "",
        "  failed  roc_auc 0.5 < 0.7",
        "  ok      rows",
        "",
        "preprocess 2026-01-03",
    ]
    assert "<th align='left' valign='top'>failed</th><td>roc_auc 0.5 &lt; 0.7</td>" in mail.html()


def test_nothing_that_came_from_data_is_markup():
    page = Mail("s <i>", {"Run": "<script>"}, [("<i>", "<b>")], [FOUND], "a < b").html()
    assert "&lt;b&gt; is not a number &amp; ünlikely" in page
    assert "href='http://x/log?a=1&amp;b=2'" in page
    assert [text for text in ("<i>", "<script>", "<b>", "a < b") if text in page] == []


def test_a_long_list_is_cut_and_says_so():
    found = [Record("preprocess", f"day {number}", f"error {number}", "http://x") for number in range(MOST_RECORDS + 5)]
    for text in (Mail("s", {}, records=found).plain(), Mail("s", {}, records=found).html()):
        assert f"error {MOST_RECORDS - 1}" in text
        assert f"error {MOST_RECORDS}" not in text
        assert "and 5 more" in text


def test_a_subject_is_one_line():
    assert Mail("two\nlines\r\nBcc: x@example.com", {}).message(ALERTS)["Subject"] == "two lines Bcc: x@example.com"
