from types import SimpleNamespace

import pytest
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException


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
