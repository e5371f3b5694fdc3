import datetime

import pyarrow as pa
import pytest

from contract.errors import DataError
from preprocess.texts import as_text, category, date, text

MISSING = ("", "NA")


def broken(checked):
    return {row: rule for rule, rows in checked.broken for row in rows.nonzero()[0].tolist()}


def test_categories_lose_blanks_and_missing_texts():
    checked = category(pa.array([" a", "a ", "b", "NA", " ", None]), MISSING, None)
    assert checked.values.to_pylist() == ["a", "a", "b", None, None, None]
    assert checked.values.type == pa.dictionary(pa.int32(), pa.string())
    assert checked.missing.tolist() == [False, False, False, True, True, True]
    assert broken(checked) == {}


def test_a_category_that_is_not_allowed_breaks_the_rule_and_the_codes_follow_the_list():
    checked = category(pa.array(["b", "c", "NA", "a"]), MISSING, ("a", "b"))
    assert broken(checked) == {1: "not one of a, b"}
    assert checked.values.indices.to_pylist() == [1, None, None, 0]
    assert checked.missing.tolist() == [False, False, True, False]


def test_a_long_list_is_not_spelled_out():
    checked = category(pa.array(["x"]), MISSING, tuple("abcdefgh"))
    assert broken(checked) == {0: "not one of the 8 values of pipeline.toml"}


def test_whole_floats_are_written_as_integers_and_nan_is_nothing():
    assert as_text(pa.array([1.0, 2.5, float("nan"), None, 123456789012.0, 1e300])).to_pylist() == [
        "1",
        "2.5",
        None,
        None,
        "123456789012",
        "1e+300",
    ]


def test_integers_and_truths_are_texts_too():
    assert category(pa.array([1, 2, None]), MISSING, ("1", "2")).values.to_pylist() == ["1", "2", None]
    assert category(pa.array([True, False]), MISSING, None).values.to_pylist() == ["true", "false"]


def test_a_list_has_no_text():
    with pytest.raises(DataError, match=r"type must be a number, a truth, a time or text, got list<"):
        text(pa.array([[1]]), MISSING)


def test_bytes_that_are_not_utf8_have_no_text():
    with pytest.raises(DataError, match="got binary"):
        text(pa.array([b"\xff"]), MISSING)


@pytest.mark.parametrize(
    "good", ["2026-11-22", "2026-11-22 01:02", "2026-11-22T01:02:03.5Z", "2026-11-22 01:02:03+01:00", " 2026-01-31 "]
)
def test_iso_dates_with_or_without_a_time_are_dates(good):
    assert broken(date(pa.array([good, "", None]), MISSING)) == {}


@pytest.mark.parametrize("bad", ["22.11.2026", "2026-13-01", "2026-1-1", "tomorrow", "2026-11-22 25:00", "20261122"])
def test_other_texts_are_no_dates(bad):
    checked = date(pa.array([bad, "NA"]), MISSING)
    assert broken(checked) == {0: "not a date as YYYY-MM-DD, with or without a time"}
    assert checked.missing.tolist() == [False, True]


def test_a_column_of_times_needs_no_reading():
    checked = date(pa.array([datetime.datetime(2026, 11, 22, tzinfo=datetime.UTC), None]), MISSING)
    assert checked.missing.tolist() == [False, True]


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("2024-02-29", True),
        ("2025-02-29", False),
        ("2025-02-30T10:00", False),
        ("2025-04-31", False),
        ("1900-02-29", False),
        ("0001-01-01", True),
        ("9999-12-31 23:59:59", True),
    ],
)
def test_a_date_must_be_in_the_calendar(text, is_one):
    assert (broken(date(pa.array([text, None]), MISSING)) == {}) == is_one
