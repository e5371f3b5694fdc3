from datetime import date

import pytest

from contract.days import parse_day, window
from contract.errors import UsageError


def test_a_leap_day_is_a_day():
    assert parse_day("2028-02-29") == date(2028, 2, 29)


@pytest.mark.parametrize("text", ["2026-02-30", "2027-02-29", "2026-13-01", "0000-01-01"])
def test_a_day_that_no_calendar_has_is_refused(text):
    with pytest.raises(UsageError, match=f"no such day in the calendar: '{text}'"):
        parse_day(text)


@pytest.mark.parametrize(
    "text", ["", "2026-1-2", "20260102", "2026-01-02T00:00", "2026-01-02\n", "today", "２０２６-01-02"]
)
def test_another_form_is_refused(text):
    with pytest.raises(UsageError, match="must be written YYYY-MM-DD"):
        parse_day(text)


def test_a_window_ends_with_its_day():
    days = window(date(2026, 3, 2), length=3, delay=0, first_day=date(2026, 1, 1))
    assert days == [date(2026, 2, 28), date(2026, 3, 1), date(2026, 3, 2)]


def test_late_labels_move_the_window_back():
    days = window(date(2026, 3, 5), length=2, delay=3, first_day=date(2026, 1, 1))
    assert days == [date(2026, 3, 1), date(2026, 3, 2)]


def test_days_before_the_first_are_not_waited_for():
    assert window(date(2026, 1, 2), length=7, delay=0, first_day=date(2026, 1, 1)) == [
        date(2026, 1, 1),
        date(2026, 1, 2),
    ]


def test_a_window_without_a_day_is_refused():
    with pytest.raises(UsageError, match=r"schedule.first_day 2026-01-01 .* got 2026-01-02"):
        window(date(2026, 1, 2), length=7, delay=2, first_day=date(2026, 1, 1))


def test_the_first_day_of_the_calendar_has_nothing_before_it():
    first = date(1, 1, 1)
    assert window(date(1, 1, 4), length=5, delay=3, first_day=first) == [first]
    with pytest.raises(UsageError, match="training needs a day at or after schedule.first_day 0001-01-01"):
        window(first, length=5, delay=3, first_day=first)
