import numpy as np
import pyarrow as pa
import pytest

from preprocess.buckets import bucket_of
from preprocess.keys import hashes_of
from preprocess.labels.read import read_labels

BUCKETS = 3


@pytest.fixture
def labels_of(day, tmp_path):
    def labels_of(ids, values):
        return read_labels(day.bring_target({"id": ids, "bought": values}), day.config, tmp_path, BUCKETS)

    return labels_of


def ask(labels, *ids):
    """The labels of a day with these rows, in their order."""
    hashes = hashes_of(pa.array(ids, pa.string()))
    values = np.zeros(len(hashes))
    for number in range(BUCKETS):
        rows = np.flatnonzero(bucket_of(hashes, BUCKETS) == number)
        rows = rows[np.argsort(hashes[rows])]
        values[rows] = labels.of(hashes[rows], number)
    return labels.column(values)


def test_rows_get_the_label_of_their_key_or_none(labels_of):
    values, bad = ask(labels_of(["b", " a"], ["yes", "no "]), "a", "x", "b", None)
    assert values.to_pylist() == ["no", None, "yes", None]
    assert not bad.any()


def test_the_first_label_of_a_key_stays_and_the_others_are_counted(labels_of):
    labels = labels_of(["a", "b", "a", "a"], ["yes", "no", "no", "maybe"])
    values, bad = ask(labels, "a", "b")
    assert (values.to_pylist(), bad.tolist(), labels.repeated) == (["yes", "no"], [False, False], 2)


def test_the_first_label_of_a_key_stays_when_it_is_the_bad_one(labels_of):
    labels = labels_of(["a", "a"], ["maybe", "yes"])
    values, bad = ask(labels, "a")
    assert (values.to_pylist(), bad.tolist()) == ([None], [True])
    assert labels.lines(hashes_of(pa.array(["a"]))).column("value").to_pylist() == ["maybe"]


def test_labels_come_to_their_rows_in_whatever_order_both_are(labels_of):
    ids = [f"c{number}" for number in range(200)]
    labels = labels_of(ids[::-1], [("no", "yes")[number % 2] for number in range(199, -1, -1)])
    assert ask(labels, *ids)[0].to_pylist() == ["no", "yes"] * 100
    assert (labels.repeated, labels.without_row) == (0, 0)


def test_labels_that_no_row_asked_for_are_counted(labels_of):
    labels = labels_of(["a", "b", "c", None], ["yes", "no", "no", "no"])
    ask(labels, "b", "b", "x")
    assert labels.without_row == 2


def test_a_label_that_is_no_class_is_bad_and_known_by_its_own_place(labels_of):
    labels = labels_of(["z", "a", "b"], ["no", "perhaps", "yess"])
    values, bad = ask(labels, "a", "z", "b")
    assert (values.to_pylist(), bad.tolist()) == ([None, "no", None], [True, False, True])
    assert labels.lines(hashes_of(pa.array(["b", "a"]))).to_pylist() == [
        {
            "_file": "inbox/2026-11-22/labels.csv",
            "_row": row,
            "key": key,
            "column": "bought",
            "rule": "not one of no, yes",
            "value": value,
        }
        for row, key, value in ((3, "b", "yess"), (2, "a", "perhaps"))
    ]


@pytest.mark.parametrize("values", [[1, 0], [1.0, 0.0]])
def test_classes_may_come_as_numbers(day, labels_of, values):
    day.raw_config["columns"]["bought"]["values"] = ["0", "1"]
    day.raw_config["table"]["positive"] = "1"
    assert ask(labels_of(["a", "b"], pa.array(values)), "a", "b")[0].to_pylist() == ["1", "0"]


def test_labels_of_a_regression_are_numbers(day, labels_of):
    day.raw_config["table"] = {"key": "id", "target": "bought", "task": "regression"}
    day.raw_config["columns"]["bought"] = {"type": "number", "max": 5}
    labels = labels_of(["a", "b", "c"], ["1.5", "x", "7"])
    values, bad = ask(labels, "a", "b", "c", "d")
    assert values.type == pa.float64()
    assert values.to_pylist() == [1.5, None, None, None]
    assert bad.tolist() == [False, True, True, False]
    assert sorted(labels.bad.column("rule").to_pylist()) == ["above 5", "not a number"]


def test_no_labels_at_all_find_nothing(labels_of):
    values, bad = ask(labels_of(pa.array([], pa.string()), pa.array([], pa.string())), "a")
    assert values.to_pylist() == [None]
    assert np.array_equal(bad, [False])
