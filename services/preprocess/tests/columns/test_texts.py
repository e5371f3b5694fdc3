import decimal

import pyarrow as pa
import pytest

from contract.errors import DataError
from preprocess.columns.texts import category, text

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


def test_integers_and_truths_are_texts_too():
    assert category(pa.array([1, 2, None]), MISSING, ("1", "2")).values.to_pylist() == ["1", "2", None]
    assert category(pa.array([True, False]), MISSING, None).values.to_pylist() == ["true", "false"]


def test_a_list_has_no_text():
    with pytest.raises(DataError, match=r"type must be a number, a truth, a time or text, got list<"):
        text(pa.array([[1]]), MISSING)


def test_bytes_that_are_not_utf8_have_no_text():
    with pytest.raises(DataError, match="got binary"):
        text(pa.array([b"\xff"]), MISSING)


def test_a_category_is_the_same_however_it_is_written():
    written = [
        pa.array(["3", "true", "Zürich"]),
        pa.array(["3.0", "True", "Zu\u0308rich"]),
        pa.array([" 3.00", "TRUE ", "Zürich"]).dictionary_encode().cast(pa.string()),
    ]
    assert [category(column, MISSING, None).values.to_pylist() for column in written] == [["3", "true", "Zürich"]] * 3
    typed = [
        pa.array([3], pa.int32()),
        pa.array([3], pa.uint64()),
        pa.array([3.0]),
        pa.array([decimal.Decimal("3.00")]),
    ]
    assert [category(column, MISSING, None).values.to_pylist() for column in typed] == [["3"]] * 4


@pytest.mark.parametrize(
    ("allowed", "column", "read"),
    [
        (("3", "4"), pa.array(["3.0", "4"]), ["3", "4"]),
        (("3.0", "4.0"), pa.array([3, 4]), ["3.0", "4.0"]),
        (("0", "1"), pa.array([True, False, None]), ["1", "0", None]),
        (("0", "1"), pa.array(["True", "FALSE"]), ["1", "0"]),
        (("false", "true"), pa.array([1, 0]), ["true", "false"]),
        (("False", "True"), pa.array([True, False]), ["True", "False"]),
        (("False", "True"), pa.array([1.0, 0.0, None]), ["True", "False", None]),
        (("no", "yes"), pa.array([True, False]), ["yes", "no"]),
        (("f", "t"), pa.array(["true", "False", "t", "T", "0"]), ["t", "f", "t", "t", "f"]),
        (("false", "true"), pa.array(["t", "f", "F"]), ["true", "false", "false"]),
        (("F", "T"), pa.array([True, False]), ["T", "F"]),
        (("f", "m"), pa.array(["true", "false"]), [None, None]),
        (("0", "1", "2"), pa.array([True]), ["1"]),
        (("0", "1", "false", "true"), pa.array(["1", "true"]), ["1", "true"]),
        (("Z\u0308", "b"), pa.array(["Z\u0308", " b "]), ["Z\u0308", "b"]),
        (("1.1", "1.10"), pa.array(["1.10", "1.1", "1.100"]), ["1.10", "1.1", "1.1"]),
        (("a", "b"), pa.array(["A", "b", "c"]), ["a", "b", None]),
    ],
)
def test_what_is_allowed_is_known_however_it_is_written_and_written_as_it_is_listed(allowed, column, read):
    checked = category(column, MISSING, allowed)
    assert checked.values.to_pylist() == read
    assert checked.values.dictionary.to_pylist() == list(allowed)


def test_a_missing_value_is_missing_however_it_is_written():
    for column in (pa.array(["-9.0", "x"]), pa.array(["-9", "x"])):
        assert category(column, ("-9",), None).values.to_pylist() == [None, "x"]
    assert category(pa.array([-9.0, 1]), ("-9.0",), None).values.to_pylist() == [None, "1"]


def placed(allowed, words):
    return category(pa.array(words), (), tuple(allowed)).values.to_pylist()


@pytest.mark.parametrize(
    "allowed", [["0", "1"], ["no", "yes"], ["N", "Y"], ["f", "t"], ["False", "True"], ["off", "on"]]
)
def test_two_truths_are_known_by_any_word_for_them(allowed):
    no, yes = allowed
    assert placed(allowed, ["false", "F", "No", "n", "0", "OFF"]) == [no] * 6
    assert placed(allowed, ["true", "T", "YES", "y", "1", "On"]) == [yes] * 6
    assert placed(allowed, ["ja", "2", "yess", ""]) == [None] * 4


@pytest.mark.parametrize(
    "allowed", [["A", "B", "F", "T"], ["m", "f"], ["no", "yes", "unknown"], ["0", "1", "2"], ["yes", "true"]]
)
def test_a_word_beside_others_is_no_truth(allowed):
    assert placed(allowed, ["off"]) == [None]


def test_beside_other_values_a_truth_is_0_or_1_at_most():
    assert placed(["0", "1", "2"], ["true", "false", "yes"]) == ["1", "0", None]
    assert placed(["false", "true", "unknown"], ["1", "0", "t"]) == ["true", "false", None]
    assert placed(["0", "1", "false", "true"], ["1", "true"]) == ["1", "true"]


def test_upper_and_lower_case_are_the_same_where_one_value_alone_is():
    assert placed(["Setosa", "virginica"], ["setosa", "VIRGINICA", "x"]) == ["Setosa", "virginica", None]
    assert placed(["a", "A"], ["a", "A"]) == ["a", "A"]
    assert placed(["ab", "AB"], ["Ab"]) == [None]


def test_words_that_an_open_list_has_not_come_behind_it_each_as_its_one_text():
    column = pa.array(["b", "klarna", "A", " klarna ", "3.0", None, "NA", "3"])
    checked = category(column, ("", "NA"), ("a", "b"), closed=False)
    assert checked.values.to_pylist() == ["b", "klarna", "a", "klarna", "3", None, None, "3"]
    assert checked.values.dictionary.to_pylist() == ["a", "b", "klarna", "3"]
    assert checked.missing.tolist() == [False] * 5 + [True, True, False]
    assert checked.broken == ()
