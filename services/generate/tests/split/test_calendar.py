from datetime import UTC, date, datetime

import pyarrow as pa
import pytest

from contract.texts.dates import DateForm
from generate.split.calendar import NO_DAY, Calendar, DayReader


def days(values, form="iso", timezone="UTC", missing=("", "NA")):
    read = DayReader(DateForm(form, timezone), missing).days(pa.array(values))
    return [str(date.fromordinal(day)) if day != NO_DAY else None for day in read.tolist()]


def calendar(counts):
    made = Calendar()
    for day, rows in counts.items():
        made.add(DayReader(DateForm("iso", "UTC"), ()).days(pa.array([day] * rows)))
    return made


def test_days_are_read_in_the_form_of_the_column():
    assert days(["22.11.2026", " 1.2.2026 ", "31.2.2026", "NA", None], "%d.%m.%Y") == [
        "2026-11-22", "2026-02-01", None, None, None
    ]  # fmt: skip


@pytest.mark.parametrize("form", ["epoch_s", "epoch_ms"])
def test_seconds_since_1970_are_days_as_text_and_as_numbers(form):
    moment = 1_795_305_600 * (1000 if form == "epoch_ms" else 1)  # 2026-11-22 00:00 UTC
    assert days([str(moment), "soon"], form) == ["2026-11-22", None]
    assert days([moment, None], form) == ["2026-11-22", None]
    assert days([float(moment)], form) == ["2026-11-22"]


def test_a_day_begins_at_midnight_of_the_time_zone():
    late = ["2026-11-22T23:30:00Z", "2026-11-22T23:30:00+01:00", "2026-11-22 23:30:00"]
    assert days(late, timezone="Europe/Berlin") == ["2026-11-23", "2026-11-22", "2026-11-22"]
    assert days([datetime(2026, 11, 22, 23, 30, tzinfo=UTC)], timezone="Europe/Berlin") == ["2026-11-23"]


def test_rows_are_counted_by_day_and_those_without_one_apart():
    made = calendar({"2026-01-01": 3, "2026-01-04": 2, "": 4})
    assert (made.total, made.undated, made.gaps()) == (5, 4, 2)


def test_a_few_dates_that_are_years_away_are_none_of_the_span():
    made = calendar({"1900-01-01": 1, "2026-01-01": 500, "2026-01-20": 500, "9999-12-31": 2})
    assert [str(date.fromordinal(day)) for day in made.span()] == ["2026-01-01", "2026-01-20"]


def test_many_rows_years_ago_are_a_part_of_the_span():
    made = calendar({"2020-01-01": 50, "2026-01-01": 500})
    assert [str(date.fromordinal(day)) for day in made.span()] == ["2020-01-01", "2026-01-01"]


def test_without_any_day_there_is_no_span():
    with pytest.raises(ValueError, match="no row has a day"):
        calendar({"": 3}).span()


@pytest.mark.parametrize(
    ("counts", "parts"),
    [
        ([10, 10, 10, 10], [0, 0, 1, 1]),
        ([100, 1, 1, 1], [0, 1, 1, 1]),
        ([1, 1, 1, 100], [0, 0, 0, 1]),
        ([1, 100, 1, 1], [0, 0, 1, 1]),
    ],
)
def test_days_go_to_parts_of_about_as_many_rows_in_their_order(counts, parts):
    made = calendar({f"2026-01-0{number + 1}": rows for number, rows in enumerate(counts)})
    assert list(made.in_parts(2).values()) == parts


def test_no_part_is_empty_however_the_rows_lie():
    made = calendar({f"2026-01-{number + 1:02}": 1000 if number == 9 else 1 for number in range(20)})
    for count in range(1, 21):
        assert sorted(set(made.in_parts(count).values())) == list(range(count))


def test_fewer_days_than_parts_are_refused():
    with pytest.raises(ValueError, match="2 different days"):
        calendar({"2026-01-01": 3, "2026-01-04": 2}).in_parts(3)
