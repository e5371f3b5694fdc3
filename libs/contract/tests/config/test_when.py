import zoneinfo

import pytest

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
