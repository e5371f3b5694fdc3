from datetime import date, timedelta

import pyarrow as pa
import pytest

from generate.split.proposal import at_most, calendars_of, propose


def proposal(rows=None, **columns):
    """Of columns, each with its dates."""
    columns = {name: list(map(str, dates)) for name, dates in columns.items()}
    count = rows or max(map(len, columns.values()), default=0)
    batch = pa.RecordBatch.from_pydict(columns)
    return propose(count, calendars_of(dict.fromkeys(columns, "iso"), [batch], ("",), "UTC"))


def days(count, each=10, step=1):
    return [date(2025, 1, 6) + timedelta(days=step * number) for number in range(count) for _ in range(each)]


def test_dense_dates_are_the_days_and_the_first_one_is_the_first_day():
    made = proposal(created=days(20))
    assert (made.by, made.days, made.first_day, made.window_days) == ("created", None, date(2025, 1, 6), 28)
    assert made.options == "--by created"


def test_a_window_is_as_long_as_it_takes_to_hold_two_thousand_rows_but_no_longer_than_the_table():
    assert proposal(created=days(400, each=10)).window_days == 200
    assert proposal(created=days(100, each=10)).window_days == 100
    assert proposal(created=days(400, each=1000)).window_days == 28


def test_the_days_of_the_last_window_are_told_from_those_of_the_table():
    # every day of four weeks, then one a week
    thinner = [*days(28, each=600), *(date(2025, 2, 9) + timedelta(days=7 * (n // 600)) for n in range(4 * 600))]
    made = proposal(created=thinner)
    assert (made.window_days, made.span - made.gaps, made.days_in_window) == (28, 32, 4)
    assert proposal(created=days(400, each=10)).days_in_window == 200
    assert proposal(sold=days(60, step=7)).days_in_window == 28
    assert proposal(rows=150).days_in_window == 7


def test_weekends_without_rows_are_gaps_and_dates_still_the_days():
    work = [day for day in days(28) if day.weekday() < 5]
    made = proposal(created=work)
    assert (made.days, made.span, made.gaps, made.first_day) == (None, 26, 6, date(2025, 1, 6))


def test_a_weekday_that_has_no_row_in_four_weeks_has_none_and_fewer_weeks_cannot_tell():
    work = [day for day in days(35) if day.weekday() != 6]
    assert proposal(created=work).weekdays == (0, 1, 2, 3, 4, 5)
    assert proposal(created=[*work, date(2025, 1, 19)]).weekdays == tuple(range(7))
    assert proposal(created=[day for day in days(27) if day.weekday() < 5]).weekdays == tuple(range(7))


def test_dates_that_are_weeks_apart_are_put_in_order_on_fewer_days():
    made = proposal(sold=days(60, step=7))
    assert (made.by, made.days, made.first_day, made.options) == ("sold", 28, None, "--by sold --days 28")
    assert "too thin" in made.why


def test_without_dates_rows_go_by_their_key_on_as_many_days_as_have_twenty_rows():
    assert [proposal(rows=rows).options for rows in (5, 150, 100_000)] == ["--days 2", "--days 7", "--days 28"]


@pytest.mark.parametrize("name", ["date_of_birth", "birthday", "Geburtsdatum", "dob"])
def test_a_birthday_does_not_say_when_a_row_came(name):
    assert proposal(**{name: days(30)}).by is None


def test_the_first_date_counts_and_what_comes_later_than_the_row_only_alone():
    assert proposal(updated_at=days(30), ordered=days(30), created=days(30)).by == "ordered"
    assert proposal(updated_at=days(30)).by == "updated_at"


def test_a_column_that_is_often_missing_or_always_the_same_says_nothing():
    assert proposal(seen=["", *days(1, each=9)]).by is None
    assert proposal(seen=days(1, each=30)).by is None


def test_a_blank_in_a_name_is_quoted_for_the_shell():
    assert proposal(**{"order date": days(30)}).options == "--by 'order date'"


def test_at_most_so_many_days_none_of_which_is_empty():
    assert at_most(proposal(created=days(20)), 29).options == "--by created"
    assert at_most(proposal(created=days(40)), 29).options == "--by created --days 20"
    assert at_most(proposal(created=days(400)), 29).options == "--by created --days 29"
    work = [day for day in days(14, each=50) if day.weekday() < 5]
    assert at_most(proposal(created=work), 29).options == "--by created --days 10"
    assert at_most(proposal(rows=100_000), 29).options == "--days 29"
