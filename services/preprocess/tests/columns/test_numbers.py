import decimal

import pyarrow as pa
import pytest

from contract.texts.numbers import NumberForm
from preprocess.columns.numbers import integer, number

MISSING = ("", "NA")


def broken(checked):
    """Rule by row, for the rows that break one."""
    return {row: rule for rule, rows in checked.broken for row in rows.nonzero()[0].tolist()}


def read(reader, *values, kind=None):
    return reader(pa.array(values, kind), MISSING)


def test_texts_become_numbers():
    assert read(number, "1", "-1.5", "1e3", ".5", "2.").values.to_pylist() == [1, -1.5, 1000, 0.5, 2]


def test_blanks_around_a_number_and_a_plus_are_no_harm():
    assert read(number, " 1", "2\t", "+3", "\u00a04").values.to_pylist() == [1, 2, 3, 4]


@pytest.mark.parametrize(
    "text", ["x", "1,5", "1.000,5", "1_000", "0x1F", "1 2", "e5", ".", "--1", "NaN", "nan(1)", "-nan"]
)
def test_a_text_that_is_no_number_breaks_the_rule(text):
    assert broken(read(number, text)) == {0: "not a number"}
    assert broken(read(number, "1", text, " 2")) == {1: "not a number"}


@pytest.mark.parametrize("text", ["inf", "-Infinity", "1e400", "+inf"])
def test_infinity_is_not_finite(text):
    assert broken(read(number, text)) == {0: "not finite"}
    assert broken(read(number, "x", text)) == {0: "not a number", 1: "not finite"}


def test_missing_texts_are_missing_and_break_nothing():
    for texts in (["", "NA", None, "1"], [" NA ", " ", None, "1 "]):
        checked = read(number, *texts, kind=pa.string())
        assert checked.missing.tolist() == [True, True, True, False]
        assert checked.values.to_pylist() == [None, None, None, 1]
        assert broken(checked) == {}


@pytest.mark.parametrize("kind", [pa.int8(), pa.uint64(), pa.float32(), pa.float64(), pa.decimal128(5, 2)])
def test_types_of_numbers_become_numbers(kind):
    values = [decimal.Decimal(1), None] if pa.types.is_decimal(kind) else [1, None]
    checked = number(pa.array(values, kind), MISSING)
    assert checked.values.to_pylist() == [1.0, None]
    assert checked.values.type == pa.float64()


def test_a_nan_of_a_float_column_is_missing_and_an_infinity_is_not_finite():
    checked = read(number, float("nan"), float("inf"), 1.0)
    assert checked.missing.tolist() == [True, False, False]
    assert broken(checked) == {1: "not finite"}
    assert checked.values.to_pylist() == [None, None, 1.0]


def test_truths_are_one_and_nought():
    truths = [True, False]
    assert read(number, *truths).values.to_pylist() == [1.0, 0.0]
    assert read(integer, *truths).values.to_pylist() == [1, 0]


def test_a_date_is_no_number():
    assert broken(number(pa.array([0], pa.date32()), MISSING)) == {0: "not a number"}
    assert broken(integer(pa.array([0], pa.date32()), MISSING)) == {0: "not an integer"}


def test_texts_become_integers_with_a_fraction_of_zeros_at_most():
    checked = read(integer, "12", "12.0", "-3.", "+4", "007", " 5 ", "-0", "000", "-0012.000")
    assert checked.values.to_pylist() == [12, 12, -3, 4, 7, 5, 0, 0, -12]
    assert checked.values.type == pa.int64()


@pytest.mark.parametrize("text", ["1.5", "x", "1e3", "0x1F", "inf", "NaN", "+-1", "1_0"])
def test_a_text_that_is_no_integer_breaks_the_rule(text):
    assert broken(read(integer, text)) == {0: "not an integer"}


def test_integers_end_at_64_bits_to_the_last_one():
    good = ["9223372036854775807", "-9223372036854775808", "+09223372036854775807.0"]
    bad = ["9223372036854775808", "-9223372036854775809", "99999999999999999999"]
    assert read(integer, *good).values.to_pylist() == [2**63 - 1, -(2**63), 2**63 - 1]
    assert broken(read(integer, *good, *bad)) == dict.fromkeys([3, 4, 5], "beyond 64 bits")


def test_floats_become_integers_when_whole():
    checked = read(integer, 12.0, 1.5, float("nan"), float("-inf"), 1e19, -(2.0**63), None)
    assert checked.values.to_pylist() == [12, None, None, None, None, -(2**63), None]
    assert checked.missing.tolist() == [False, False, True, False, False, False, True]
    assert broken(checked) == {1: "not an integer", 3: "not finite", 4: "beyond 64 bits"}


def test_unsigned_integers_end_at_64_bits_too():
    checked = read(integer, 2**63 - 1, 2**63, None, kind=pa.uint64())
    assert checked.values.to_pylist() == [2**63 - 1, None, None]
    assert broken(checked) == {1: "beyond 64 bits"}


def test_an_empty_type_is_all_missing():
    assert integer(pa.nulls(2), MISSING).missing.tolist() == [True, True]
    assert number(pa.nulls(2), MISSING).missing.tolist() == [True, True]


@pytest.mark.parametrize(
    "column", [["-999", "1"], ["-999.0", "1"], [-999, 1], [-999.0, 1.0], [decimal.Decimal("-999.0"), 1]]
)
def test_a_number_that_stands_for_a_missing_value_does_so_however_it_is_written(column):
    for reader in (number, integer):
        checked = reader(pa.array(column), ("", "-999"))
        assert (checked.values.to_pylist(), checked.missing.tolist()) == ([None, 1], [True, False])
        assert broken(checked) == {}


def test_an_integer_may_come_as_a_program_writes_a_large_float():
    assert read(integer, "1e+15", "1000000000000000", "1.5e+03").values.to_pylist() == [10**15, 10**15, 1500]


GERMAN = NumberForm(",", ".")


@pytest.mark.parametrize(
    ("form", "text", "value"),
    [
        (NumberForm(), "\u22121.5", -1.5),
        (NumberForm(), "\u00a0+1.5\u202f", 1.5),
        (NumberForm(","), "12,5", 12.5),
        (NumberForm(","), "-0,5", -0.5),
        (NumberForm(","), "1e3", 1000),
        (GERMAN, "1.234,56", 1234.56),
        (GERMAN, "1.234", 1234),
        (GERMAN, "1.234.567", 1234567),
        (GERMAN, "12,5", 12.5),
        (GERMAN, "\u221212", -12),
        (NumberForm(".", ","), "1,234.5", 1234.5),
        (NumberForm(",", " "), "1\u00a0234\u202f567,5", 1234567.5),
        (NumberForm(".", "\u2019"), "1\u2019234", 1234),
        (NumberForm(".", ",", "$"), "$1,234.50", 1234.5),
        (NumberForm(".", None, "$"), "-$5", -5),
        (NumberForm(".", None, "$"), "$-5", -5),
        (NumberForm(".", None, "%"), "45%", 45),
        (NumberForm(".", None, "%"), "45 %", 45),
        (NumberForm(".", None, "%"), "45", 45),
        (NumberForm(",", ".", "EUR"), "1.234,50\u00a0EUR", 1234.5),
    ],
)
def test_a_number_is_read_in_the_form_of_its_source(form, text, value):
    assert number(pa.array([text, None, "NA"]), MISSING, form).values.to_pylist() == [value, None, None]
    if value == int(value) and "e" not in text:
        assert integer(pa.array([text, None, "NA"]), MISSING, form).values.to_pylist() == [value, None, None]


@pytest.mark.parametrize(
    ("form", "text"),
    [
        (NumberForm(), "12,5"),
        (NumberForm(), "1,234"),
        (NumberForm(","), "12.5"),
        (GERMAN, "12.5"),
        (GERMAN, "1.23,4"),
        (GERMAN, "1.2345"),
        (NumberForm(".", ","), "1,23"),
        (NumberForm(".", None, "$"), "5%"),
        (NumberForm(".", None, "$"), "$"),
        (NumberForm(), "$5"),
    ],
)
def test_a_number_in_another_form_is_told_and_not_guessed_at(form, text):
    assert broken(number(pa.array([text]), MISSING, form)) == {0: "not a number"}
    assert broken(integer(pa.array([text]), MISSING, form)) == {0: "not an integer"}


def test_what_has_a_type_of_its_own_has_no_form():
    for values in (pa.array([1.5, 2]), pa.array([decimal.Decimal("1.50"), 2]), pa.array([1, 2])):
        assert number(values, MISSING, GERMAN).values.to_pylist() == [float(value) for value in values.to_pylist()]


def test_a_number_that_stands_for_a_missing_value_is_written_in_the_form_too():
    checked = number(pa.array(["-999,0", "-999", "1,5"]), ("-999",), GERMAN)
    assert (checked.values.to_pylist(), checked.missing.tolist()) == ([None, None, 1.5], [True, True, False])
