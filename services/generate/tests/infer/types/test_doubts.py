import pyarrow as pa
import pytest

from generate.infer.column_stats import ColumnStats
from generate.infer.types.column_schema import column_of
from generate.infer.types.doubts import ends_of_time, of_a_century, of_a_day, of_categories, of_one_each

ROWS = 120


def stats(values, name="x"):
    column = ColumnStats(name, floating=False)
    column.add(pa.array([None if value is None else str(value) for value in values]))
    return column


@pytest.mark.parametrize(
    "form", ["{}h 20m", "PT{}H20M", "{} min 5 s", "52°{}'N", "5'{}\"", "{}/60", "2 {}/8", "3:{:02d} /km", "{} of 100"]
)  # fmt: skip
def test_measures_in_several_parts_that_are_taken_for_words_are_told(form):
    (doubt,) = of_categories(stats([form.format(number % 30 + 1) for number in range(ROWS)]))
    assert "holds measurements in several parts, such as " in doubt
    assert "write a number of one unit" in doubt


@pytest.mark.parametrize("form", ["{}-20", "E{}.9", "A{}-B2", "size {}", "{}th floor"])
def test_ranges_codes_and_words_with_a_number_are_categories_without_a_question(form):
    assert of_categories(stats([form.format(number % 12) for number in range(ROWS)])) == ()


def test_json_in_a_cell_is_told():
    (doubt,) = of_categories(stats([f'{{"age": {number % 30}, "vip": true}}' for number in range(ROWS)]))
    assert doubt.startswith('holds JSON, such as \'{"age": ')


def test_values_that_come_once_with_gaps_between_look_like_merged_cells():
    (doubt,) = of_one_each(stats([f"P{number}" if number % 3 == 0 else None for number in range(ROWS)]))
    assert doubt.startswith("has a value in 40 of 120 rows, each once, as merged cells leave it: ")
    assert of_one_each(stats([f"P{number % 20}" if number % 3 == 0 else None for number in range(ROWS)])) == ()
    assert of_one_each(stats([f"P{number}" if number % 3 else None for number in range(ROWS)])) == ()


@pytest.mark.parametrize(
    ("name", "values", "told"),
    [
        ("Belegdatum", [f"{number % 28 + 1:02d}{number % 12 + 1:02d}" for number in range(ROWS)], True),
        ("Belegdatum", [number % 28 * 100 + 112 for number in range(ROWS)], True),
        ("day", [number % 31 + 1 for number in range(ROWS)], False),
        ("day", [("Mon", "Tue", "Wed")[number % 3] for number in range(ROWS)], False),
        ("day_rate", [number + 400 for number in range(ROWS)], False),
        ("date_of_birth", [number + 4000 for number in range(ROWS)], True),
        ("amount", [number * 100 for number in range(ROWS)], False),
    ],
)
def test_a_column_that_is_named_like_a_day_and_is_read_as_something_else_is_told(name, values, told):
    doubts = of_a_day(stats(values, name))
    assert [doubt.startswith("is named like a day but is not read as one, such as ") for doubt in doubts] == [
        True
    ] * told


@pytest.mark.parametrize(
    "moment",
    ["0001-01-01", "1601-01-01", "1753-01-01 00:00:00", "1899-12-30", "1900-01-01", "1970-01-01", "1980-01-01 00:00:00",
     "01/01/1900", "31.12.1899", "31.12.9999"],
)  # fmt: skip
def test_where_programs_begin_to_count_is_no_time_perhaps(moment):
    ((level, rows),) = ends_of_time(stats([moment] * 20 + [f"2026-01-{day:02d}" for day in range(1, 29)]))
    assert (level[:10], rows) == (moment[:10], 20)


def test_digits_of_another_writing_are_told():
    (doubt,) = of_categories(stats([chr(0xFF11 + number % 8) * 2 for number in range(ROWS)]))
    assert doubt.startswith("holds digits of another script, such as ")


def test_a_year_of_two_digits_that_is_yet_to_come_is_told():
    births = stats([f"{number % 28 + 1:02d}.05.{number % 9 + 60}" for number in range(ROWS)])
    (doubt,) = of_a_century(births, "%d.%m.%y")
    assert doubt.startswith("'01.05.60' is read as 2060: ")
    assert of_a_century(births, "%d.%m.%y | iso") == [doubt]
    assert of_a_century(stats(["01.05.24", "02.05.99"]), "%d.%m.%y") == []
    assert of_a_century(stats(["01.05.2068"]), "%d.%m.%Y") == []


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ([46_000 + number for number in range(ROWS)], False),
        ([33_000 + 200 * number for number in range(ROWS)], True),
        ([46_000 + number + 0.25 for number in range(ROWS)], True),
    ],
)
def test_an_amount_that_is_named_like_a_day_is_asked_about_where_excel_would_count_such_days(values, told):
    column = column_of(stats(values, "umsatz_tag"))
    assert (column.settings["type"], column.settings["format"]) == ("datetime", "excel_days")
    doubts = [doubt for doubt in column.suspicions if doubt.startswith("is read as days since 1899-12-30, as ")]
    assert len(doubts) == told
    assert all('if it is an amount, write type = "number" without a format' in doubt for doubt in doubts)
