from datetime import UTC, date, datetime, time

import pyarrow as pa
import pytest

from contract.errors import DataError
from contract.texts.dates import DateForm


def shown(moments):
    return [None if moment is None else moment.isoformat(" ") for moment in moments.to_pylist()]


def moments(words, form, timezone="UTC"):
    return shown(DateForm(form, timezone).moments(pa.array(words)))


def test_iso_dates_are_read_with_or_without_a_time_and_no_day_that_there_is_not():
    assert moments(["2026-11-22", "2026-11-22T07:30:00.25", "2026-02-30", "22.11.2026", None], "iso") == [
        "2026-11-22 00:00:00", "2026-11-22 07:30:00.250000", None, None, None
    ]  # fmt: skip


def test_a_format_reads_what_has_it_alone():
    words = ["22.11.2026 07:30", "1.1.2026 7:05", "31.2.2026 07:30", "2026-11-22"]
    assert moments(words, "%d.%m.%Y %H:%M") == ["2026-11-22 07:30:00", "2026-01-01 07:05:00", None, None]


@pytest.mark.parametrize(
    ("word", "form"),
    [("11.5.24", "%d.%m.%Y"), ("1.2.24 10:00", "%d.%m.%Y %H:%M"), ("24-11", "%Y-%m"), ("Nov 5, 24", "%b %d, %Y"),
     ("2024112", "%Y%m%d"), ("202411", "%Y%m%d"), ("20241122T91500", "%Y%m%dT%H%M%S"), ("202432", "%Y%j"), ("2024-12", "%Y-%j"), ("12.2024", "%j.%Y")],
)  # fmt: skip
def test_a_number_with_fewer_digits_than_its_form_has_is_no_other_year_or_day(word, form):
    assert moments([word], form) == [None]


@pytest.mark.parametrize(
    ("word", "form", "clock"),
    [
        ("20261122093015123", "%Y%m%d%H%M%S%f", "09:30:15.123000"),
        ("20261122093015123456", "%Y%m%d%H%M%S%f", "09:30:15.123456"),
        ("20261122T0930151", "%Y%m%dT%H%M%S%f", "09:30:15.100000"),
        ("202611220930PM", "%Y%m%d%I%M%p", "21:30:00"),
        ("20261122 093015 a.m.", "%Y%m%d %I%M%S %p", "09:30:15"),
        ("20261122093000", "%Y%m%d%H%M00", "09:30:00"),
        ("20261122093000", "20%y%m%d%H%M%S", "09:30:00"),
    ],
)
def test_numbers_without_a_mark_may_have_a_fraction_half_a_day_and_digits_of_the_form_beside_them(word, form, clock):
    assert moments([word], form) == [f"2026-11-22 {clock}"]


@pytest.mark.parametrize(
    ("word", "form"),
    [("20261122093015", "%Y%m%d%H%M%S%f"), ("202611220930151234567", "%Y%m%d%H%M%S%f"), ("20261122930PM", "%Y%m%d%I%M%p")],
)  # fmt: skip
def test_a_fraction_takes_no_digit_of_the_second_and_half_a_day_none_of_the_hour(word, form):
    assert moments([word], form) == [None]


@pytest.mark.parametrize(
    ("word", "form"),
    [
        ("2026-11-22T23:30:00Z", "iso"),
        ("22.11.2026 23:30 +0000", "%d.%m.%Y %H:%M %z"),
        ("22.11.2026 23:30 UTC", "%d.%m.%Y %H:%M %Z"),
        ("Sun Nov 22 23:30:00 GMT 2026", "%a %b %d %H:%M:%S %Z %Y"),
    ],
)
def test_an_instant_becomes_the_wall_clock_of_the_time_zone(word, form):
    assert moments([word], form, "Asia/Tokyo") == ["2026-11-23 08:30:00"]


def test_an_instant_whose_wall_clock_has_no_year_is_no_date():
    assert moments(["31.12.9999 23:30 +0000", "31.12.9999 12:30 +0000"], "%d.%m.%Y %H:%M %z", "Asia/Tokyo") == [
        None, "9999-12-31 21:30:00"
    ]  # fmt: skip


def test_a_zone_by_a_name_that_is_not_one_everywhere_is_no_date():
    assert moments(["22.11.2026 23:30 CET", "22.11.2026 23:30"], "%d.%m.%Y %H:%M %Z") == [None, None]


def test_a_time_of_day_alone_is_of_the_day_that_strptime_gives_it():
    assert moments(["9:05", "21:05", "24:00"], "%H:%M") == ["1900-01-01 09:05:00", "1900-01-01 21:05:00", None]
    assert moments(["9:05 pm"], "%I:%M %p", "Asia/Tokyo") == ["1900-01-01 21:05:00"]


def test_what_has_no_offset_is_of_that_clock_already():
    assert moments(["2026-11-22 23:30"], "iso", "Asia/Tokyo") == ["2026-11-22 23:30:00"]


def test_numbers_since_1970_are_instants_between_the_years_1_and_9999():
    seconds = pa.array([0.0, 1.5, None, 1e18])
    assert shown(DateForm("epoch_s", "UTC").of_epoch(seconds)) == [
        "1970-01-01 00:00:00", "1970-01-01 00:00:01.500000", None, None
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("number", "form"),
    [(1795338300, "epoch_s"), (1795338300_000, "epoch_ms"), (1795338300_000_000, "epoch_us"), (1795338300_000_000_000, "epoch_ns")],
)  # fmt: skip
def test_an_instant_may_be_counted_in_any_unit_of_a_second(number, form):
    assert shown(DateForm(form, "Asia/Tokyo").of_epoch(pa.array([float(number)]))) == ["2026-11-22 18:05:00"]


def test_excel_counts_days_of_the_wall_clock_from_the_end_of_1899():
    days = pa.array([46348.0, 46348 + (9 + 5 / 60) / 24, None])
    assert shown(DateForm("excel_days", "Asia/Tokyo").of_epoch(days)) == [
        "2026-11-22 00:00:00", "2026-11-22 09:05:00", None
    ]  # fmt: skip


def test_of_several_forms_the_first_that_reads_a_text_does():
    words = ["2026-11-22", "22.11.2026", "22.11.2026 09:05", "11/22/2026", None]
    assert moments(words, "iso | %d.%m.%Y | %d.%m.%Y %H:%M", "Asia/Tokyo") == [
        "2026-11-22 00:00:00", "2026-11-22 00:00:00", "2026-11-22 09:05:00", None, None
    ]  # fmt: skip
    assert moments(["01/02/2026", "13/02/2026"], "%m/%d/%Y | %d/%m/%Y") == [
        "2026-01-02 00:00:00", "2026-02-13 00:00:00"
    ]  # fmt: skip


def test_half_a_day_is_written_with_dots_and_blanks_as_well():
    words = ["9:05 a.m.", "9:05 p.m.", "9:05 P. M.", "9:05 pm", "12:05 a.m."]
    assert [moment[11:16] for moment in moments(words, "%I:%M %p")] == ["09:05", "21:05", "21:05", "21:05", "00:05"]


def test_a_week_is_its_monday_unless_its_day_is_said():
    assert moments(["2026-W48", "2026-W01", "2026-W60"], "%G-W%V") == [
        "2026-11-23 00:00:00",
        "2025-12-29 00:00:00",
        None,
    ]
    assert moments(["2026-W48-3"], "%G-W%V-%u") == ["2026-11-25 00:00:00"]
    assert moments(["2026-327", "2026-400"], "%Y-%j") == ["2026-11-23 00:00:00", None]


def test_a_comment_behind_an_offset_is_none_of_the_time():
    words = ["Sun Nov 22 2026 10:05:00 GMT+0100 (Central European Standard Time)", "Sun Nov 22 2026 09:05:00 GMT+0000"]
    assert moments(words, "%a %b %d %Y %H:%M:%S GMT%z") == ["2026-11-22 09:05:00"] * 2
    assert moments(["Sun, 22 Nov 2026 09:05:00 +0000 (UTC)"], "%a, %d %b %Y %H:%M:%S %z") == ["2026-11-22 09:05:00"]


def test_columns_of_dates_keep_their_day_and_others_are_refused():
    form = DateForm("iso", "Europe/Berlin")
    assert shown(form.of_typed(pa.array([date(2026, 11, 22)]))) == ["2026-11-22 00:00:00"]
    late = pa.array([datetime(2026, 11, 22, 23, 30, tzinfo=UTC)])
    assert shown(form.of_typed(late)) == ["2026-11-23 00:30:00"]
    with pytest.raises(DataError, match="type must have a day in it, got duration"):
        form.of_typed(pa.array([1], pa.duration("us")))


@pytest.mark.parametrize("kind", [pa.time32("s"), pa.time32("ms"), pa.time64("us"), pa.time64("ns")])
def test_a_time_of_day_with_a_type_of_its_own_is_that_of_the_text(kind):
    times = pa.array([time(9, 5), None], kind)
    assert shown(DateForm("%H:%M:%S", "Asia/Tokyo").of_typed(times)) == ["1900-01-01 09:05:00", None]
