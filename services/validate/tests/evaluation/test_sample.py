import numpy as np
import pyarrow as pa
import pytest

from contract.errors import DataError
from validate.evaluation.sample import Sample


def batches(rows, group_of_row, size=1000):
    for start in range(0, rows, size):
        numbers = np.arange(start, min(start + size, rows))
        words = pa.array([f"w{number % 7 + start}" for number in numbers]).dictionary_encode()
        yield pa.record_batch({"x": numbers, "word": words, "_group": group_of_row[numbers].astype(np.uint64)})


def drawn(rows, count, group_of_row):
    sample = Sample(count)
    for batch in batches(rows, group_of_row):
        sample.add(batch)
    return sample.table()


def test_of_sorted_rows_the_sample_has_its_share_of_every_tenth():
    table = drawn(20_000, 1000, np.arange(20_000))
    tenths = np.bincount(table.column("x").to_numpy() // 2000, minlength=10)
    assert table.num_rows == 1000
    assert tenths.min() > 70
    assert tenths.max() < 130


def test_the_rows_of_one_long_group_are_drawn_by_their_share_too():
    groups = np.where(np.arange(20_000) < 10_000, 5, np.arange(20_000))
    share = np.mean(drawn(20_000, 1000, groups).column("x").to_numpy() < 10_000)
    assert share == pytest.approx(0.5, abs=0.06)


def test_the_first_rows_of_a_sample_are_one_too():
    first = drawn(20_000, 1000, np.arange(20_000)).slice(0, 200).column("x").to_numpy()
    assert np.bincount(first // 5000, minlength=4).min() > 30


def test_few_rows_are_all_in_it_and_the_same_rows_give_the_same_sample():
    few = drawn(50, 1000, np.arange(50))
    assert sorted(few.column("x").to_pylist()) == list(range(50))
    assert few.schema.field("word").type == pa.string()
    assert drawn(5000, 100, np.arange(5000)).equals(drawn(5000, 100, np.arange(5000)))
    assert Sample(5).table() is None


def test_rows_without_a_group_are_refused():
    with pytest.raises(DataError, match="must have the column '_group'"):
        Sample(5).add(pa.record_batch({"x": [1, 2]}))
