import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import fake_reports
import pytest
from conftest import factory, settings
from fake_run import FakeTi, context, failure
from fake_variables import Variables
from test_runs import A_DATASET

from contract.datasets.manifest import Manifest, encode
from microstep_airflow.alerts import callbacks
from microstep_airflow.alerts.callbacks import RunAlerts
from microstep_airflow.alerts.step_reports import DriftReport
from microstep_airflow.alerts.task_failures import KILLED
from microstep_airflow.sensors import OVERDUE


@pytest.fixture
def sent(monkeypatch):
    mails = []
    monkeypatch.setattr(callbacks, "enqueue", lambda mail, to, folder, now: mails.append(mail))
    return mails


@pytest.fixture(autouse=True)
def variables(monkeypatch):
    variables = Variables()
    monkeypatch.setattr(callbacks, "Variable", variables)
    return variables


@pytest.fixture(scope="module")
def train(load_dags):
    return load_dags()["train"]


@pytest.fixture
def root(tmp_path):
    return tmp_path


@pytest.fixture
def alerts(root):
    return RunAlerts(factory().config, replace(settings(), data_root=root))


def failing(train, run_id="manual__1", day="2026-01-03"):
    ti = FakeTi({"train": "failed"}, {("train", None): failure("models: no rows", day)}, run_id)
    return context(ti, train, day=day)


def well(train, run_id="manual__2", day="2026-01-03"):
    return context(FakeTi({"train": "success"}, {}, run_id), train, day=day)


def test_a_failed_run_is_told_with_dag_task_day_error_and_link(train, alerts, sent):
    alerts.failed(failing(train))
    [mail] = sent
    assert mail.subject == "[microstep] train 2026-01-03 failed: models: no rows"
    assert mail.facts == {"DAG": "train", "Day": "2026-01-03", "Run": "manual__1", "Reason": "a task failed"}
    [failed_task] = mail.failures
    assert (failed_task.task, failed_task.message, failed_task.link) == (
        "train",
        "models: no rows",
        "http://airflow.example/mode",
    )


def test_many_tasks_that_fail_together_are_one_mail(train, alerts, sent):
    states = {f"preprocess_{number}": "failed" for number in range(28)}
    xcoms = {("preprocess", number): failure(f"error {number}") for number in range(28)}
    alerts.failed(context(FakeTi(states, xcoms), train))
    assert len(sent) == 1
    assert len(sent[0].failures) == 28


def test_a_run_that_took_too_long_is_told_without_a_failed_task(train, alerts, sent):
    alerts.failed(context(FakeTi({"train": "skipped"}), train, reason="timed_out"))
    assert sent[0].subject == "[microstep] train 2026-01-03 failed: the run exceeded its time limit"


def test_a_run_of_which_airflow_tells_no_task_is_still_told(train, alerts, sent):
    alerts.failed({"dag": train, "run_id": "manual__1", "reason": "timed_out"})
    assert sent[0].subject == "[microstep] train (day unknown) failed: the run exceeded its time limit"


def test_records_that_cannot_be_read_cost_the_error_line_not_the_mail(train, alerts, sent):
    broken = failing(train)
    broken["ti"].get_task_states = None
    alerts.failed(broken)
    assert sent[0].subject == "[microstep] train 2026-01-03 failed: a task failed"


def test_the_mail_says_where_to_look_and_what_was_rejected(train, alerts, sent, root):
    fake_reports.processed(root, "2026-01-03", rejected={"age.max": 12})
    alerts.failed(failing(train))
    [mail] = sent
    assert mail.level == "error"
    assert mail.links["Run in Airflow"] == "http://airflow.example/dags/train/runs/manual__1"
    assert mail.points == [("rejected", "12 of 100 rows of 2026-01-03 are rejected: age.max 12")]


def test_the_same_failure_again_is_not_told_again_until_the_next_day(train, alerts, sent, monkeypatch):
    for number in range(1, 8):
        alerts.failed(failing(train, f"run{number}", f"2026-01-{number:02}"))
    assert len(sent) == 1
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    monkeypatch.setattr(callbacks, "datetime", SimpleNamespace(now=lambda zone: tomorrow))
    alerts.failed(failing(train, "run8", "2026-01-08"))
    assert sent[1].subject == "[microstep] train 2026-01-08 failed (8 runs in a row): models: no rows"
    assert sent[1].facts["Since"].endswith("8 runs: " + ", ".join(f"2026-01-0{n}" for n in range(1, 8)) + " and 1 more")


WAIT = "wait_for_raw_data"


def waiting(dag, task, *days):
    states = {f"{task}_{number}": "failed" for number, _ in enumerate(days)}
    words = f"{OVERDUE} (12), is not"
    xcoms = {(task, number): failure(f"{day}: {words}", day) for number, day in enumerate(days)}
    return context(FakeTi(states, xcoms), dag, day=days[-1])


def test_a_day_that_did_not_come_is_told_once_and_not_by_predict_again(load_dags, alerts, sent):
    generate, predict = (load_dags("files")[name] for name in ("generate", "predict"))
    alerts.failed(waiting(generate, "wait_for_inbox", "2026-01-03"))
    alerts.failed(waiting(predict, WAIT, "2026-01-03"))
    assert [mail.subject.split()[1] for mail in sent] == ["generate"]
    alerts.succeeded(context(FakeTi({"predict_0": "success"}, {}, "manual__2"), predict, day="2026-01-04"))
    assert len(sent) == 1, "what nobody was told of does not work again"
    alerts.failed(waiting(predict, WAIT, "2026-01-03", "2026-01-05"))
    assert sent[-1].subject.startswith("[microstep] predict 2026-01-05 failed"), "of this day nobody has told"


def looking(dag, task, day, message=None):
    """A wait whose look failed, or that was killed."""
    xcoms = {} if message is None else {(task, 0): failure(message, day)}
    return context(FakeTi({f"{task}_0": "failed"}, xcoms, f"manual__{day}"), dag, day=day)


@pytest.mark.parametrize("message", [None, "[Errno 13] Permission denied: 'inbox'", "[Errno 116] Stale file handle"])
def test_a_look_that_failed_is_told_where_days_that_do_not_come_are_known(load_dags, alerts, sent, message):
    generate = load_dags("files")["generate"]
    for day in ("2026-01-05", "2026-01-12"):
        alerts.failed(waiting(generate, "wait_for_inbox", day))
        alerts.succeeded(context(FakeTi({"generate": "success"}, {}, f"after {day}"), generate, day=day))
    before = len(sent)
    alerts.failed(looking(generate, "wait_for_inbox", "2026-01-19", message))
    assert [mail.subject.split(" failed: ")[1] for mail in sent[before:]] == [message or KILLED]


def test_a_killed_wait_of_predict_is_told_though_generate_has_not_failed(load_dags, alerts, sent):
    alerts.failed(looking(load_dags()["predict"], WAIT, "2026-01-03"))
    assert [mail.subject for mail in sent] == [f"[microstep] predict 2026-01-03 failed: {KILLED}"]


def test_a_good_run_is_not_told(train, alerts, sent):
    alerts.succeeded(well(train))
    assert sent == []


def test_the_first_good_run_after_bad_ones_is_told_once(train, alerts, sent):
    alerts.failed(failing(train))
    alerts.failed(failing(train, "manual__x"))
    alerts.succeeded(well(train))
    alerts.succeeded(well(train, "manual__3"))
    assert [mail.subject for mail in sent[1:]] == ["[microstep] train 2026-01-03: works again"]
    assert sent[1].advice == ""
    assert sent[1].facts["Failed"].startswith("2 runs since ")


def test_a_failed_run_that_was_cleared_and_ends_well_is_a_recovery(train, alerts, sent):
    alerts.failed(failing(train))
    alerts.succeeded(well(train, "manual__1"))
    assert sent[1].subject == "[microstep] train 2026-01-03: works again"


def test_a_recovery_names_the_days_that_are_still_to_be_done(train, alerts, sent):
    alerts.failed(failing(train, "a", "2026-01-03"))
    alerts.failed(failing(train, "b", "2026-01-01"))
    alerts.succeeded(well(train, "c", "2026-01-04"))
    assert sent[1].advice == "Days that failed and were not done again in this run: 2026-01-01, 2026-01-03."


def committed(root, *paths):
    for path in paths:
        (root / path).mkdir(parents=True, exist_ok=True)
        (root / path / "manifest.json").write_bytes(encode(A_DATASET))


def test_a_recovery_names_no_day_that_was_done_and_the_old_one_that_was_given_up(load_dags, alerts, sent, root):
    predict = load_dags()["predict"]
    for day in ("2026-01-03", "2026-01-04", "2026-01-05"):
        # each run has done its own day, and failed on an old one
        committed(root, f"predictions/{day}")
        xcoms = {("predict", 0): failure("processed/2026-01-01: damaged", "2026-01-01")}
        alerts.failed(context(FakeTi({"predict_0": "failed"}, xcoms, f"scheduled__{day}"), predict, day=day))
    assert len(sent) == 1
    alerts.succeeded(context(FakeTi({"predict": "success"}, {}, "scheduled__6"), predict, day="2026-01-06"))
    assert sent[1].advice == "Days that failed and were not done again in this run: 2026-01-01."


def test_each_dag_recovers_for_itself(load_dags, train, alerts, sent):
    alerts.failed(failing(train))
    alerts.succeeded(context(FakeTi({"predict": "success"}, {}, "r"), load_dags()["predict"]))
    assert len(sent) == 1


# ---- live scores


def test_a_live_score_far_below_the_gates_is_told_once_and_once_when_it_is_over(
    load_dags, alerts, sent, root, variables
):
    train = load_dags()["train"]

    def trained(*days, **levels):
        for day, level in zip(days, levels.values(), strict=True):
            fake_reports.live(root, day, level)
        alerts.succeeded(context(FakeTi({"train": "success"}, {}), train))

    trained("2025-12-27", "2025-12-28", old=None, fine="ok")
    assert sent == []
    trained("2025-12-29", "2025-12-30", first="alarm", second="alarm")
    trained("2025-12-31", third="alarm")
    trained("2026-01-01", back="ok")
    assert [mail.subject for mail in sent] == [
        "[microstep] train 2026-01-03: the live score is far below the gate's since 2025-12-29",
        "[microstep] train 2026-01-03: the live score is as the gate's again",
    ]
    assert sent[0].points[0] == ("alarm", "2025-12-29: roc_auc 0.6100, 0.8644 when the gate judged it")
    assert len(sent[0].points) == 2
    assert variables["microstep_live"] is not None


# ---- verdicts


def refusing(train, message="roc_auc 0.81, the champion has 0.84 (exit 80: gate refused)", task="validate"):
    return context(FakeTi({"train": "success", task: "skipped"}, {(task, None): failure(message)}), train)


def test_a_refusal_says_by_which_rule_and_how_much(train, alerts, sent, root):
    fake_reports.verdict(root, "refused", rules=fake_reports.BROKEN, challenger=0.5012)
    alerts.succeeded(refusing(train))
    [mail] = sent
    assert mail.subject == (
        "[microstep] train 2026-01-03: challenger refused: roc_auc 0.5012 misses gate.minimums.roc_auc 0.7 by 0.1988"
    )
    # what decided comes first
    assert [word for word, _ in mail.points] == ["failed", "passed"]
    assert mail.facts["roc_auc"] == "0.5012, the champion's is 0.8612 (-0.3600)"
    assert mail.facts["Report"] == "reports/train/2026-01-03/report.html"
    assert mail.failures[0].link.startswith("http://airflow.example/")


@pytest.mark.parametrize(("in_use", "words"), [(True, "the champion stays."), (False, "no model is in use yet")])
def test_a_refusal_says_whether_there_is_a_champion_that_stays(train, alerts, sent, root, in_use, words):
    fake_reports.verdict(root, "refused", rules=fake_reports.BROKEN)
    if in_use:
        fake_reports.ledger_line(root, "2025-12-27T05:00:00+00:00", "2025-12-27")
    fake_reports.ledger_line(root, "2026-01-03T05:00:00+00:00", decision="refused")
    alerts.succeeded(refusing(train))
    assert f"Nothing is broken, {'' if in_use else 'but '}{words}" in sent[0].advice


def test_a_verdict_has_the_baselines_score_beside_and_the_fall_of_the_champion(train, alerts, sent, root):
    fake_reports.verdict(root, "refused", rules=fake_reports.BROKEN, challenger=0.5012)
    path = root / "reports/train/2026-01-03"
    more = {"baseline": {"text": "always 'no'", "metrics": {"roc_auc": 0.5}}, "live": "The live score fell."}
    content = json.loads((path / "verdict.json").read_text()) | more
    fake_reports.report(root, "train", "2026-01-03", {"decision": "refused", "why": ""}, verdict=content)
    alerts.succeeded(refusing(train))
    assert sent[0].facts["roc_auc"] == (
        "0.5012, the champion's is 0.8612 (-0.3600); 0.5000 without a model (always 'no')"
    )
    assert sent[0].facts["Live"] == "The live score fell."


def test_a_question_that_the_rows_could_not_answer_is_told_as_such(train, alerts, sent, root):
    few = [("unknown", "20 labelled test rows are fewer than gate.min_test_rows 100")]
    fake_reports.verdict(root, "undecided", rules=few)
    alerts.succeeded(refusing(train, few[0][1]))
    assert sent[0].subject == f"[microstep] train 2026-01-03: nothing decided: {few[0][1]}"


def test_a_refusal_whose_report_is_damaged_is_told_in_the_steps_words(train, alerts, sent, root):
    fake_reports.verdict(root, "refused")
    (root / "reports/train/2026-01-03/verdict.json").write_text("{}")
    alerts.succeeded(refusing(train))
    [mail] = sent
    assert mail.subject.startswith("[microstep] train 2026-01-03: challenger refused: roc_auc 0.81, the champion has")
    assert "reports/train/2026-01-03/" in mail.advice


def test_a_persons_refusal_is_told_in_the_persons_words(load_dags, alerts, sent, root):
    train = load_dags(approval="manual")["train"]
    fake_reports.verdict(root, "refused")
    alerts.succeeded(refusing(train, "refused by admin: not before the holidays (exit 80: gate refused)", "decide"))
    assert "challenger refused: refused by admin: not before the holidays" in sent[0].subject


def test_a_promotion_is_told_with_both_versions_and_their_difference(train, alerts, sent, root):
    fake_reports.verdict(root)
    fake_reports.ledger_line(root, "2026-11-23T03:10:00+00:00")
    alerts.succeeded(well(train))
    [mail] = sent
    assert mail.subject == "[microstep] train 2026-01-03: new champion v3 (roc_auc 0.8644, +0.0032 against v2)"
    assert mail.facts["By"] == "validate"
    assert mail.facts["Report"] == "reports/train/2026-01-03/report.html"
    assert "validate rollback" in mail.advice


def test_of_two_runs_that_saw_one_promotion_one_tells_of_it(train, alerts, sent, root):
    fake_reports.verdict(root)
    fake_reports.ledger_line(root, "2026-11-23T03:10:00+00:00")
    alerts.succeeded(well(train))
    alerts.succeeded(well(train))
    assert len(sent) == 1
    fake_reports.ledger_line(root, "2026-11-23T03:20:00+00:00")
    alerts.succeeded(well(train))
    assert len(sent) == 2


def test_the_first_champion_and_one_without_a_registry_have_words_too(train, alerts, sent, root):
    fake_reports.verdict(root, champion=None)
    fake_reports.ledger_line(root, "2026-11-23T03:10:00+00:00", before=None, version=None)
    alerts.succeeded(well(train))
    assert sent[0].subject == "[microstep] train 2026-01-03: new champion the model of 2026-01-03 (roc_auc 0.8644)"
    assert "rollback" not in sent[0].advice


@pytest.mark.parametrize(
    ("why", "when", "more"),
    [
        ("it was promoted by an earlier run", "2026-11-23T02:59:59+00:00", {}),
        ("another day was", "2026-11-23T03:10:00+00:00", {"day": "2026-01-02"}),
        ("it waits for a person", "2026-11-23T03:10:00+00:00", {"decision": "proposed"}),
    ],
)
def test_no_promotion_in_this_run_is_no_mail(train, alerts, sent, root, why, when, more):
    fake_reports.verdict(root)
    fake_reports.ledger_line(root, when, **more)
    alerts.succeeded(well(train))
    assert sent == [], why


def trained(train, root, day, *, champion=0.8612, challenger=0.8644, **more):
    """A weekly training whose challenger became champion."""
    fake_reports.verdict(root, day=day, champion=champion, challenger=challenger, **more)
    fake_reports.ledger_line(
        root, "2026-11-23T03:10:00+00:00", day=day, version=day[-2:], scores=(challenger, champion)
    )
    return context(FakeTi({"validate": "success"}, {}, f"scheduled__{day}"), train, day=day, scheduled=True)


def test_weekly_champions_that_are_as_good_are_told_once_and_again_when_they_have_moved(train, alerts, sent, root):
    for day, challenger in [("2026-01-03", 0.8612), ("2026-01-10", 0.8652), ("2026-01-17", 0.8622)]:
        alerts.succeeded(trained(train, root, day, challenger=challenger))
    assert [mail.subject for mail in sent] == [
        "[microstep] train 2026-01-03: new champion v03 (roc_auc 0.8612, +0.0000 against v2)"
    ]
    # each within gate.margin, 0.01, together not
    alerts.succeeded(trained(train, root, "2026-01-24", challenger=0.8692))
    assert sent[1].subject.startswith("[microstep] train 2026-01-24: new champion v24")
    alerts.succeeded(trained(train, root, "2026-01-31", challenger=0.8692))
    alerts.succeeded(trained(train, root, "2026-02-07", left_out={"2026-01-30": "no labels"}))
    assert sent[2].facts["Without"] == "2026-01-30 (no labels)"
    assert len(sent) == 3


def test_weekly_refusals_for_the_same_reason_are_told_when_their_number_has_doubled(train, alerts, sent, root):
    days = [f"2026-01-{number:02}" for number in range(3, 12)]
    for day in days:
        fake_reports.verdict(root, "refused", day=day, rules=fake_reports.BROKEN)
        xcoms = {("validate", None): failure("models: refused")}
        ti = FakeTi({"validate": "skipped"}, xcoms, f"scheduled__{day}")
        alerts.succeeded(context(ti, train, day=day, scheduled=True))
    assert [mail.facts["Day"] for mail in sent] == [days[index] for index in (0, 1, 3, 7)]
    # what changes is told at once
    alerts.succeeded(trained(train, root, "2026-01-12"))
    assert "new champion" in sent[-1].subject


def test_a_torn_line_in_the_ledger_hides_nothing(train, alerts, sent, root):
    fake_reports.verdict(root)
    fake_reports.ledger_line(root, "2026-11-23T03:10:00+00:00")
    with (root / "ledger.jsonl").open("a") as ledger:
        ledger.write('{"decision": "prom')
    alerts.succeeded(well(train))
    assert "new champion v3" in sent[0].subject


@pytest.mark.parametrize(("lost", "told"), [(b"\n", True), (b"}\n", False)], ids=["its end alone", "a part of it"])
def test_a_last_line_is_torn_when_more_than_its_end_is_missing(train, alerts, sent, root, lost, told):
    fake_reports.verdict(root)
    fake_reports.ledger_line(root, "2026-11-23T03:10:00+00:00")
    ledger = root / "ledger.jsonl"
    ledger.write_bytes(ledger.read_bytes().removesuffix(lost))
    alerts.succeeded(well(train))
    assert bool(sent) is told


def test_a_ledger_that_was_changed_tells_no_promotion_but_hides_no_recovery(train, alerts, sent, root, caplog):
    fake_reports.verdict(root)
    fake_reports.ledger_line(root, "2026-11-23T03:10:00+00:00")
    ledger = root / "ledger.jsonl"
    ledger.write_text(ledger.read_text().replace("all rules", "no rules"))
    alerts.failed(failing(train))
    alerts.succeeded(well(train))
    assert [mail.subject for mail in sent[1:]] == ["[microstep] train 2026-01-03: works again"]
    assert "line 1 was changed after it was written" in caplog.text


# ---- drift


@pytest.fixture
def predicted(load_dags, alerts, root):
    """Ends a predict run of a day, of which this was found."""

    def end(day, level, **columns):
        fake_reports.drift(root, day, level, **columns)
        alerts.succeeded(context(FakeTi({"predict": "success"}, {}, day), load_dags()["predict"], day=day))

    return end


def test_drift_is_told_when_it_begins_spreads_and_ends(predicted, sent):
    predicted("2026-01-03", "alarm", age="alarm", region="watch")
    predicted("2026-01-04", "alarm", age="alarm")
    predicted("2026-01-05", "alarm", age="alarm", charge="alarm")
    predicted("2026-01-06", "ok")
    predicted("2026-01-07", "ok")
    assert [mail.subject for mail in sent] == [
        "[microstep] predict 2026-01-03: drift: age",
        "[microstep] predict 2026-01-05: drift spreads: charge",
        "[microstep] predict 2026-01-06: drift is over: age, charge",
    ]
    assert sent[0].facts["Report"] == "reports/predict/2026-01-03/report.html"
    assert sent[1].facts["Since"] == "2026-01-03"
    assert [word for word, _ in sent[0].points] == ["alarm", "watch"]
    assert sent[0].points[0][1] == ("age: Kolmogorov-Smirnov distance 0.31, PSI 1.20, missing 30.0% instead of 10.0%")


def test_a_day_with_too_few_rows_is_told_with_what_was_expected(predicted, sent, root):
    predicted("2026-01-03", "alarm", **{"(rows)": "alarm"})
    path = root / "reports/predict/2026-01-04"
    content = {"columns": [], "score": None, "volume": {"reason": "3 rows, where others have 290 to 310"}}
    notes = {"drift": "alarm", "columns": {"(rows)": "alarm"}}
    assert not path.exists()
    fake_reports.report(root, "predict", "2026-01-04", notes, drift=content)
    report = DriftReport.of(root, "2026-01-04")
    assert report.sizes == {"(rows)": "3 rows, where others have 290 to 310"}
    assert sent[0].subject == "[microstep] predict 2026-01-03: drift: (rows)"


def test_another_day_that_fails_by_something_else_is_told_though_an_old_one_goes_on_failing(load_dags, alerts, sent):
    dag = load_dags()["predict"]
    old, new = failure("a is damaged", "2026-01-01"), failure("b is wrong", "2026-01-04")
    for day, xcoms in [
        ("2026-01-03", {("predict", 0): old}),
        ("2026-01-04", {("predict", 0): old, ("predict", 1): new}),
        ("2026-01-05", {("predict", 0): old, ("predict", 1): new}),
    ]:
        states = {f"predict_{index}": "failed" for _, index in xcoms}
        alerts.failed(context(FakeTi(states, xcoms, f"scheduled__{day}"), dag, day=day))
    assert [mail.subject for mail in sent] == [
        "[microstep] predict 2026-01-03 failed: a is damaged",
        "[microstep] predict 2026-01-04 failed (2 runs in a row): b is wrong",
    ]


def test_one_old_day_that_fails_hides_no_drift_of_the_others(load_dags, alerts, sent, root):
    fake_reports.drift(root, "2026-01-03", "alarm", age="alarm")
    xcoms = {("predict", 0): failure("processed/2026-01-01: damaged", "2026-01-01")}
    ti = FakeTi({"predict_0": "failed", "predict_1": "success"}, xcoms, days=["2026-01-01", "2026-01-03"])
    alerts.failed(context(ti, load_dags()["predict"], day="2026-01-03"))
    assert [mail.subject for mail in sent] == [
        "[microstep] predict 2026-01-03 failed: processed/2026-01-01: damaged",
        "[microstep] predict 2026-01-03: drift: age",
    ]


def test_drift_of_a_day_that_came_late_is_told_by_the_run_that_predicts_it(load_dags, alerts, sent, root):
    fake_reports.drift(root, "2026-01-02", "alarm", age="alarm")
    ti = FakeTi({"predict": "success"}, days=["2026-01-01", "2026-01-02"])
    alerts.succeeded(context(ti, load_dags()["predict"], day="2026-01-04"))
    assert [mail.subject for mail in sent] == ["[microstep] predict 2026-01-02: drift: age"]


def test_a_backfill_of_older_days_mails_nothing(predicted, sent):
    predicted("2026-01-20", "ok")
    for day in range(1, 15):
        predicted(f"2026-01-{day:02}", "alarm", age="alarm")
    assert sent == []


def test_a_day_that_went_on_without_many_rows_is_an_error_mail_once(load_dags, alerts, sent, root):
    predict = load_dags()["predict"]
    counts = {"rows_in": 10, "rejected": 2, "rejected_by_rule": {"age: below 18": 2}}

    def processed(**notes):
        path = root / "processed" / "2026-01-03" / "manifest.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        manifest = Manifest(
            step="preprocess", day="2026-01-03", fingerprint="f", code="c", settings={}, inputs=[], schema=[], files=[],
            counts=counts, notes=notes, run={},
        )  # fmt: skip
        path.write_bytes(encode(manifest))

    def done():
        alerts.succeeded(context(FakeTi({"predict": "success"}, {}), predict, day="2026-01-03"))

    processed(too_many_rejected="2 of 10 rows break a rule")
    done()
    done()
    [mail] = sent
    assert mail.level == "error"
    assert mail.subject == "[microstep] predict 2026-01-03: too many rows rejected, only the good ones are predicted"
    assert mail.facts["Reason"] == "2 of 10 rows break a rule"
    assert mail.points == [("rejected", "2 of 10 rows of 2026-01-03 are rejected: age: below 18 2")]
    processed()
    done()
    assert len(sent) == 1
    processed(too_many_rejected="3 of 10 rows break a rule")
    done()
    assert len(sent) == 2


def test_a_day_that_was_caught_up_without_many_rows_is_mailed_as_itself(load_dags, alerts, sent, root):
    path = root / "processed" / "2026-01-01" / "manifest.json"
    path.parent.mkdir(parents=True)
    manifest = Manifest(
        step="preprocess", day="2026-01-01", fingerprint="f", code="c", settings={}, inputs=[], schema=[], files=[],
        counts={"rows_in": 10, "rejected": 2, "rejected_by_rule": {"age: below 18": 2}},
        notes={"too_many_rejected": "2 of 10 rows break a rule"}, run={},
    )  # fmt: skip
    path.write_bytes(encode(manifest))
    ti = FakeTi({"predict_0": "success", "predict_1": "success"}, days=["2026-01-01", "2026-01-03"])
    alerts.succeeded(context(ti, load_dags()["predict"], day="2026-01-03"))
    [mail] = sent
    assert mail.facts["Day"] == "2026-01-01"
    assert mail.subject == "[microstep] predict 2026-01-01: too many rows rejected, only the good ones are predicted"


def test_a_day_without_a_report_is_no_drift_and_no_failure(load_dags, alerts, sent, variables):
    alerts.succeeded(context(FakeTi({"predict": "success"}, {}), load_dags()["predict"]))
    assert sent == []
    assert "microstep_drift" not in variables


def test_a_verdict_says_without_which_days_the_model_was_trained(load_dags, alerts, sent, root):
    fake_reports.verdict(root, "refused", left_out={"2026-01-02": "no labels"})
    xcoms = {("validate", None): failure("models/2026-01-03: refused")}
    alerts.succeeded(context(FakeTi({"validate": "skipped"}, xcoms), load_dags()["train"]))
    assert sent[0].facts["Without"] == "2026-01-02 (no labels)"


def test_a_run_that_started_others_for_several_days_tells_of_no_verdict_itself(load_dags, alerts, sent, root):
    fake_reports.verdict(root, "refused")
    xcoms = {("validate", None): failure("models/2026-01-03: refused")}
    several = {"from": "2026-01-01", "to": "2026-01-03"}
    alerts.succeeded(context(FakeTi({"validate": "skipped"}, xcoms), load_dags()["train"], conf=several))
    assert sent == []
