import math

import pyarrow as pa
import pytest

from contract.config.data import Column
from contract.errors import DataError
from preprocess.columns.rules import check_column


def broken(values, **spec):
    checked = check_column("x", pa.array(values), Column(**spec), ("",))
    return {row: rule for rule, rows in checked.broken for row in rows.nonzero()[0].tolist()}


def test_a_range_includes_its_ends():
    assert broken(["0", "10", "-0.1", "10.5", ""], type="number", min=0, max=10) == {2: "below 0", 3: "above 10"}
    assert broken([17, 18, 111], type="integer", min=18, max=110) == {0: "below 18", 2: "above 110"}


def test_a_large_limit_is_written_in_full():
    assert broken(["0"], type="number", min=1234567.5) == {0: "below 1234567.5"}


def test_missing_values_break_a_rule_only_where_one_says_so():
    assert broken(["", "1", None], type="number") == {}
    assert broken(["", "1", None], type="number", missing="reject") == {0: "missing", 2: "missing"}
    assert broken(["", "a"], type="category", missing="reject") == {0: "missing"}


def test_a_value_that_cannot_be_read_is_not_missing_as_well():
    assert broken(["x"], type="integer", missing="reject", min=0) == {0: "not an integer"}


def test_dictionaries_of_another_tool_are_read_by_their_words():
    texts = pa.array(["a", "b", None]).dictionary_encode()
    checked = check_column("x", texts, Column(type="category", values=("a", "b")), ("",))
    assert checked.values.to_pylist() == ["a", "b", None]
    numbers = pa.array(["1", "y"]).dictionary_encode()
    assert check_column("x", numbers, Column(type="number"), ("",)).values.to_pylist() == [1.0, None]


def test_a_type_that_cannot_be_read_names_the_column_and_what_to_do():
    with pytest.raises(DataError, match=r"column x: type must be .*got list<.*write it as another type"):
        check_column("x", pa.array([[1]]), Column(type="number"), ())


def test_limits_hold_for_integers_beyond_2_to_the_53_to_the_last_one():
    large = 2**53 + 1
    assert broken([1, large, -large], type="integer", min=0) == {2: "below 0"}
    assert broken([2**53, large], type="integer", max=2.0**53) == {1: "above 9.00719925474099e+15"}
    assert broken([2**63 - 1, -(2**63)], type="integer", min=-math.inf, max=math.inf) == {}
    assert broken([2**63 - 1, -(2**63)], type="integer", min=1e19) == dict.fromkeys([0, 1], "below 1e+19")
    assert broken([2**63 - 1, -(2**63)], type="integer", max=-1e19) == dict.fromkeys([0, 1], "above -1e+19")
    assert broken([2, 3, 4], type="integer", min=2.5, max=3.5) == {0: "below 2.5", 2: "above 3.5"}
