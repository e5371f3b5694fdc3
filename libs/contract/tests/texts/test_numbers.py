import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.texts.numbers import NumberForm

MARKS = [None, ",", ".", "'", "\u2019", "_", " "]


@pytest.mark.parametrize("word", ["", " ", "x", "1 2", "1,2,3", "--1", "e5", ".", ",", "1.2345", "0x1F", "1,23.4"])
@pytest.mark.parametrize("form", [NumberForm(), NumberForm(","), NumberForm(",", "."), NumberForm(".", None, "x")])
def test_what_is_no_number_in_the_form_is_null(form, word):
    if (form.decimal, form.thousands, word) != (".", None, "1.2345") and (form.unit, word) != ("x", "1.2345"):
        assert form.plain(pa.array([word])).to_pylist() == [None]


@given(
    number=st.integers(-(10**15), 10**15),
    digits=st.integers(0, 4),
    decimal=st.sampled_from(".,"),
    mark=st.sampled_from(MARKS),
    unit=st.sampled_from([None, "$", "%", "km/h", "m2", "(x)"]),
    behind=st.booleans(),
    minus=st.sampled_from("-\u2212"),
)
def test_a_number_is_the_same_in_every_form(number, digits, decimal, mark, unit, behind, minus):
    form = NumberForm(decimal, mark if mark != decimal else None, unit)
    value = number / 10**digits
    whole, _, fraction = f"{abs(number) // 10**digits:,}.{abs(number) % 10**digits:0{digits or 1}d}".partition(".")
    text = whole.replace(",", form.thousands or "") + (decimal + fraction if digits else "")
    text = f"{text}\u00a0{unit}" if unit and behind else f"{unit or ''}{text}"
    text = f"{minus}{text}" if number < 0 else text
    assert form.plain(pa.array([text, None])).cast(pa.float64()).to_pylist() == [value, None]


@pytest.mark.parametrize(
    ("word", "number"),
    [("(1.50)", -1.5), ("( 7 )", -7), ("1.50-", -1.5), ("1.50\u2212", -1.5), ("2-", None), ("-(1.50)", None), ("-1.50-", None), ("(x)", None), ("1.5-2.5", None)],
)  # fmt: skip
def test_bookkeepers_and_sap_write_what_is_below_0_in_their_own_ways(word, number):
    assert NumberForm().plain(pa.array([word, "1", None])).cast(pa.float64()).to_pylist() == [number, 1, None]


def test_so_they_do_with_marks_and_a_unit():
    words = ["1.234,50-", "1.234,50- EUR", "(1.234,50 EUR)", "(EUR 1.234,50)", "-EUR 1.234,50"]
    assert NumberForm(",", ".", "EUR").plain(pa.array(words)).cast(pa.float64()).to_pylist() == [-1234.5] * 5


@pytest.mark.parametrize(
    ("word", "number"),
    [("8,92,459", 892459), ("1,23,45,678.50", 12345678.5), ("12,345", 12345), ("-9,99,999", -999999), ("1,2,345", None),
     ("123,45,678", None), ("1,23,45", None)],
)  # fmt: skip
def test_lakhs_and_crores_have_two_digits_before_the_last_three(word, number):
    assert NumberForm(".", ",").plain(pa.array([word])).cast(pa.float64()).to_pylist() == [number]
    assert NumberForm(",", ".").plain(pa.array([word])).to_pylist() == [None] or word == "12,345"


def test_what_begins_with_a_zero_has_no_thousands():
    assert NumberForm(",", ".").plain(pa.array(["0.123", "-0.123", "1.123", "0,5"])).to_pylist() == [
        None,
        None,
        "1123",
        "0.5",
    ]
    assert NumberForm(".", ",").plain(pa.array(["0,123"])).to_pylist() == [None]
