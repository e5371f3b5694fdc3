import json
from datetime import UTC, datetime, timedelta

import pytest

from microstep_airflow.alerts.throttle import FailedRuns

START = datetime(2026, 1, 3, 2, tzinfo=UTC)


def mailed(*failed):
    """Which of the runs are mailed; each is (hours after the start, error)."""
    runs, answers = FailedRuns(), []
    for number, (hours, error) in enumerate(failed):
        runs, mail_is_due = runs.add(f"run{number}", f"day{number}", [error], START + timedelta(hours=hours))
        answers.append(mail_is_due)
        runs = FailedRuns.of(json.loads(json.dumps(runs.to_json())))  # as Airflow keeps it
    return answers


def test_the_first_failure_is_told():
    assert mailed((0, "train: no rows")) == [True]


def test_a_backfill_that_fails_throughout_is_told_once():
    assert sum(mailed(*((number / 60, f"preprocess: raw/2026-01-{number:02}: empty") for number in range(1, 31)))) == 1


def test_a_daily_run_that_keeps_failing_is_told_when_the_number_has_doubled():
    answers = mailed(*((24 * day, "generate: no database") for day in range(16)))
    assert [day + 1 for day, mail_is_due in enumerate(answers) if mail_is_due] == [1, 2, 4, 8, 16]


def test_another_error_is_told_at_once_and_not_again_when_the_first_comes_back():
    assert mailed((0, "a"), (1, "b"), (2, "a"), (3, "b")) == [True, True, False, False]


def test_a_run_that_somebody_cleared_and_that_fails_again_is_told():
    runs, _ = FailedRuns().add("run", "day", ["x"], START)
    assert runs.add("run", "day", ["x"], START + timedelta(minutes=5))[1]


def test_the_days_still_to_be_done_are_those_of_other_runs_and_days():
    runs = FailedRuns(days={"a": "2026-01-03", "b": "2026-01-01", "c": "2026-01-04"})
    assert runs.days_undone("d", "2026-01-04") == ["2026-01-01", "2026-01-03"]
    assert runs.days_undone("a", "2026-01-05") == ["2026-01-01", "2026-01-04"]


def test_an_empty_variable_is_no_failure():
    assert FailedRuns.of({}) == FailedRuns()


def test_a_variable_of_an_older_version_is_read_and_written_again_as_it_was():
    variable = {"runs": {"a": "2026-01-03"}, "since": "s", "what": ["train: x#"], "told": 1, "told_at": "t"}
    runs = FailedRuns.of(variable)
    assert (runs.days, runs.mailed_errors, runs.mailed_count) == ({"a": "2026-01-03"}, ("train: x#",), 1)
    assert json.loads(json.dumps(runs.to_json())) == variable


def test_a_day_that_lacks_each_week_is_told_when_the_number_has_doubled_though_it_works_between():
    runs, told = FailedRuns(), []
    for week in range(9):
        now = START + timedelta(weeks=week)
        runs, mail_is_due = runs.add(f"run{week}", f"day{week}", ["wait: x"], now, is_absence=True)
        told += [week + 1] if mail_is_due else []
        runs = FailedRuns.of(json.loads(json.dumps(runs.recovered().to_json())))
        assert runs.days == {}
    assert told == [1, 2, 4, 8]
    assert runs.add("run", "day", ["wait: x"], START + timedelta(weeks=9), is_absence=False)[1], "that is another thing"
    assert runs.add("run", "day", ["wait: x"], START + timedelta(weeks=13), is_absence=True)[1], (
        "so is it a month later"
    )


def test_a_run_that_another_dag_has_told_of_is_not_told_until_somebody_starts_it_again():
    runs, mail_is_due = FailedRuns().add("run", "day", ["wait: x"], START, is_absence=True, is_known=True)
    assert (mail_is_due, runs.mailed_count) == (False, 0)
    assert runs.add("run", "day", ["wait: x"], START + timedelta(hours=1), is_absence=True, is_known=True)[1]


def absences(runs, *days):
    """Daily runs; of these days after the start the rows did not come, all others went well. Gives those mailed."""
    told = []
    for day in range(days[-1] + 1):
        if day not in days:
            runs = runs.recovered()
            continue
        now = START + timedelta(days=day)
        runs, mail_is_due = runs.add(f"run{day}", f"day{day}", ["wait: x"], now, is_absence=True)
        told += [day] if mail_is_due else []
        runs = FailedRuns.of(json.loads(json.dumps(runs.to_json())))
    return runs, told


MONDAYS = range(0, 16 * 7, 7)
DEAD = range(16 * 7, 16 * 7 + 16)


def test_a_feed_that_dies_is_told_on_its_second_day_though_single_days_are_known_for_months():
    _, told = absences(FailedRuns(), *MONDAYS, *DEAD)
    assert told == [*(7 * (monday - 1) for monday in (1, 2, 4, 8, 16)), *(DEAD[day - 1] for day in (2, 4, 8, 16))]


@pytest.mark.parametrize(("days", "mailed"), [(2, 3), (3, 4), (9, 4)])
def test_as_many_in_a_row_as_before_are_told_as_one_of_many_and_an_outage_in_any_case(days, mailed):
    """However long the longest one was: a single day now and then keeps it in mind for ever."""
    first = range(days)
    later = range(14, 14 * 8, 14)
    again = range(14 * 8, 14 * 8 + 7)
    _, told = absences(FailedRuns(), *first, *later, *again)
    assert next(day for day in told if day in again) == again[mailed - 1]


def test_a_variable_of_an_older_version_that_counts_absences_is_read_and_an_outage_is_told_by_it():
    known = {"last": START.isoformat(), "count": 17, "mailed_count": 16, "since": START.isoformat()}
    for variable in ({"absences": known}, {"absences": {name: known[name] for name in list(known)[:3]}}):
        _, told = absences(FailedRuns.of(variable), 7, 14, 15, 16)
        assert told == [15]


def test_what_another_dag_has_told_of_is_not_counted_as_if_it_had_been_told():
    runs = FailedRuns()
    for day in range(2):
        now = START + timedelta(days=day)
        runs, _ = runs.add(f"run{day}", f"day{day}", ["wait: x"], now, is_absence=True, is_known=True)
    assert runs.recovered().add("run", "day", ["wait: x"], START + timedelta(days=5), is_absence=True)[1]


def test_a_day_that_nobody_knows_is_one_that_no_mail_has_told_of():
    runs, _ = FailedRuns().add("run", "2026-01-03", ["wait: x"], START, ["2026-01-01"], is_absence=True)
    assert runs.tell_of(["2026-01-01", "2026-01-03"])
    assert not runs.tell_of(["2026-01-03", None])
