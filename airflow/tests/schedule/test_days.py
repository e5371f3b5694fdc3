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
from microstep_airflow.schedule.days import (
    asked_days,
    day_of,
    day_params,
    day_to_work_on,
    days_of_schedule,
    judge,
    timetable,
)

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
    refused({"from": "2026-11-20", "to": day}, "to: must be over", 'add "allow_unfinished": true to from and to')
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


@pytest.mark.parametrize("key", ["dya", "Day", " day", "date", "until", ""])
def test_a_key_that_nobody_knows_is_refused_with_the_ones_that_are(key):
    refused(
        {key: "2026-11-22"}, "must be day, from, to, force and allow_unfinished at most", key, '{"day": "2026-11-22"}'
    )
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


def test_several_days_are_asked_for_as_days_with_both_ends():
    run = Run("manual", run_after=NOON, conf={"from": "2026-11-20", "to": "2026-11-22"})
    taken(run.conf)
    assert asked_days(run) == [date(2026, 11, 20), date(2026, 11, 21), date(2026, 11, 22)]
    assert day_of(run, run.conf, BERLIN) == "2026-11-22"


@pytest.mark.parametrize("zone", ["Asia/Tokyo", "Europe/Berlin", "America/New_York", "UTC"])
def test_the_days_that_are_asked_for_are_the_same_in_every_time_zone(zone):
    schedule = Schedule(first_day=date(2026, 1, 1), timezone=zone)
    run = Run("manual", run_after=NOON, conf={"from": "2026-11-01", "to": "2026-11-22"})
    judge("manual", run.conf, utc("2026-11-30T12:00"), schedule)
    days = asked_days(run)
    assert (days[0].day, days[-1].day, len(days)) == (1, 22, 22)


def test_a_run_that_nobody_gave_a_day_was_asked_for_none():
    assert asked_days(Run("manual", conf={"force": True})) is None
    assert asked_days(Run("scheduled", conf={})) is None
    assert asked_days(Run("manual", conf={"day": "2026-01-03"})) == [date(2026, 1, 3)]


@pytest.mark.parametrize(
    ("conf", "words"),
    [
        ({"from": "2026-01-03"}, "day: must be alone, or from and to together, got from"),
        ({"day": "2026-01-03", "from": "2026-01-03", "to": "2026-01-04"}, "got day, from, to"),
        ({"from": "2026-01-05", "to": "2026-01-04"}, "from: must not be after to, got 2026-01-05 > 2026-01-04"),
        ({"from": "2025-12-31", "to": "2026-01-04"}, "from: must be schedule.first_day 2026-01-01 or later"),
        ({"from": "2026-01-05", "to": "2026-11-23"}, "to: must be over"),
        ({"from": "2026-01-05T00:00", "to": "2026-01-06"}, "from: must be written YYYY-MM-DD"),
        ({"day": "2026-01-03", "force": "yes"}, "force: must be true or false, got 'yes'"),
    ],
)
def test_several_days_that_cannot_be_are_refused(conf, words):
    refused(conf, words)


def test_a_year_is_the_most_that_one_run_is_asked_for():
    late = utc("2027-06-01T12:00")
    taken({"from": "2026-01-01", "to": "2027-01-01"}, moment=late)
    refused({"from": "2026-01-01", "to": "2027-01-02"}, "must be 366 days at most, got 367", moment=late)


def test_the_days_of_a_schedule_are_those_on_which_its_runs_work():
    # Mondays work on the Sunday before
    assert days_of_schedule("15 5 * * 1", date(2026, 1, 1), date(2026, 1, 18), BERLIN) == [
        date(2026, 1, 4), date(2026, 1, 11), date(2026, 1, 18)
    ]  # fmt: skip
    assert days_of_schedule("15 5 * * 1", date(2026, 1, 5), date(2026, 1, 10), BERLIN) == []
    assert len(days_of_schedule("15 3 * * *", date(2026, 3, 1), date(2026, 3, 31), BERLIN)) == 31


# ---- clocks that change


DEFAULT = Schedule(first_day=date(2026, 1, 1))
CLOCKS = [
    (zone, day)
    for zone, days in {
        "Europe/Berlin": ("2027-03-28", "2027-10-31"),
        "America/New_York": ("2027-03-14", "2027-11-07"),
        "Australia/Lord_Howe": ("2027-04-04", "2027-10-03"),
    }.items()
    for day in days
]


@pytest.mark.parametrize(
    "cron", [DEFAULT.generate, DEFAULT.predict, "0 0 * * *", "0 2 * * *", "15 2 * * *", "30 1 * * *"]
)
@pytest.mark.parametrize(("zone", "change"), CLOCKS)
def test_a_day_on_which_the_clock_changes_is_done_once_like_any_other(zone, change, cron):
    """By the locked Airflow: no run of no length, none twice, none left out."""
    timezone, changing = ZoneInfo(zone), date.fromisoformat(change)
    offsets = {
        datetime.combine(changing + timedelta(days=more), datetime.min.time(), timezone).utcoffset() for more in (0, 1)
    }
    assert len(offsets) == 2, "the clock changes on that day"
    core = coerce_to_core_timetable(timetable(cron, zone))
    start = datetime.combine(changing - timedelta(days=4), datetime.min.time(), timezone)
    limits, last, days, lengths = TimeRestriction(earliest=start, latest=None, catchup=True), None, [], []
    for _ in range(8):
        last = core.next_dagrun_info(last_automated_data_interval=last, restriction=limits).data_interval
        days.append(date.fromisoformat(day_of(Run(data_interval_end=last.end), {}, timezone)))
        lengths.append(last.end - last.start)
    assert days == [days[0] + timedelta(days=number) for number in range(8)]
    assert changing in days
    assert all(timedelta(hours=22) <= length <= timedelta(hours=26) for length in lengths)


@pytest.mark.parametrize(("zone", "change"), CLOCKS)
def test_the_weekly_training_is_due_once_a_week_over_both_changes(zone, change):
    changing = date.fromisoformat(change)
    days = days_of_schedule(DEFAULT.train, changing - timedelta(days=14), changing + timedelta(days=14), ZoneInfo(zone))
    assert {(later - day).days for day, later in pairwise(days)} == {7}
    assert {day.weekday() for day in days} == {6}


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
