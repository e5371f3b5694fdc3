from datetime import UTC, datetime

import pyarrow as pa
import pytest

from contract.config.when import check_date_format
from generate.infer.types.date_formats import DateFormats
from generate.infer.types.dates import differ, formats_of, other_order

MOMENTS = [
    datetime(2025 + number % 3, number % 12 + 1, number % 28 + 1, number % 24, number % 60, number % 60, tzinfo=UTC)
    for number in range(200)
]


def formats(*batches, least=0.98):
    dates = DateFormats()
    for batch in batches:
        values = pa.array(batch)
        dates.add(values, pa.array([1] * len(values)))
    return dates.best(least * sum(map(len, batches)))


@pytest.mark.parametrize(
    "name",
    [
        "%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y", "%d-%m-%Y", "%m-%d-%Y", "%Y/%m/%d", "%Y.%m.%d", "%d.%m.%y", "%m/%d/%y",
        "%m/%d/%Y %H:%M", "%d.%m.%Y %H:%M", "%d.%m.%Y %H:%M:%S", "%d.%m.%Y, %H:%M:%S", "%m/%d/%Y %I:%M %p", "%m/%d/%Y, %I:%M:%S %p",
        "%Y/%m/%d %H:%M:%S", "%Y%m%d", "%Y%m%d%H%M%S", "%Y%m%dT%H%M%S", "%Y-%m", "%m/%Y", "%d%b%Y", "%d.%m.%Y %H:%M:%S.%f",
        "%b %d, %Y", "%B %d, %Y", "%d %b %Y", "%d %B %Y", "%d-%b-%Y", "%d-%b-%y", "%b %Y", "%b-%y", "%d. %B %Y",
        "%a %b %d %H:%M:%S %Y", "%a, %d %b %Y %H:%M:%S", "%A, %d %B %Y", "%d/%b/%Y %H:%M:%S", "%H:%M", "%H:%M:%S", "%I:%M %p",
        "%Y年%m月%d日", "%Y年%m月%d日 %H:%M", "%G-W%V", "%G-W%V-%u", "%Y-%j", "%a %b %d %Y %H:%M:%S GMT%z", "%d/%b/%Y:%H:%M:%S %z", "%Y%m%d_%H%M%S", "%d/%m/%Y-%H:%M",
        "%a %b %d %H:%M:%S %Z %Y", "%Y/%m/%d %H:%M:%S %Z", "%Y-%m-%d %H:%M:%S %z", "%Y%m%dT%H%M%S%z",
    ],
)  # fmt: skip
def test_a_form_that_people_write_is_found_by_the_values(name):
    assert formats([moment.strftime(name) for moment in MOMENTS])[:1] == (name,)


@pytest.mark.parametrize("value", ["09:05", "9:05:30 PM", "20261122T090500Z", "2026-11-22 09:05:00 +0100", "2026-11-22 09:05:00 UTC", "22.11.2026 09:05:00.25", "11/22/2026, 9:05 PM",
                                   "Sun Nov 22 09:05:00 UTC 2026", "2026年11月22日", "Nov 2026", "20261122", "Sun, 22 Nov 2026 09:05:00 GMT", "2026-W47", "2026-W47-7", "2026-326", "9:05 a.m.", "11/22/2026 9:05 p. m.",
                                   "Sun Nov 22 2026 09:05:00 GMT+0100 (Central European Standard Time)", "22/Nov/2026:09:05:00 +0000"])  # fmt: skip
def test_each_form_that_is_found_may_be_declared(value):
    assert formats_of(value)
    for form in formats_of(value):
        check_date_format(form, "datetime")


def test_a_zone_by_its_offset_is_part_of_the_form():
    assert formats([moment.strftime("%d.%m.%Y %H:%M +0100") for moment in MOMENTS]) == ("%d.%m.%Y %H:%M %z",)
    assert formats([moment.strftime("%d/%b/%Y %H:%M:%S+01:00") for moment in MOMENTS]) == ("%d/%b/%Y %H:%M:%S%z",)


def test_days_and_months_need_no_zeros_before_them():
    assert formats([f"{m.day}.{m.month}.{m.year}" for m in MOMENTS]) == ("%d.%m.%Y",)
    assert formats([f"{m.month}/{m.day}/{m.year} {m.hour}:{m.minute:02}" for m in MOMENTS]) == ("%m/%d/%Y %H:%M",)


def test_all_rows_decide_which_comes_first_not_the_first_ones():
    first = ["01/02/2026", "03/04/2026", "05/06/2026"]
    assert formats(first) == ("%d/%m/%Y", "%m/%d/%Y")
    assert formats(first, ["11/22/2026"] * 3) == ("%m/%d/%Y",)
    assert formats(first, ["22/11/2026"] * 3) == ("%d/%m/%Y",)


def test_where_no_value_tells_the_day_comes_first_unless_a_clock_of_twelve_hours_says_otherwise():
    assert formats(["01/02/2026"])[0] == "%d/%m/%Y"
    assert formats(["01/02/2026 09:00 PM"])[0] == "%m/%d/%Y %I:%M %p"
    assert other_order("%d/%m/%Y %H:%M") == "%m/%d/%Y %H:%M"
    assert (differ("%d %b %Y", "%d %B %Y"), differ("%d.%m.%y", "%y.%m.%d")) == (False, True)


def test_a_little_dirt_is_none_and_much_is_no_date():
    good = [moment.strftime("%d.%m.%Y") for moment in MOMENTS]
    assert formats([*good, "soon"]) == ("%d.%m.%Y",)
    assert formats(good, ["soon"] * 100) == ()
    assert formats(good, ["99.99.2026"] * 100) == ()


@pytest.mark.parametrize(
    "value",
    [
        "",
        "12",
        "1.5",
        "12.5",
        "abc",
        "10.0.0.1",
        "2026",
        "1.2.3",
        "c12",
        "2026-11-22",
        "2026-11-22 10:00",
        "A-22/11",
        "100-20-3",
        "May",
    ],
)
def test_what_is_no_date_or_one_of_iso_has_no_form(value):
    assert formats_of(value) == []


def test_all_values_are_counted_each_with_its_rows():
    dates = DateFormats()
    dates.add(pa.array(["22.11.2026", "x"]), pa.array([5, 3]))
    dates.add(pa.array(["23.11.2026"]), pa.array([2]))
    assert (dates.seen, dates.matched["%d.%m.%Y"]) == (10, 7)
