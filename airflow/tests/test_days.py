from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from airflow.serialization.encoders import coerce_to_core_timetable
from airflow.timetables.base import DataInterval, TimeRestriction

from microstep_airflow.days import day_of, day_param, timetable

BERLIN = ZoneInfo("Europe/Berlin")


@dataclass
class Run:
    run_type: str = "scheduled"
    data_interval_end: datetime | None = None
    run_after: datetime | None = None


def utc(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize("run_type", ["scheduled", "backfill"])
def test_a_scheduled_run_and_a_backfill_work_on_the_day_that_ended(run_type):
    run = Run(run_type, data_interval_end=utc("2026-11-23T01:00"), run_after=utc("2027-05-05T05:00"))
    assert day_of(run, {"day": None}, ZoneInfo("UTC")) == "2026-11-22"


def test_the_parameter_is_for_runs_by_hand_alone():
    run = Run("backfill", data_interval_end=utc("2026-11-23T01:00"))
    assert day_of(run, {"day": "2020-01-01"}, ZoneInfo("UTC")) == "2026-11-22"


def test_a_run_by_hand_takes_the_parameter():
    assert day_of(Run("manual", run_after=utc("2026-11-23T10:00")), {"day": "2026-01-03"}, BERLIN) == "2026-01-03"


@pytest.mark.parametrize("params", [{}, {"day": None}])
def test_a_run_by_hand_without_parameter_takes_the_last_complete_day(params):
    # 23:30 in London is already the 24th in Berlin
    assert day_of(Run("manual", run_after=utc("2026-11-23T23:30")), params, BERLIN) == "2026-11-23"


def test_the_day_is_the_time_zones_not_utcs():
    run = Run(data_interval_end=utc("2026-11-22T23:30"))
    assert day_of(run, {}, BERLIN) == "2026-11-22"
    assert day_of(run, {}, ZoneInfo("UTC")) == "2026-11-21"
    assert day_of(run, {}, ZoneInfo("Pacific/Auckland")) == "2026-11-22"


@pytest.mark.parametrize(
    ("local_end", "day"),
    [
        ("2028-03-01T00:00", "2028-02-29"),  # leap day
        ("2027-03-01T00:00", "2027-02-28"),
        ("2027-01-01T00:30", "2026-12-31"),
        ("2026-03-30T00:30", "2026-03-29"),  # a day of 23 hours: 24 hours earlier it was still the 28th
        ("2026-10-25T23:30", "2026-10-24"),  # a day of 25 hours: 24 hours earlier it was the same day
    ],
)
def test_calendar_days_are_counted_not_hours(local_end, day):
    assert day_of(Run(data_interval_end=datetime.fromisoformat(local_end).replace(tzinfo=BERLIN)), {}, BERLIN) == day


def test_a_scheduled_run_without_data_interval_is_refused():
    with pytest.raises(ValueError, match="must have a data interval"):
        day_of(Run("scheduled", run_after=utc("2026-11-23T10:00")), {}, BERLIN)


@pytest.mark.parametrize("cron", ["0 0 * * *", "30 0 * * *", "30 2 * * *", "30 23 * * *"])
@pytest.mark.parametrize("first", [date(2026, 3, 25), date(2026, 10, 20), date(2028, 2, 25)])
def test_a_daily_schedule_gives_every_day_once_across_clock_changes_and_the_leap_day(cron, first):
    core = coerce_to_core_timetable(timetable(cron, "Europe/Berlin"))
    start = datetime.combine(first, datetime.min.time(), BERLIN)
    limits = TimeRestriction(earliest=start, latest=None, catchup=True)
    last: DataInterval | None = None
    days = []
    for _ in range(10):
        info = core.next_dagrun_info(last_automated_data_interval=last, restriction=limits)
        last = info.data_interval
        days.append(day_of(Run(data_interval_end=last.end), {}, BERLIN))
    expected = [(date.fromisoformat(days[0]) + timedelta(days=number)).isoformat() for number in range(10)]
    assert days == expected


@pytest.mark.parametrize("wrong", ["soon", "2026-02-30", "2026-1-3", 20260103])
def test_the_parameter_must_be_a_day(wrong):
    with pytest.raises(Exception, match=r"date|type"):
        day_param().resolve(wrong)


def test_the_parameter_may_be_empty_or_a_day():
    assert day_param().resolve(None) is None
    assert day_param().resolve("2028-02-29") == "2028-02-29"
