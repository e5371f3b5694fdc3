import numpy as np
import pyarrow as pa

from preprocess.columns.checked_column import CheckedColumn
from preprocess.quarantine import Tally, judge, rejected

BATCH = pa.record_batch(
    {
        "_file": ["a.csv", "a.csv", "b.csv"],
        "_row": [8, 9, 1],
        "x": ["1", "-4", None],
        "y": pa.array([float("inf"), 2.0, 3.0]),
    }
)
KEYS = pa.array(["k1", "k2", "k3"])


def column(**rules):
    checked = CheckedColumn(pa.nulls(3), np.zeros(3, dtype=bool))
    for rule, rows in rules.items():
        checked = checked.breaking(rule, np.array(rows, dtype=bool))
    return checked


def verdict():
    return judge({"x": column(low=[0, 1, 0], missing=[0, 0, 1]), "y": column(infinite=[1, 1, 0])}, np.ones(3, bool))


def test_the_first_rule_in_the_columns_order_is_the_reason():
    lines = rejected(BATCH, KEYS, verdict()).to_pylist()
    assert [(line["column"], line["rule"]) for line in lines] == [("y", "infinite"), ("x", "low"), ("x", "missing")]


def test_a_rejected_row_says_where_it_came_from_and_what_it_had():
    lines = rejected(BATCH, KEYS, verdict()).to_pylist()
    assert lines[0] == {"_file": "a.csv", "_row": 8, "key": "k1", "column": "y", "rule": "infinite", "value": "inf"}
    assert [line["value"] for line in lines] == ["inf", "-4", None]


def test_rows_that_are_not_asked_are_good():
    judged = judge({"x": column(low=[1, 1, 0])}, np.array([False, True, True]))
    assert judged.good.tolist() == [True, False, True]


def test_lines_from_elsewhere_take_their_place_in_the_order():
    line = {"_file": "labels.csv", "_row": 4, "key": "k1", "column": "y", "rule": "no class", "value": "?"}
    lines = rejected(BATCH, KEYS, verdict(), {"y": lambda rows: pa.Table.from_pylist([line] * len(rows))})
    assert lines.slice(0, 1).to_pylist() == [line]
    assert lines.num_rows == 3


def test_a_tally_tells_counts_by_rule_and_the_first_offender():
    tally = Tally()
    tally.add(rejected(BATCH, KEYS, judge({}, np.ones(3, bool))))
    tally.add(rejected(BATCH, KEYS, judge({"x": column(low=[0, 1, 1])}, np.ones(3, bool))))
    tally.add(rejected(BATCH, KEYS, verdict()))
    assert tally.rows == 5
    assert dict(tally.by_rule) == {"x: low": 3, "y: infinite": 1, "x: missing": 1}
    assert str(tally) == (
        "x: low (3), x: missing (1), y: infinite (1); the first: a.csv row 9 (key k2), column x: low, got '-4'"
    )
