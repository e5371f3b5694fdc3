from types import SimpleNamespace

import msgspec
import pytest
from airflow.sdk import DAG
from airflow.sdk.exceptions import AirflowSkipException
from conftest import factory
from test_runs import A_DATASET

from contract.datasets.manifest import Input, encode
from contract.layout import Layout
from microstep_airflow.schedule.lacking import KEY, days_of_run, days_with_labels, is_caught_up
from microstep_airflow.settings import Settings

OWN = "2026-01-18"  # a Sunday


class Ti:
    def __init__(self):
        self.pushed = {}

    def xcom_push(self, key, value):
        self.pushed[key] = value


@pytest.fixture
def days(tmp_path):
    """Decides the days of a run; gives them, and what it left for the mail."""

    def decide(step="generate", source="files", kind="scheduled", conf=None, **schedule):
        config = factory(source).config
        config = msgspec.structs.replace(config, schedule=msgspec.structs.replace(config.schedule, **schedule))
        machine = Settings.read({"MICROSTEP_HOST_ROOT": "/srv", "MICROSTEP_DATA_ROOT": str(tmp_path)})
        with DAG("d", schedule=None):
            task = days_of_run(step, config, machine).operator
        ti = Ti()
        found = task.python_callable(OWN, dag_run=SimpleNamespace(run_type=kind, conf=conf), ti=ti)
        return found, ti.pushed.get(KEY)

    return decide


def arrive(root, *days):
    for day in days:
        (root / "inbox" / day).mkdir(parents=True)
        (root / "inbox" / day / "_SUCCESS").touch()


def generated(root, *days):
    for day in days:
        (root / "raw" / day / "data").mkdir(parents=True)
        (root / "raw" / day / "data" / "manifest.json").write_bytes(encode(A_DATASET))


def test_a_scheduled_run_does_its_own_day_and_before_it_those_that_lack_something(days, tmp_path):
    arrive(tmp_path, "2026-01-17", "2026-01-09", "2026-01-11")
    found, told = days()
    assert found == ["2026-01-09", "2026-01-11", "2026-01-17", OWN]
    assert told[0] == ["2026-01-09", "raw/2026-01-09/data: is not there", False]


def test_a_run_by_hand_without_a_day_does_what_a_scheduled_one_would(days, tmp_path):
    arrive(tmp_path, "2026-01-17")
    assert days(kind="manual", conf={})[0] == ["2026-01-17", OWN]


def test_ten_days_off_are_all_done_by_the_next_run(days, tmp_path):
    missed = [f"2026-01-{number:02}" for number in range(8, 18)]
    arrive(tmp_path, *missed)
    assert days("generate")[0] == [*missed, OWN]
    # the same in the run of predict that begins at the same time: their data is about to come
    assert days("predict")[0] == [*missed, OWN]


def test_a_day_without_data_has_no_run_when_nothing_else_lacks(days, tmp_path):
    with pytest.raises(AirflowSkipException, match=r"2026-01-18: no data is expected \(schedule.expected"):
        days(expected="weekdays")
    arrive(tmp_path, "2026-01-16")
    assert days(expected="weekdays")[0] == ["2026-01-16"]


def test_days_that_somebody_asks_for_are_done_and_no_others(days, tmp_path):
    arrive(tmp_path, "2026-01-14")
    assert days(kind="manual", conf={"day": "2026-01-03"}) == (["2026-01-03"], None)
    assert days(kind="backfill") == ([OWN], None)
    several = {"from": "2026-01-08", "to": "2026-01-12"}
    assert days(kind="manual", conf=several)[0] == [f"2026-01-{number:02}" for number in range(8, 13)]
    # 2026-01-10 and 11 are a weekend
    assert days(kind="manual", conf=several, expected="weekdays")[0] == ["2026-01-08", "2026-01-09", "2026-01-12"]


def test_days_whose_inbox_got_labels_meanwhile_are_done_again_but_for_those_of_the_run(tmp_path):
    arrive(tmp_path, "2026-01-15", "2026-01-16", "2026-01-17")
    generated(tmp_path, "2026-01-15", "2026-01-16")
    machine = Settings.read({"MICROSTEP_HOST_ROOT": "/srv", "MICROSTEP_DATA_ROOT": str(tmp_path)})
    with DAG("d", schedule=None):
        decide = days_with_labels(factory("files").config, machine).operator.python_callable
    mended = msgspec.structs.replace(A_DATASET, inputs=[Input("inbox/2026-01-16/gone.csv", "0")])
    for day in ("2026-01-15", "2026-01-16"):
        (tmp_path / "raw" / day / "data" / "manifest.json").write_bytes(encode(mended))

    def found(kind="scheduled", conf=None):
        ti = SimpleNamespace(xcom_pull=lambda task: ["2026-01-15", OWN])
        return decide(OWN, dag_run=SimpleNamespace(run_type=kind, conf=conf), ti=ti)

    assert found() == [], "nobody brings labels of many days here"
    Layout(tmp_path).labels.mkdir()
    # 2026-01-17 has no data yet: that is the next run's
    assert found() == ["2026-01-16"]
    assert found(conf={"day": OWN}, kind="manual") == found(kind="backfill") == []


def test_only_a_day_that_nobody_asked_for_is_caught_up():
    scheduled, asked = SimpleNamespace(run_type="scheduled", conf={}), {"from": "2026-01-17", "to": OWN}
    assert is_caught_up(scheduled, OWN, "2026-01-17")
    assert not is_caught_up(scheduled, OWN, OWN)
    assert not is_caught_up(SimpleNamespace(run_type="manual", conf=asked), OWN, "2026-01-17")


def test_rows_without_predictions_are_predicted(days, tmp_path):
    generated(tmp_path, "2026-01-15")
    assert days("predict")[0] == ["2026-01-15", OWN]
    assert days("predict", catch_up_days=0)[0] == [OWN]
