import numpy as np
import pyarrow as pa
import pytest

from preprocess.columns.checked_column import CheckedColumn, where

ROWS = np.array([True, False, True])


@pytest.mark.parametrize("values", [[1.5, 2.5, 3.5], ["a", "b", "ccc"], [1, None, 3], ["x", "y", None]])
def test_a_column_is_null_outside_the_rows(values):
    assert where(ROWS, pa.array(values)).to_pylist() == [values[0], None, values[2]]


def test_a_part_of_a_column_is_too():
    part = pa.array(["before", "a", "b", "c", "after"]).slice(1, 3)
    column = where(ROWS, part)
    assert column.to_pylist() == ["a", None, "c"]
    assert column.null_count == 1


def test_a_rule_that_no_row_breaks_is_none():
    assert CheckedColumn(pa.array([1])).breaking("rule", np.array([False])).broken == ()


def test_what_is_known_of_words_is_known_of_the_rows_that_name_them():
    different = CheckedColumn(pa.array([1, None, None]), np.array([False, True, False]))
    rows = different.breaking("no number", np.array([False, False, True])).of(pa.array([2, 0, None, 1, 0], pa.int32()))
    assert rows.values.to_pylist() == [None, 1, None, None, 1]
    assert rows.missing.tolist() == [False, False, True, True, False]
    assert [(rule, broken.tolist()) for rule, broken in rows.broken] == [("no number", [True] + [False] * 4)]


def test_of_good_words_only_a_row_that_names_none_is_missing():
    rows = CheckedColumn(pa.array(["a", "b"])).of(pa.array([1, None, 0], pa.int32()))
    assert (rows.values.to_pylist(), rows.missing.tolist()) == (["b", None, "a"], [False, True, False])


def test_rows_that_name_none_of_no_words_are_missing():
    different = CheckedColumn(pa.array([], pa.string()), np.zeros(0, dtype=bool))
    assert different.of(pa.array([None, None], pa.int32())).missing.tolist() == [True, True]
