import pyarrow as pa
import pytest

from generate.infer.sampled import sample
from generate.infer.sampled.sample import Sample


@pytest.fixture(autouse=True)
def few(monkeypatch):
    monkeypatch.setattr(sample, "MOST_ROWS", 10)


def sampled(*batches):
    some = Sample(["x"])
    for batch in batches:
        some.add(pa.RecordBatch.from_pydict({"x": batch, "y": batch}))
    return some.table().column("x").to_pylist()


def test_all_rows_of_a_small_table_are_kept_as_trimmed_texts():
    assert sampled([1, 2], [" a ", None]) == ["1", "2", "a", None]


def test_of_a_large_table_every_so_manieth_row_is_kept_to_its_end():
    rows = list(range(1000))
    for size in (1, 7, 100, 1000):
        kept = sampled(*(rows[start : start + size] for start in range(0, 1000, size)))
        assert kept == [str(number) for number in range(0, 1000, 64)]


def test_of_a_wide_table_fewer_rows_are_kept(monkeypatch):
    monkeypatch.setattr(sample, "MOST_CELLS", 3)
    assert sampled(list(range(100))) == ["0", "32", "64", "96"]


def test_no_rows_are_a_sample_too():
    assert sampled() == []
