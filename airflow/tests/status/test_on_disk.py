"""What the data root says of model, predictions and drift."""

from datetime import UTC, date, datetime, timedelta

import pytest
from fake_reports import drift as drift_report
from fake_reports import ledger_line
from status_world import NOW, YESTERDAY, commit, config, days, fill, point

from contract.due.lacking import to_predict
from contract.layout import Layout
from microstep_airflow.status import on_disk
from microstep_airflow.status.shape import LastRun, Runs

DAY = date.fromisoformat(YESTERDAY)
TONIGHT = datetime(2026, 1, 10, 3, 15, tzinfo=UTC)


def champion(root, source="files", last=DAY):
    return on_disk.champion(config(source), Layout(root), "churn", last)


def test_the_champion_is_told_with_since_when_and_by_which_decision(tmp_path):
    fill(tmp_path)
    found = champion(tmp_path)
    assert (found.state, found.text, found.version) == ("ok", "model of 2026-01-03; v3", "3")
    assert found.since == datetime(2026, 1, 5, 4, 20, tzinfo=UTC)
    assert (found.decision, found.by, found.why) == ("promoted", "validate", "all rules")


def test_a_ledger_that_was_changed_is_told_and_names_no_champion(tmp_path):
    layout = fill(tmp_path)
    layout.ledger.write_bytes(layout.ledger.read_bytes().replace(b"all rules", b"all roles"))
    found = champion(tmp_path)
    assert (found.state, found.day) == ("bad", None)
    assert "line 1 was changed" in found.text
    assert found.remedy == "MICROSTEP_PIPELINE=churn docker compose run --rm validate history"


def test_a_torn_last_line_is_told_and_the_champion_is_that_of_the_line_before(tmp_path):
    layout = fill(tmp_path)
    with layout.ledger.open("ab") as file:
        file.write(b'{"when": "2026-01-0')
    found = champion(tmp_path)
    assert (found.state, found.day) == ("note", date(2026, 1, 3))
    assert "torn by a crash" in found.text


def test_a_last_line_that_lacks_no_more_than_its_end_is_whole(tmp_path):
    layout = fill(tmp_path)
    layout.ledger.write_bytes(layout.ledger.read_bytes().rstrip(b"\n"))
    assert champion(tmp_path).state == "ok"


def test_a_model_file_that_is_gone_is_told_with_the_way_back(tmp_path):
    fill(tmp_path)
    (tmp_path / "models/2026-01-03/m.joblib").unlink()
    found = champion(tmp_path)
    assert found.state == "bad"
    assert found.text == "models/2026-01-03/m.joblib is not there, predict and validate refuse"
    assert "validate rollback" in found.remedy


def test_before_the_first_training_there_is_nothing_to_do(tmp_path):
    assert champion(tmp_path, last=date(2026, 1, 1)).text == "none yet, the first training can be of 2026-01-03"
    assert champion(tmp_path).state == "note"


def test_a_first_model_that_was_refused_is_for_a_person(tmp_path):
    ledger_line(tmp_path, "2026-01-05T04:20:00+00:00", decision="refused", before=None)
    found = champion(tmp_path)
    assert (found.state, found.text) == ("bad", "none yet, that of 2026-01-03 was refused: all rules")


def test_a_challenger_that_waits_for_a_word_is_told_with_what_to_type(tmp_path):
    fill(tmp_path)
    ledger_line(
        tmp_path, "2026-01-09T04:20:00+00:00", day="2026-01-08", decision="proposed", before=("2026-01-03", "3")
    )
    found = champion(tmp_path)
    assert (found.state, found.version) == ("bad", "3")
    assert "the challenger of 2026-01-08 waits for your decision" in found.text
    assert "validate approve --day 2026-01-08" in found.remedy
    ledger_line(tmp_path, "2026-01-09T05:20:00+00:00", day="2026-01-08", before=("2026-01-03", "3"), version="4")
    point(tmp_path)
    assert champion(tmp_path).version == "4"


def runs(state="success", due=TONIGHT, following=TONIGHT + timedelta(days=1), days=None):
    last = None if state is None else LastRun(state=state, run_id="r", due=due, days=days)
    return Runs(state="ok", text="", dag="predict", last=last, next=following)


def predictions(root, which, now=NOW, source="files", day=DAY):
    layout, settings = Layout(root), config(source)
    return on_disk.predictions(settings, layout, "churn", day, which, to_predict(settings, layout, day), now)


def test_predictions_that_are_there_are_told_with_their_rows(tmp_path):
    fill(tmp_path)
    found = predictions(tmp_path, runs())
    assert (found.state, found.text, found.done, found.rows, found.day) == ("ok", "2,000 rows", True, 2000, DAY)


def test_predictions_of_other_rows_than_the_day_has_by_now_are_a_note(tmp_path):
    layout = fill(tmp_path)
    path = layout.predictions(YESTERDAY) / "manifest.json"
    path.write_text(path.read_text().replace('"run": {}', '"run": {"rows_of": "others"}'))
    found = predictions(tmp_path, runs())
    assert (found.state, found.done, found.rows) == ("note", True, 2000)


EARLIER = TONIGHT - timedelta(days=1)
CASES = {
    "the run is still to come": (runs(due=EARLIER, following=TONIGHT), TONIGHT - timedelta(hours=1), "note"),
    "none ever ran, one is to come": (runs(None, following=TONIGHT), TONIGHT - timedelta(hours=1), "note"),
    "it waits for data": (runs("running"), NOW, "note"),
    "it waits in a queue": (runs("queued"), NOW, "note"),
    "it waits for too long": (runs("running"), TONIGHT + timedelta(hours=6, minutes=1), "bad"),
    "another day was done again": (
        runs(
            due=TONIGHT - timedelta(hours=2), following=TONIGHT, days=(DAY - timedelta(days=3), DAY - timedelta(days=1))
        ),
        TONIGHT - timedelta(hours=1),
        "note",
    ),
    "a person's run had nothing, its own is to come": (
        runs(due=TONIGHT - timedelta(hours=2), following=TONIGHT),
        TONIGHT - timedelta(hours=1),
        "note",
    ),
    "it failed when it was done again": (runs("failed", days=(DAY, DAY)), NOW, "bad"),
    "it failed": (runs("failed"), NOW, "bad"),
    "it ended without": (runs("success"), NOW, "bad"),
    "the scheduler did not start it": (runs(due=EARLIER, following=TONIGHT), NOW, "bad"),
    "no run is to come": (runs(due=EARLIER, following=None), NOW, "bad"),
    "Airflow does not answer": (Runs(state="unknown", text="no answer", dag="predict"), NOW, "unknown"),
}


@pytest.mark.parametrize("there", [True, False], ids=["rows", "no rows"])
@pytest.mark.parametrize("case", CASES)
def test_predictions_that_are_not_there_are_judged_by_the_runs(tmp_path, case, there):
    which, now, state = CASES[case]
    fill(tmp_path, last=YESTERDAY if there else "2026-01-08", predicted="2026-01-08")
    found = predictions(tmp_path, which, now)
    assert (found.state, found.done, found.rows) == (state, False, None)
    assert ("no data" in found.text) is not there
    if state == "bad":
        inbox = "put the day's files and an empty _SUCCESS into data/churn/inbox/2026-01-09/"
        wanted = "make backfill FROM=2026-01-09 TO=2026-01-09 PIPELINE=churn" if there else inbox
        assert found.remedy.startswith(wanted)


def test_a_day_without_expected_data_and_one_before_the_first_lack_no_predictions(tmp_path):
    found = predictions(tmp_path, runs("failed"), day=date(2025, 12, 31))
    assert (found.state, found.text) == ("note", "the first day is 2026-01-01")


def test_drift_is_that_of_the_newest_day_with_the_columns_that_fell(tmp_path):
    drift_report(tmp_path, "2026-01-08", "ok")
    drift_report(tmp_path, YESTERDAY, "alarm", age="alarm", plan="watch")
    found = on_disk.drift(Layout(tmp_path))
    assert (found.state, found.text, found.day) == ("bad", "alarm: age", DAY)
    assert found.columns == {"age": "alarm", "plan": "watch"}
    assert found.report == "reports/predict/2026-01-09/report.html"


@pytest.mark.parametrize("name", ["2026-01-09.bak", "old", "2026-02-30", "20260109"])
def test_what_somebody_puts_beside_the_days_is_no_day(tmp_path, name):
    drift_report(tmp_path, "2026-01-08", "ok")
    drift_report(tmp_path, name, "alarm", age="alarm")
    assert (on_disk.drift(Layout(tmp_path)).level, on_disk.drift(Layout(tmp_path)).day) == ("ok", date(2026, 1, 8))


@pytest.mark.parametrize(
    ("level", "state"), [("ok", "ok"), ("watch", "note"), ("unmeasured", "note"), ("strange", "unknown")]
)
def test_each_word_of_drift_has_its_weight(tmp_path, level, state):
    drift_report(tmp_path, YESTERDAY, level)
    assert on_disk.drift(Layout(tmp_path)).state == state


def test_a_damaged_report_is_unknown_and_none_at_all_is_not(tmp_path):
    assert on_disk.drift(Layout(tmp_path)).state == "ok"
    commit(Layout(tmp_path).report("predict", YESTERDAY), "predict", YESTERDAY)
    (Layout(tmp_path).report("predict", YESTERDAY) / "manifest.json").write_text("{")
    assert on_disk.drift(Layout(tmp_path)).text == "the report of 2026-01-09 is damaged"
    assert days()[-1] == YESTERDAY
