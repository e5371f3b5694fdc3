import pytest
from conftest import house
from fake_run import FakeTi, context, left

from microstep_airflow import alerts
from microstep_airflow.alerts import Alerts


class Variables(dict):
    """Airflow's variables, kept here."""

    def set(self, key, value, serialize_json):
        self[key] = value

    def get(self, key, default, deserialize_json):
        return super().get(key, default)

    def delete(self, key):
        del self[key]


@pytest.fixture
def sent(monkeypatch):
    mails = []
    monkeypatch.setattr(alerts, "send", lambda mail, to: mails.append(mail))
    return mails


@pytest.fixture(autouse=True)
def variables(monkeypatch):
    kept = Variables()
    monkeypatch.setattr(alerts, "Variable", kept)
    return kept


@pytest.fixture(scope="module")
def train(load_dags):
    return load_dags()["train"]


@pytest.fixture
def told():
    return Alerts(house().config)


def failing(train, run_id="manual__1", day="2026-01-03"):
    ti = FakeTi({"train": "failed"}, {("train", None): left("models: no rows", day)}, run_id)
    return context(ti, train, day=day)


def well(train, run_id="manual__2", day="2026-01-03"):
    return context(FakeTi({"train": "success"}, {}, run_id), train, day=day)


def test_a_failed_run_is_told_with_dag_task_day_error_and_link(train, told, sent):
    told.failed(failing(train))
    [mail] = sent
    assert mail.subject == "[microstep] train 2026-01-03 failed: models: no rows"
    assert mail.facts == {"DAG": "train", "Day": "2026-01-03", "Run": "manual__1", "Reason": "a task failed"}
    [found] = mail.records
    assert (found.task, found.message, found.link) == ("train", "models: no rows", "http://airflow.example/mode")


def test_many_tasks_that_fail_together_are_one_mail(train, told, sent):
    states = {f"preprocess_{number}": "failed" for number in range(28)}
    xcoms = {("preprocess", number): left(f"error {number}") for number in range(28)}
    told.failed(context(FakeTi(states, xcoms), train))
    assert len(sent) == 1
    assert len(sent[0].records) == 28


def test_a_run_that_took_too_long_is_told_without_a_failed_task(train, told, sent):
    told.failed(context(FakeTi({"train": "skipped"}), train, reason="timed_out"))
    assert sent[0].subject == "[microstep] train 2026-01-03 failed: the run took longer than it may"


def test_a_run_of_which_airflow_tells_no_task_is_still_told(train, told, sent):
    told.failed({"dag": train, "run_id": "manual__1", "reason": "timed_out"})
    assert sent[0].subject == "[microstep] train (day unknown) failed: the run took longer than it may"


def test_records_that_cannot_be_read_cost_the_error_line_not_the_mail(train, told, sent):
    broken = failing(train)
    broken["ti"].get_task_states = None
    told.failed(broken)
    assert sent[0].subject == "[microstep] train 2026-01-03 failed: a task failed"


def test_nobody_to_tell_is_no_mail(train, sent, variables, caplog):
    import msgspec

    config = house().config
    told = Alerts(msgspec.structs.replace(config, alerts=msgspec.structs.replace(config.alerts, to=())))
    told.failed(failing(train))
    told.succeeded(well(train))
    assert sent == []
    assert variables == {}


def test_a_good_run_is_not_told(train, told, sent):
    told.succeeded(well(train))
    assert sent == []


def test_the_first_good_run_after_bad_ones_is_told_once(train, told, sent):
    told.failed(failing(train))
    told.failed(failing(train, "manual__x"))
    told.succeeded(well(train))
    told.succeeded(well(train, "manual__3"))
    assert [mail.subject for mail in sent[2:]] == ["[microstep] train 2026-01-03: works again"]
    assert sent[2].advice == ""


def test_a_failed_run_that_was_cleared_and_ends_well_is_a_recovery(train, told, sent):
    told.failed(failing(train))
    told.succeeded(well(train, "manual__1"))
    assert sent[1].subject == "[microstep] train 2026-01-03: works again"


def test_a_recovery_names_the_days_that_are_still_to_be_done(train, told, sent):
    told.failed(failing(train, "a", "2026-01-03"))
    told.failed(failing(train, "b", "2026-01-01"))
    told.succeeded(well(train, "c", "2026-01-04"))
    assert sent[2].advice == "Days that failed and were not done again in this run: 2026-01-01, 2026-01-03."


def test_each_dag_recovers_for_itself(load_dags, train, told, sent):
    told.failed(failing(train))
    told.succeeded(context(FakeTi({"predict": "success"}, {}, "r"), load_dags()["predict"]))
    assert len(sent) == 1


def test_a_refused_challenger_is_told_as_such(train, told, sent):
    refused = {("validate", None): left("roc_auc 0.81, the champion has 0.84 (exit 80: gate refused)")}
    told.succeeded(context(FakeTi({"train": "success", "validate": "skipped"}, refused), train))
    [mail] = sent
    assert mail.subject == "[microstep] train 2026-01-03: challenger refused, the champion stays"
    assert mail.records[0].message.startswith("roc_auc 0.81")
    assert "reports/train/2026-01-03/" in mail.advice
