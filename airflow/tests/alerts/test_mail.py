from dataclasses import replace
from email import message_from_bytes, policy

from contract.config.data import Alerts
from microstep_airflow.alerts.mail import LONGEST_SUBJECT, MOST_FAILURES, Mail
from microstep_airflow.alerts.task_failures import TaskFailure

ALERTS = Alerts(
    to=("team@example.com", "night@example.com"), errors_to=("oncall@example.com",), sender="microstep@example.com"
)
FAILURE = TaskFailure(
    "preprocess",
    "2026-01-03",
    "processed/2026-01-03: <b> is not a number & ünlikely",
    "http://x/log?a=1&b=2",
    ("at work", "<b>"),
    "docker compose run --rm preprocess --day 2026-01-03",
)


def test_a_mail_has_plain_text_and_html():
    mail = Mail("error", "train failed", {"DAG": "train", "Day": "2026-01-03"}, failures=[FAILURE], advice="Try again.")
    message = mail.message(ALERTS)
    assert message["Subject"] == "train failed"
    assert message["From"] == "microstep@example.com"
    assert message["To"] == "team@example.com, night@example.com, oncall@example.com"
    assert message["X-Microstep-Level"] == "error"
    assert message.get_content_type() == "multipart/alternative"
    plain, html = message.iter_parts()
    assert plain.get_content_type() == "text/plain"
    assert html.get_content_type() == "text/html"
    assert plain.get_content().splitlines() == [
        "DAG: train",
        "Day: 2026-01-03",
        "",
        "preprocess 2026-01-03",
        "  processed/2026-01-03: <b> is not a number & ünlikely",
        "  | at work",
        "  | <b>",
        "  Run it by hand: docker compose run --rm preprocess --day 2026-01-03",
        "  Log: http://x/log?a=1&b=2",
        "",
        "Try again.",
    ]


def test_control_characters_from_data_are_written_out_in_subject_text_and_page():
    bad, shown = "a\x1b[2J\x00\x9b\u202eb", "a\\u001b[2J\\u0000\\u009b\\u202eb"
    failure = TaskFailure("preprocess", "2026-01-03", f"message {bad}", "http://x", (f"line {bad}",), "do")
    mail = Mail(
        "error", f"train {bad}", {"Fact": f"fact {bad}"}, [("word", f"point {bad}")], [failure], f"advice {bad}"
    )
    message = mail.message(ALERTS)
    assert message["Subject"] == f"train {shown}"
    for part in message.iter_parts():
        text = part.get_content()
        assert not any(character in text for character in "\x1b\x00\x9b\u202e")
        for word in ("fact", "point", "message", "line", "advice"):
            assert f"{word} {shown}" in text


def test_who_is_on_call_hears_of_errors_alone():
    assert "oncall" not in Mail("warning", "s", {}).message(ALERTS)["To"]


def test_what_was_found_stands_in_two_columns():
    mail = Mail("error", "s", {"Day": "2026-01-03"}, [("failed", "roc_auc 0.5 < 0.7"), ("ok", "rows")], [FAILURE])
    assert mail.plain().splitlines()[:6] == [
        "Day: 2026-01-03",
        "",
        "  failed  roc_auc 0.5 < 0.7",
        "  ok      rows",
        "",
        "preprocess 2026-01-03",
    ]
    assert '<th align="left" valign="top">failed</th><td>roc_auc 0.5 &lt; 0.7</td>' in mail.html()


def test_nothing_that_came_from_data_is_markup():
    page = Mail("error", "s <i>", {"Run": "<script>"}, [("<i>", "<b>")], [FAILURE], "a < b", {"<u>": "http://x"}).html()
    assert "&lt;b&gt; is not a number &amp; ünlikely" in page
    assert 'href="http://x/log?a=1&amp;b=2"' in page
    assert "&amp;lt;" not in page
    assert [text for text in ("<i>", "<script>", "<b>", "<u>", "a < b") if text in page] == []


HOSTILE = "\x1b[2J\x00<script>alert(1)</script>\u202eexe.\ud800\x9b31m"


def test_what_a_terminal_obeys_or_no_mail_can_hold_is_marked_and_costs_no_mail():
    failure = replace(FAILURE, message=HOSTILE, lines=(HOSTILE, "tab\tkept"), tries="Its work failed 2 times.")
    mail = Mail("error", f"s {HOSTILE}", {"Day": HOSTILE}, [(HOSTILE, HOSTILE)], [failure], HOSTILE, {"x": HOSTILE})
    sent = message_from_bytes(mail.message(ALERTS).as_bytes(), policy=policy.default)
    texts = [sent["Subject"], *(part.get_content() for part in sent.iter_parts())]
    for text in texts:
        assert not set(text) & set("\x1b\x00\u202e\x9b\ud800")
        assert r"\u001b[2J\u0000" in text
    assert "<script>" not in texts[2]
    assert "tab\tkept" in texts[1]
    assert "Its work failed 2 times." in texts[1]
    assert "Its work failed 2 times." in texts[2]


def test_a_long_list_is_cut_and_says_so():
    failures = [
        TaskFailure("preprocess", f"day {number}", f"error {number}", "http://x") for number in range(MOST_FAILURES + 5)
    ]
    for text in (Mail("error", "s", {}, failures=failures).plain(), Mail("error", "s", {}, failures=failures).html()):
        assert f"error {MOST_FAILURES - 1}" in text
        assert f"error {MOST_FAILURES}" not in text
        assert "and 5 more" in text


def test_a_subject_is_one_line_of_bounded_length():
    assert len(Mail("error", "x" * 999, {}).message(ALERTS)["Subject"]) == LONGEST_SUBJECT
    assert (
        Mail("error", "two\nlines\r\nBcc: x@example.com", {}).message(ALERTS)["Subject"]
        == "two lines Bcc: x@example.com"
    )
