from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from airflow.sdk.exceptions import AirflowFailException
from airflow.serialization.encoders import coerce_to_core_timetable
from airflow.timetables.base import DataInterval, TimeRestriction

from contract.config.data import Schedule
from contract.errors import UsageError
from microstep_airflow.schedule.days import day_of, day_params, day_to_work_on, judge, timetable

BERLIN = ZoneInfo("Europe/Berlin")


@dataclass
class Run:
    run_type: str = "scheduled"
    data_interval_end: datetime | None = None
    run_after: datetime | None = None
    conf: dict | None = None


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


SCHEDULE = Schedule(first_day=date(2026, 1, 1), timezone="Europe/Berlin")
NOON = utc("2026-11-23T11:00")


def refused(conf, *words, run_type="manual", moment=NOON):
    """That a run is refused, with these words in what is said."""
    with pytest.raises(UsageError) as raised:
        judge(run_type, conf, moment, SCHEDULE)
    for phrase in words:
        assert phrase in str(raised.value)


def taken(conf, run_type="manual", moment=NOON):
    judge(run_type, conf, moment, SCHEDULE)


@pytest.mark.parametrize("day", ["2027-01-05", "2026-11-24", "2026-11-23"])
def test_a_day_to_come_and_the_day_that_is_not_over_are_refused_unless_that_is_said(day):
    refused({"day": day}, "day: must be over", "Europe/Berlin is 2026-11-22", f"got {day}", '"allow_unfinished": true')
    refused({"day": day, "allow_unfinished": False}, "must be over")
    taken({"day": day, "allow_unfinished": True})


def test_the_last_complete_day_is_taken_and_so_are_those_before():
    taken({"day": "2026-11-22"})
    taken({"day": "2026-01-01"})


def test_whether_a_day_is_over_is_the_time_zones_matter_not_utcs():
    refused({"day": "2026-11-23"}, "is 2026-11-22", moment=utc("2026-11-23T22:59"))
    taken({"day": "2026-11-23"}, moment=utc("2026-11-23T23:00"))  # midnight in Berlin


@pytest.mark.parametrize("more", [{}, {"allow_unfinished": True}])
def test_a_day_before_the_first_one_is_refused_with_the_way_to_take_it(more):
    refused({"day": "2025-12-31"} | more, "schedule.first_day 2026-01-01 or later, got 2025-12-31", "pipeline.toml")


@pytest.mark.parametrize("key", ["dya", "Day", " day", "date", "force", ""])
def test_a_key_that_nobody_knows_is_refused_with_the_ones_that_are(key):
    refused({key: "2026-11-22"}, "must be day and allow_unfinished at most", key, '{"day": "2026-11-22"}')
    refused({"day": "2026-11-22", key: True}, key)


WRONG = ["", " ", "soon", "2026-02-30", "2026-1-3", "2026-01-03 ", " 2026-01-03", "2026-01-03\n", "20260103", "2026-W01-1",
         "2026-01-03T00:00:00", "2026-01-03T00:00:00+00:00", "03.01.2026", "٢٠٢٦-٠١-٠٣"]  # fmt: skip


@pytest.mark.parametrize("wrong", [*WRONG, 20260103, 1.5, True, ["2026-01-03"], {"day": "2026-01-03"}], ids=repr)
def test_what_is_no_day_is_refused_by_the_form_and_by_the_run(wrong):
    refused({"day": wrong}, "day: ")
    with pytest.raises(Exception, match=r"date|type"):
        day_params()["day"].resolve(wrong)


@pytest.mark.parametrize("wrong", ["true", "", 1, None, [True]], ids=repr)
def test_whether_an_unfinished_day_is_allowed_is_true_or_false(wrong):
    refused({"day": "2026-11-22", "allow_unfinished": wrong}, "allow_unfinished: must be true or false")
    with pytest.raises(Exception, match="type"):
        day_params()["allow_unfinished"].resolve(wrong)


def test_allow_unfinished_alone_says_nothing():
    refused({"allow_unfinished": True}, "must come with a day")


@pytest.mark.parametrize("conf", [{}, {"day": None}, {"day": None, "allow_unfinished": False}])
def test_what_airflows_form_sends_when_nothing_was_filled_in_is_taken(conf):
    for run_type in ("manual", "backfill", "scheduled"):
        taken(conf, run_type)
    assert day_params()["day"].resolve(None) is None


def test_a_backfill_that_is_given_a_day_is_refused_since_it_would_not_be_that_day():
    refused({"day": "2026-01-03"}, "must be left out", "backfill", run_type="backfill")
    refused({"dya": "2026-01-03"}, "dya", run_type="backfill")


def test_the_tasks_of_a_run_that_was_asked_for_in_vain_fail_at_once():
    run = Run("manual", run_after=NOON, conf={"dya": "2026-01-03"})
    with pytest.raises(AirflowFailException, match="got dya"):
        day_to_work_on(run, {"dya": "2026-01-03", "day": None}, SCHEDULE)


def test_a_backfill_of_days_before_the_first_one_fails_at_once():
    run = Run("backfill", data_interval_end=utc("2025-12-30T01:00"), run_after=NOON)
    with pytest.raises(AirflowFailException, match="schedule.first_day 2026-01-01 or later, got 2025-12-29"):
        day_to_work_on(run, {}, SCHEDULE)


def test_a_run_that_is_cleared_long_after_keeps_its_day():
    for conf in ({}, {"day": "2026-01-03"}):
        run = Run("manual", run_after=utc("2026-02-03T10:00"), conf=conf)
        assert day_to_work_on(run, {"day": None} | conf, SCHEDULE) == conf.get("day", "2026-02-02")


def test_the_mails_of_a_refused_run_tell_its_day_as_it_was_given():
    assert day_of(Run("manual", run_after=NOON), {"day": "2027-01-05"}, BERLIN) == "2027-01-05"


# ---- when the schedule is changed


@pytest.mark.parametrize("before", ["UTC", "Europe/Berlin", "America/Los_Angeles", "Pacific/Auckland"])
@pytest.mark.parametrize("after", ["UTC", "Europe/Berlin", "America/Los_Angeles", "Pacific/Auckland"])
@pytest.mark.parametrize("cron", ["30 0 * * *", "0 1 * * *", "30 23 * * *"])
def test_a_changed_time_zone_leaves_no_day_out_and_goes_back_by_none(before, after, cron):
    limits = TimeRestriction(earliest=utc("2026-03-01T00:00"), latest=None, catchup=True)
    last, days = None, []
    for zone in [before] * 4 + [after] * 4:
        info = coerce_to_core_timetable(timetable(cron, zone)).next_dagrun_info(
            last_automated_data_interval=last, restriction=limits
        )
        last = info.data_interval
        days.append(date.fromisoformat(day_of(Run(data_interval_end=last.end), {}, ZoneInfo(zone))))
    assert {(later - day).days for day, later in pairwise(days)} <= {0, 1}
