import tomllib

import numpy as np
import pyarrow as pa
import pytest
from conftest import CONFIG

from analysis.rows import Categorical, Text, columns, encode_target, groups, is_moments, labelled_rows
from contract.config.parse import parse
from contract.errors import DataError

BATCH = pa.record_batch(
    {
        "x": pa.array([1.5, None, 3.0]),
        "n": pa.array([1, 2**60 + 1, None]),
        "word": pa.array(["b", None, "a"]).dictionary_encode(),
        "split": pa.array(["train", "test", "train"]).dictionary_encode(),
        "y": pa.array(["no", "yes", None]).dictionary_encode(),
    }
)


def test_numbers_are_float64_with_nan_where_missing_and_each_category_is_kept_once():
    values = columns(BATCH, ["word", "x", "n"])
    assert list(values) == ["word", "x", "n"]
    assert [str(values[name].dtype) for name in ("x", "n")] == ["float64", "float64"]
    assert (values["word"].codes.tolist(), values["word"].categories) == ([0, -1, 1], ["b", "a"])
    assert values["n"][:2].tolist() == [1.0, float(2**60)]
    assert [int(np.isnan(array[index])) for array, index in ((values["x"], 1), (values["n"], 2))] == [1, 1]


def test_dates_are_moments_and_a_part_of_a_text_column_is_one():
    for unit in ("s", "us", "ns"):
        when = pa.array(["2026-01-05 09:30:00", None]).cast(pa.timestamp(unit))
        (values,) = columns(pa.record_batch({"when": when}), ["when"]).values()
        assert (is_moments(values), str(values.dtype)) == (True, "datetime64[us]")
        assert str(values[0]) == "2026-01-05T09:30:00.000000"
        assert np.isnat(values[1])
    assert not is_moments(np.zeros(1))
    text = Text(np.array([0, -1], dtype=np.int32), ["a"])
    assert isinstance(text[:1], Text)
    assert not is_moments(text)


def test_no_missing_value_and_no_rows_change_no_dtype():
    for rows in (BATCH.slice(0, 1), BATCH.slice(0, 0)):
        values = columns(rows, ["x", "n", "word"])
        assert [str(values[name].dtype) for name in ("x", "n")] == ["float64", "float64"]
        assert values["word"].codes.dtype == np.int32


@pytest.mark.parametrize(
    "texts",
    [
        pa.array(["b", None, "b"]),
        pa.DictionaryArray.from_arrays(pa.array([0, 1, 0]), pa.array(["b", None])),
        pa.DictionaryArray.from_arrays(pa.array([0, None, 0], pa.int8()), pa.array(["b", "c"])),
    ],
)
def test_texts_look_the_same_however_they_are_stored(texts):
    (column,) = columns(pa.record_batch({"word": texts}), ["word"]).values()
    objects = column.objects()
    assert (objects[0], objects[2], objects.dtype, np.isnan(objects[1])) == ("b", "b", object, True)


def test_some_rows_of_a_categorical_are_one():
    assert Categorical(np.array([1, -1, 0], np.int32), ["a", "b"])[1:].objects()[1] == "a"


def test_the_group_of_a_row_is_the_number_that_preprocess_wrote():
    rows = groups(BATCH.append_column("_group", pa.array([2**64 - 1, 0, 7], pa.uint64())))
    assert (rows.tolist(), rows.dtype) == ([2**64 - 1, 0, 7], np.uint64)


def test_rows_of_an_earlier_version_have_no_group_and_say_what_to_do():
    with pytest.raises(DataError, match="must have the column '_group', .* run preprocess for their days again"):
        groups(BATCH)


def codes(target, config):
    return encode_target(pa.record_batch({"y": pa.array(target)}), config).tolist()


@pytest.mark.parametrize(("positive", "expected"), [("yes", [0, 1, 0]), ("no", [1, 0, 1])])
def test_the_positive_class_is_one_however_the_classes_sort(positive, expected):
    text = CONFIG.replace('positive = "yes"', f'positive = "{positive}"')
    assert codes(["no", "yes", "no"], parse(tomllib.loads(text))) == expected


def test_classes_are_numbered_as_configured_and_numbers_stay():
    several = CONFIG.replace('task = "binary"\npositive = "yes"', 'task = "multiclass"')
    several = several.replace('["no", "yes"]', '["red", "blue", "green"]')
    assert codes(["green", "red", "blue"], parse(tomllib.loads(several))) == [2, 0, 1]
    number = CONFIG.replace('task = "binary"\npositive = "yes"', 'task = "regression"')
    number = number.replace('type = "category"\nvalues = ["no", "yes"]', 'type = "number"')
    number = number.replace("LogisticRegression", "Ridge")
    assert codes([1.5, -2.0], parse(tomllib.loads(number))) == [1.5, -2.0]


def test_a_column_that_is_not_there_is_named():
    with pytest.raises(DataError, match=r"must have the column 'z', got x, n"):
        columns(BATCH, ["x", "z"])


def test_only_rows_of_the_part_that_have_a_target_remain():
    assert labelled_rows(BATCH, "y", "train").column("x").to_pylist() == [1.5]
    assert labelled_rows(BATCH, "y", "test").column("n").to_pylist() == [2**60 + 1]
