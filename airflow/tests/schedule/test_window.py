from types import SimpleNamespace

import pytest
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException


class Ti:
    """The task instance of one run; `left` is what runs have left for each other, by run."""

    def __init__(self, run, left, before=None, try_number=1):
        self.run, self.left, self.before, self.try_number = run, left, before, try_number

    def get_previous_dagrun(self, state):
        assert state == "success"
        return self.before

    def xcom_push(self, key, value):
        self.left[self.run, key] = value

    def xcom_pull(self, task, *, key, run_id):
        assert task == "window"
        return self.left.get((run_id, key))


def run(name, kind="scheduled"):
    return SimpleNamespace(run_id=name, run_type=kind)


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


def test_a_second_scheduled_run_for_the_same_days_has_nothing_to_do_and_neither_has_a_third(window):
    left = {}
    window("2026-01-11", run("a"), Ti("a", left))
    with pytest.raises(AirflowSkipException, match="2026-01-09 to 2026-01-11: a has trained on these very days"):
        window("2026-01-11", run("b"), Ti("b", left, run("a")))
    with pytest.raises(AirflowSkipException):
        window("2026-01-11", run("c"), Ti("c", left, run("b")))


def test_the_next_week_and_another_weekday_are_trained(window):
    left = {}
    window("2026-01-11", run("a"), Ti("a", left))
    assert window("2026-01-18", run("b"), Ti("b", left, run("a")))
    assert window("2026-01-13", run("c"), Ti("c", left, run("a")))


@pytest.mark.parametrize(
    ("this", "before", "number"),
    [("manual", "scheduled", 1), ("backfill", "scheduled", 1), ("scheduled", "manual", 1), ("scheduled", "backfill", 1), ("scheduled", "scheduled", 2)],
)  # fmt: skip
def test_what_a_person_asks_for_or_clears_is_always_done(window, this, before, number):
    left = {}
    days = window("2026-01-11", run("a", before), Ti("a", left))
    assert window("2026-01-11", run("b", this), Ti("b", left, run("a", before), number)) == days
