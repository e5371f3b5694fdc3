from datetime import timedelta

import fake_reports
import pytest
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException
from conftest import factory, settings

from microstep_airflow.alerts.step_reports import Verdict
from microstep_airflow.approval import AskOperator, question


@pytest.fixture
def ask(tmp_path):
    """The task, about a day whose challenger was proposed."""
    fake_reports.verdict(tmp_path, "proposed")
    fake_reports.ledger_line(tmp_path, "2026-01-04T03:00:00+00:00", decision="proposed")
    task = AskOperator(
        task_id="ask", day=fake_reports.DAY, config=factory().config, settings=settings(), limit=timedelta(days=6)
    )
    task.data_root = tmp_path
    return task


def test_a_proposal_whose_line_was_torn_was_never_made(ask):
    ledger = ask.data_root / "ledger.jsonl"
    ledger.write_bytes(ledger.read_bytes().removesuffix(b"}\n"))
    with pytest.raises(AirflowSkipException, match="models/2026-01-03: nothing was proposed"):
        ask.execute({})


def test_a_decision_that_a_crash_has_torn_leaves_the_one_before(ask):
    fake_reports.ledger_line(ask.data_root, "2026-01-04T03:01:00+00:00", decision="refused")
    with (ask.data_root / "ledger.jsonl").open("a") as ledger:
        ledger.write('{"decision": "prom')
    with pytest.raises(AirflowSkipException, match="models/2026-01-03: refused, there is nothing to ask"):
        ask.execute({})


def test_nobody_is_asked_by_a_ledger_that_was_changed(ask):
    ledger = ask.data_root / "ledger.jsonl"
    ledger.write_text(ledger.read_text().replace("all rules", "no rules"))
    with pytest.raises(AirflowFailException, match=r"ledger.jsonl: line 1 was changed after it was written"):
        ask.execute({})


def test_what_came_from_data_is_no_markup_in_the_question():
    rules = [("passed", "contract=![x](http://a.example/pixel) <b>bold</b> `code` \x1b[2J drops by 0.01")]
    page = question(Verdict("proposed", "", "roc_auc", "0.86", rules, "report.html"), 6)
    assert r"contract=\!\[x\](http://a.example/pixel) \<b\>bold\</b\> \`code\`" in page
    assert "\x1b" not in page
    assert page.startswith("It passed the gate. **roc_auc** 0.86.\n\n- passed: contract")
