import zoneinfo
from datetime import date

import pytest

from contract.config.data import Schedule
from contract.config.when import check_cron, check_timezone


@pytest.mark.parametrize(
    "expression",
    [
        *("@hourly", "@daily", "@midnight", "@weekly", "@monthly", "@quarterly", "@yearly", "@annually"),
        "0 1 * * *",
        "*/15 8-18 * * mon-fri",
        "0 0 1,15 * *",
        "0 3 L * *",
        "0 3 * * fri#2",
        "0 0 29 2 *",
        "0 0 31 2 1",
    ],
)
def test_a_cron_expression_is_taken(expression):
    check_cron(expression)


@pytest.mark.parametrize(
    ("expression", "rule"),
    [
        ("", "must be a cron expression of five fields"),
        ("0 3 * *", "must be a cron expression of five fields"),
        ("0 0 3 * * 1", "must be a cron expression of five fields"),
        ("@dayly", "must be a cron expression of five fields"),
        ("daily", "must be a cron expression of five fields"),
        ("60 * * * *", "must have a minute from 0 to 59, got '60'"),
        ("0 24 * * *", "must have a hour from 0 to 23, got '24'"),
        ("0 0 0 * *", "must have a day of the month from 1 to 31, got '0'"),
        ("0 0 * 13 *", "must have a month from 1 to 12, got '13'"),
        ("0 0 * * 8", "must have a day of the week from 0 to 7, got '8'"),
        ("0 0 * * monday", "must have a day of the week"),
        ("*/0 * * * *", "must have a minute"),
        ("0 1, * * *", "must have a hour"),
        ("0 0 31 2 *", "must be due one day"),
        ("0 0 31 4,6,9,11 *", "must be due one day"),
        ("0 0 13 * fri#2", "must have 'fri#2' alone"),
    ],
)
def test_what_is_never_due_or_no_expression_is_told_with_its_rule(expression, rule):
    with pytest.raises(ValueError, match=rule.replace("*", r"\*")):
        check_cron(expression)


@pytest.mark.parametrize("name", ["UTC", "Europe/Berlin", "America/Argentina/Buenos_Aires"])
def test_a_time_zone_is_taken(name):
    check_timezone(name)


@pytest.mark.parametrize("name", ["Europe/Berln", "Europe", "", "/etc/passwd", "../x", "CEST", "UTC+2"])
def test_a_name_that_is_no_time_zone_is_told(name):
    with pytest.raises(ValueError, match="must be a name of the time zone database"):
        check_timezone(name)


def test_what_was_meant_is_told():
    with pytest.raises(ValueError, match="did you mean 'Europe/Berlin'"):
        check_timezone("Europe/Berln")


def test_a_machine_without_a_time_zone_database_is_told_from_a_wrong_name(monkeypatch):
    def unknown(name):
        raise zoneinfo.ZoneInfoNotFoundError(name)

    monkeypatch.setattr(zoneinfo, "ZoneInfo", unknown)
    monkeypatch.setattr(zoneinfo, "available_timezones", set)
    with pytest.raises(ValueError, match="this machine has no time zone database; install tzdata"):
        check_timezone("Europe/Berlin")


def expects(expected, *holidays):
    """The days of a week from Monday, 2026-01-05, that have data."""
    schedule = Schedule(first_day=date(2026, 1, 1), expected=expected, holidays=holidays)
    week = [date(2026, 1, 5 + number) for number in range(7)]
    return [day.day for day in week if schedule.expects(day)]


def test_the_days_that_have_data_are_named_by_a_word_or_one_by_one():
    assert expects("every_day") == [5, 6, 7, 8, 9, 10, 11]
    assert expects("weekdays") == [5, 6, 7, 8, 9]
    assert expects(("sun", "wed")) == [7, 11]
    assert expects("weekdays", date(2026, 1, 6)) == [5, 7, 8, 9]


def test_no_day_before_the_first_is_expected():
    schedule = Schedule(first_day=date(2026, 1, 2))
    assert [schedule.expects(date(2026, 1, day)) for day in (1, 2)] == [False, True]
