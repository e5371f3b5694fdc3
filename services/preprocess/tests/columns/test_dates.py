import datetime

import pyarrow as pa
import pytest

from contract.errors import DataError
from preprocess.columns.dates import Dates, as_written

MISSING = ("", "NA")
at = datetime.datetime.fromisoformat
NINE = at("2026-11-22 09:05")
NOT_ISO = "not a date as YYYY-MM-DD, with or without a time"


def read(values, form="iso", timezone="UTC"):
    return Dates(form, timezone).read(values if isinstance(values, pa.Array) else pa.array(values), MISSING)


def broken(checked):
    return {row: rule for rule, rows in checked.broken for row in rows.nonzero()[0].tolist()}


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-11-22", at("2026-11-22")),
        (" 2024-02-29 ", at("2024-02-29")),
        ("2026-11-22 09:05", NINE),
        ("2026-11-22T09", at("2026-11-22 09:00")),
        ("2026-11-22T09:05:00.5Z", NINE.replace(microsecond=500_000)),
        ("2026-11-22 09:05:00,123456789", NINE.replace(microsecond=123_456)),
        ("2026-11-22 10:05:00+01:00", NINE),
        ("2026-11-22 14:35:00+0530", NINE),
        ("2026-11-22 08:05:00-01", NINE),
        ("0001-01-01", at("0001-01-01")),
    ],
)
def test_iso_dates_are_read_with_or_without_a_time_and_an_offset(text, moment):
    for beside in ([], ["no date"]):
        checked = read([text, "NA", None, *beside])
        assert checked.values.to_pylist()[:3] == [moment, None, None]
        assert checked.values.type == pa.timestamp("us")
        assert checked.missing.tolist()[:3] == [False, True, True]
        assert broken(checked) == ({3: NOT_ISO} if beside else {})


@pytest.mark.parametrize(
    "bad",
    ["22.11.2026", "2026-13-01", "2025-02-29", "2026-04-31", "2026-1-1", "tomorrow", "2026-11-22 25:00", "20261122"],
)
def test_other_texts_are_no_iso_dates(bad):
    checked = read([bad, "NA", "2026-11-22"])
    assert broken(checked) == {0: NOT_ISO}
    assert checked.missing.tolist() == [False, True, False]
    assert checked.values.to_pylist() == [None, None, at("2026-11-22")]


@pytest.mark.parametrize(
    ("form", "texts", "moment"),
    [
        ("%d.%m.%Y %H:%M", ["22.11.2026 09:05", "22.11.2026 9:05"], NINE),
        ("%d/%m/%Y", ["02/01/2026", "2/1/2026"], at("2026-01-02")),
        ("%m/%d/%Y", ["01/02/2026", "1/2/2026"], at("2026-01-02")),
        ("%m/%d/%y %I:%M %p", ["11/22/26 09:05 AM", "11/22/26 9:05 am"], NINE),
        ("%b %d, %Y", ["Nov 22, 2026", "nov 22, 2026"], at("2026-11-22")),
        ("%Y%m%d", ["20261122"], at("2026-11-22")),
        ("%Y-%m", ["2026-11", "2026-11"], at("2026-11-01")),
        ("%Y-%m-%d %H:%M:%S.%f", ["2026-11-22 09:05:00.250"], NINE.replace(microsecond=250_000)),
        ("%Y-%j", ["2026-326"], at("2026-11-22")),
        ("%d.%m.%Y %H:%M %z", ["22.11.2026 10:05 +0100", "22.11.2026 09:05 +0000"], NINE),
    ],
)
def test_dates_are_read_by_their_format(form, texts, moment):
    checked = read([*texts, "NA"], form)
    assert checked.values.to_pylist() == [*[moment] * len(texts), None]
    assert broken(checked) == {}


@pytest.mark.parametrize(
    ("form", "bad"),
    [
        ("%d/%m/%Y", "30/02/2026"),
        ("%d/%m/%Y", "12/31/2026"),
        ("%d/%m/%Y", "1/2/2026 x"),
        ("%Y%m%d", "20261131"),
        ("%H:%M %d.%m.%Y", "24:00 01.02.2026"),
    ],
)
def test_what_the_format_does_not_fit_breaks_the_rule_that_names_it(form, bad):
    checked = read([bad, None], form)
    assert broken(checked) == {0: f"not a date as {form}"}
    assert checked.values.to_pylist() == [None, None]


def test_numbers_of_a_day_are_read_by_their_digits():
    assert read(pa.array([20261122, None]), "%Y%m%d").values.to_pylist() == [at("2026-11-22"), None]


@pytest.mark.parametrize(
    ("form", "values"),
    [
        ("epoch_s", pa.array(["1795338300", "NA", "soon", "1e30"])),
        ("epoch_ms", pa.array(["1795338300000", "", "?", "9e18"])),
    ],
)
def test_seconds_and_milliseconds_since_1970_are_instants(form, values):
    checked = read(values, form)
    assert checked.values.to_pylist() == [NINE, None, None, None]
    assert checked.missing.tolist() == [False, True, False, False]
    assert broken(checked) == {2: "not a number", 3: f"no date between the years 1 and 9999 as {form}"}
    assert read(values, form, "Europe/Berlin").values[0].as_py() == NINE.replace(hour=10)


def test_an_instant_is_the_wall_clock_of_the_time_zone_summer_and_winter_and_what_has_no_offset_is_that_clocks_own():
    texts = ["2026-07-01T09:05:00Z", "2026-12-01T09:05:00Z", "2026-12-01T09:05", "2026-12-01"]
    hours = [moment.hour for moment in read(texts, timezone="Europe/Berlin").values.to_pylist()]
    assert hours == [11, 10, 9, 0]


def test_types_of_their_own_are_read_without_a_format():
    instant = datetime.datetime(2026, 11, 22, 9, 5, tzinfo=datetime.UTC)
    for unit in ("s", "ms", "us", "ns"):
        assert read(pa.array([instant, None], pa.timestamp(unit, "Asia/Kolkata"))).values.to_pylist() == [NINE, None]
        assert read(pa.array([NINE], pa.timestamp(unit)), "%Y", "Europe/Berlin").values.to_pylist() == [NINE]
    assert read(pa.array([datetime.date(2026, 11, 22)])).values.to_pylist() == [at("2026-11-22")]
    assert read(pa.array([datetime.time(9, 5)]), "%H:%M").values.to_pylist() == [datetime.datetime(1900, 1, 1, 9, 5)]  # noqa: DTZ001
    with pytest.raises(DataError, match=r"type must have a day in it, got duration\[us\]"):
        read(pa.array([datetime.timedelta(minutes=5)]))


def test_no_value_at_all_is_a_column_of_dates():
    for values in (pa.array([None, None], pa.string()), pa.array([], pa.string())):
        assert read(values).values.type == read(values, "%Y-%m").values.type == pa.timestamp("us")


def test_a_key_keeps_the_text_that_it_was_read_from():
    column = pa.array(["2026-11-22T10:05+01:00", "never", None])
    assert as_written(column, read(column)).to_pylist() == ["2026-11-22T10:05+01:00", None, None]
