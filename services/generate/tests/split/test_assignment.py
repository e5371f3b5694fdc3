from collections import Counter
from datetime import date

import pyarrow as pa
import pytest

from contract.config.parse import parse
from generate.split.assignment import ByHash, expected_days


@pytest.fixture
def by_hash(table):
    def make(key="id", count=7):
        config = parse(table | {"table": table["table"] | {"key": key}})
        return ByHash(config, expected_days(config, count))

    return make


def batch(**columns):
    return pa.RecordBatch.from_pydict(columns)


def test_a_key_has_its_day_whatever_else_the_row_says_and_however_it_is_written(by_hash):
    first = by_hash().days(batch(id=["7", "8"], age=["1", "2"]))
    again = by_hash().days(batch(id=[8.0, 7.0], plan=["a", "b"]))
    assert first.tolist() == again.tolist()[::-1]


def test_days_follow_the_first_one_and_have_about_as_many_rows_each(by_hash):
    days = by_hash(count=5).days(batch(id=[f"k{number}" for number in range(5000)]))
    counts = Counter(date.fromordinal(day).isoformat() for day in days.tolist())
    assert sorted(counts) == [f"2026-11-0{number}" for number in range(1, 6)]
    assert min(counts.values()) > 900


def test_a_row_without_a_key_has_the_day_of_its_content_but_not_of_its_label_or_of_the_order(by_hash):
    rows = {"age": [str(number) for number in range(50)], "plan": ["a", None] * 25}
    unlabelled = by_hash(None).days(batch(**rows, left=[None] * 50))
    labelled = by_hash(None).days(batch(plan=rows["plan"][::-1], left=["yes"] * 50, age=rows["age"][::-1]))
    assert unlabelled.tolist() == labelled.tolist()[::-1]
    assert len(set(unlabelled.tolist())) > 1


def test_rows_whose_key_is_missing_go_by_their_content(by_hash):
    days = by_hash().days(batch(id=[None] * 40, age=[str(number) for number in range(40)]))
    assert len(set(days.tolist())) > 1
