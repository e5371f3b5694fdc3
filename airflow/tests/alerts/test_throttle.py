from dataclasses import asdict
from datetime import UTC, datetime, timedelta

import pytest

from microstep_airflow.alerts.throttle import Failures

START = datetime(2026, 1, 3, 2, tzinfo=UTC)


def told(*failed):
    """Which of the runs are told; each is (hours after the start, error)."""
    failures, answers = Failures(), []
    for number, (hours, error) in enumerate(failed):
        failures, tell = failures.and_(f"run{number}", f"day{number}", error, START + timedelta(hours=hours))
        answers.append(tell)
        failures = Failures.of(asdict(failures))
    return answers


def test_the_first_failure_is_told():
    assert told((0, "train: no rows")) == [True]


def test_a_backfill_that_fails_throughout_is_told_once():
    assert sum(told(*((number / 60, f"preprocess: raw/2026-01-{number:02}: empty") for number in range(1, 31)))) == 1


def test_a_daily_run_that_keeps_failing_is_told_when_the_number_has_doubled():
    answers = told(*((24 * day, "generate: no database") for day in range(16)))
    assert [day + 1 for day, tell in enumerate(answers) if tell] == [1, 2, 4, 8, 16]


def test_another_error_is_told_at_once_and_not_again_when_the_first_comes_back():
    assert told((0, "a"), (1, "b"), (2, "a"), (3, "b")) == [True, True, False, False]


def test_a_run_that_somebody_cleared_and_that_fails_again_is_told():
    failures, _ = Failures().and_("run", "day", "x", START)
    assert failures.and_("run", "day", "x", START + timedelta(minutes=5))[1]


def test_the_days_still_to_be_done_are_those_of_other_runs_and_days():
    failures = Failures(runs={"a": "2026-01-03", "b": "2026-01-01", "c": "2026-01-04"})
    assert failures.left("d", "2026-01-04") == ["2026-01-01", "2026-01-03"]
    assert failures.left("a", "2026-01-05") == ["2026-01-01", "2026-01-04"]


@pytest.mark.parametrize("kept", [{}, asdict(Failures(runs={"a": "d"}, since="s", what=("x",), told=1, told_at="t"))])
def test_what_was_kept_is_read_again(kept):
    assert asdict(Failures.of(kept)) == (kept or asdict(Failures()))
