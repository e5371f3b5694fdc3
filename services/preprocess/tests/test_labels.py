import numpy as np
import pyarrow as pa

from preprocess.keys import hashes_of
from preprocess.labels import read_labels


def labels_of(day, ids, values):
    return read_labels(day.bring_target({"id": ids, "bought": values}), day.config)


def ask(labels, *ids):
    return labels.of(hashes_of(pa.array(ids, pa.string())))


def test_rows_get_the_label_of_their_key_or_none(day):
    values, bad = ask(labels_of(day, ["b", " a"], ["yes", "no "]), "a", "x", "b", None)
    assert values.to_pylist() == ["no", None, "yes", None]
    assert not bad.any()


def test_the_first_label_of_a_key_stays_and_the_others_are_counted(day):
    labels = labels_of(day, ["a", "b", "a", "a"], ["yes", "no", "no", "maybe"])
    values, bad = ask(labels, "a", "b")
    assert (values.to_pylist(), bad.tolist(), labels.repeated) == (["yes", "no"], [False, False], 2)


def test_labels_that_no_row_asked_for_are_counted(day):
    labels = labels_of(day, ["a", "b", "c", None], ["yes", "no", "no", "no"])
    ask(labels, "b", "b", "x")
    assert labels.without_row == 2


def test_a_label_that_is_no_class_is_bad_and_known_by_its_own_place(day):
    labels = labels_of(day, ["z", "a", "b"], ["no", "perhaps", "YES"])
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
        for row, key, value in ((3, "b", "YES"), (2, "a", "perhaps"))
    ]


def test_classes_may_come_as_numbers(day):
    day.raw_config["columns"]["bought"]["values"] = ["0", "1"]
    day.raw_config["table"]["positive"] = "1"
    assert ask(labels_of(day, ["a", "b"], pa.array([1, 0])), "a", "b")[0].to_pylist() == ["1", "0"]
    assert ask(labels_of(day, ["a", "b"], pa.array([1.0, 0.0])), "a", "b")[0].to_pylist() == ["1", "0"]


def test_labels_of_a_regression_are_numbers(day):
    day.raw_config["table"] = {"key": "id", "target": "bought", "task": "regression"}
    day.raw_config["columns"]["bought"] = {"type": "number", "max": 5}
    labels = labels_of(day, ["a", "b", "c"], ["1.5", "x", "7"])
    values, bad = ask(labels, "a", "b", "c", "d")
    assert values.type == pa.float64()
    assert values.to_pylist() == [1.5, None, None, None]
    assert bad.tolist() == [False, True, True, False]
    assert sorted(labels.bad.column("rule").to_pylist()) == ["above 5", "not a number"]


def test_no_labels_at_all_find_nothing(day):
    values, bad = ask(labels_of(day, pa.array([], pa.string()), pa.array([], pa.string())), "a")
    assert values.to_pylist() == [None]
    assert np.array_equal(bad, [False])
