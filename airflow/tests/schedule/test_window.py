from types import SimpleNamespace

import msgspec
import pytest
from airflow.sdk import DAG
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException
from conftest import factory
from test_runs import A_DATASET

from contract.datasets.manifest import encode
from microstep_airflow.schedule.window import days_that_train, training_window
from microstep_airflow.settings import Settings


class Ti:
    """The task instance of one run; `xcoms` is what runs leave for each other, by run."""

    def __init__(self, run, xcoms, before=None, try_number=1):
        self.run, self.xcoms, self.before, self.try_number = run, xcoms, before, try_number

    def get_previous_dagrun(self, state):
        assert state == "success"
        return self.before

    def xcom_push(self, key, value):
        self.xcoms[self.run, key] = value

    def xcom_pull(self, task, *, key, run_id):
        assert task == "window"
        return self.xcoms.get((run_id, key))


def run(name, kind="scheduled", conf=None):
    return SimpleNamespace(run_id=name, run_type=kind, conf=conf)


@pytest.fixture(scope="module")
def window(load_dags):
    return load_dags()["train"].get_task("window").python_callable


def test_the_window_is_the_configurations(window):
    for day, days in (
        ("2026-01-10", ["2026-01-08", "2026-01-09", "2026-01-10"]),
        ("2026-01-02", ["2026-01-01", "2026-01-02"]),
    ):
        assert window(day, run("a"), Ti("a", {})) == days


def test_a_day_before_the_first_fails_at_once(window):
    with pytest.raises(AirflowFailException, match=r"schedule.first_day 2026-01-01 .* got 2025-12-31"):
        window("2025-12-31", run("a"), Ti("a", {}))


def test_a_scheduled_run_before_any_label_can_be_there_is_skipped_and_one_that_was_asked_for_fails():
    config = factory().config
    config = msgspec.structs.replace(config, training=msgspec.structs.replace(config.training, target_delay_days=7))
    with DAG("d", schedule=None):
        late = training_window(config).operator.python_callable
    with pytest.raises(AirflowSkipException, match="no day has its labels before 2026-01-08"):
        late("2026-01-07", run("a"), Ti("a", {}))
    with pytest.raises(AirflowFailException):
        late("2026-01-07", run("b", "manual", {"day": "2026-01-07"}), Ti("b", {}))
    assert late("2026-01-08", run("c"), Ti("c", {})) == ["2026-01-01"]


def test_a_second_scheduled_run_for_the_same_days_has_nothing_to_do_and_neither_has_a_third(window):
    xcoms = {}
    window("2026-01-11", run("a"), Ti("a", xcoms))
    with pytest.raises(AirflowSkipException, match="2026-01-09 to 2026-01-11: a has trained on these very days"):
        window("2026-01-11", run("b"), Ti("b", xcoms, run("a")))
    with pytest.raises(AirflowSkipException):
        window("2026-01-11", run("c"), Ti("c", xcoms, run("b")))


def test_the_next_week_and_another_weekday_are_trained(window):
    xcoms = {}
    window("2026-01-11", run("a"), Ti("a", xcoms))
    assert window("2026-01-18", run("b"), Ti("b", xcoms, run("a")))
    assert window("2026-01-13", run("c"), Ti("c", xcoms, run("a")))


@pytest.mark.parametrize(
    ("this", "before", "number"),
    [("manual", "scheduled", 1), ("backfill", "scheduled", 1), ("scheduled", "manual", 1), ("scheduled", "backfill", 1), ("scheduled", "scheduled", 2)],
)  # fmt: skip
def test_what_a_person_asks_for_or_clears_is_always_done(window, this, before, number):
    xcoms = {}
    days = window("2026-01-11", run("a", before), Ti("a", xcoms))
    assert window("2026-01-11", run("b", this), Ti("b", xcoms, run("a", before), number)) == days


def test_a_run_for_several_days_trains_in_runs_of_their_own(window):
    with pytest.raises(AirflowSkipException, match="2026-01-04 to 2026-01-18: each training of these days gets a run"):
        window("2026-01-18", run("a", "manual", {"from": "2026-01-04", "to": "2026-01-18"}), Ti("a", {}))


@pytest.mark.parametrize(
    ("conf", "days"),
    [
        ({}, []),
        ({"day": "2026-01-11"}, []),
        ({"from": "2026-01-01", "to": "2026-01-18"}, ["2026-01-04", "2026-01-11", "2026-01-18"]),
        ({"from": "2026-01-05", "to": "2026-01-07"}, ["2026-01-07"]),
    ],
)
def test_of_several_days_those_are_trained_that_the_schedule_would_have_trained(load_dags, conf, days):
    trainings = load_dags()["train"].get_task("trainings").python_callable
    assert trainings(run("a", "manual", {**conf, "force": True})) == [{"day": day, "force": True} for day in days]


# ---- what is there after the wait


def there(root, **training):
    config = factory().config
    config = msgspec.structs.replace(config, training=msgspec.structs.replace(config.training, **training))
    machine = Settings.read({"MICROSTEP_HOST_ROOT": "/srv", "MICROSTEP_DATA_ROOT": str(root)})
    with DAG("d", schedule=None):
        task = days_that_train(training_window(config), config, machine).operator
    return lambda: task.python_callable([f"2026-01-{number:02}" for number in (8, 9, 10)], "2026-01-10")


def bring(root, *names):
    for name in names:
        path = root / "raw" / name
        path.mkdir(parents=True)
        (path / "manifest.json").write_bytes(encode(A_DATASET))


def test_a_training_goes_on_with_all_days_of_its_window(tmp_path):
    bring(tmp_path, *(f"2026-01-{number:02}/{part}" for number in (8, 9, 10) for part in ("data", "target")))
    assert there(tmp_path)() == ["2026-01-08", "2026-01-09", "2026-01-10"]


def test_too_few_days_end_it_with_what_lacks_and_what_to_do(tmp_path):
    bring(tmp_path, "2026-01-08/data", "2026-01-08/target", "2026-01-09/data")
    lacks = r"must have all of 3 days, lacks 2026-01-09 \(no labels\), 2026-01-10 \(no data\); bring them .*backfill\) and clear"
    with pytest.raises(AirflowFailException, match=lacks):
        there(tmp_path)()
    with pytest.raises(AirflowFailException, match="must have 2 of 3 days"):
        there(tmp_path, min_days=2)()


def test_with_enough_days_it_goes_on_and_has_those_without_labels_processed_too(tmp_path):
    bring(tmp_path, "2026-01-08/data", "2026-01-08/target", "2026-01-09/data")
    assert there(tmp_path, min_days=1)() == ["2026-01-08", "2026-01-09"]


def test_a_run_that_has_nothing_to_train_on_looks_for_nothing(load_dags):
    with pytest.raises(AirflowSkipException, match="nothing to train on"):
        load_dags()["train"].get_task("there").python_callable(None, "2026-01-10")
