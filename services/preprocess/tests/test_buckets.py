import numpy as np
import pytest

from preprocess import buckets as module
from preprocess.buckets import Buckets, bucket_count

HASHES = np.random.default_rng(1).integers(0, 2**64, 1000, dtype=np.uint64)
INDICES = np.arange(len(HASHES))


@pytest.fixture
def buckets(tmp_path):
    return Buckets(tmp_path / "buckets", 5, np.int64)


def fill(buckets, size=300):
    for start in range(0, len(HASHES), size):
        buckets.add(HASHES[start : start + size], INDICES[start : start + size])


def test_every_record_is_in_one_bucket_and_keeps_its_order_there(buckets):
    fill(buckets)
    contents = [buckets.bucket(number).tolist() for number in range(5)]
    assert sorted(index for indices in contents for index in indices) == INDICES.tolist()
    assert all(indices == sorted(indices) for indices in contents)
    assert min(map(len, contents)) > 100


def test_equal_hashes_are_in_one_bucket(buckets):
    for _ in range(3):
        buckets.add(HASHES[:50], INDICES[:50])
    contents = [buckets.bucket(number).tolist() for number in range(5)]
    assert all(indices.count(index) == 3 for indices in contents for index in indices)


def test_who_asks_in_the_order_of_the_rows_gets_each_ones_record_however_the_rows_are_cut(buckets):
    fill(buckets)
    pieces = [buckets.following(HASHES[start : start + 170]) for start in range(0, len(HASHES), 170)]
    assert np.concatenate(pieces).tolist() == INDICES.tolist()


def test_nothing_may_be_put_in_and_asked_for(buckets):
    buckets.add(HASHES[:0], INDICES[:0])
    assert len(buckets.following(HASHES[:0])) == len(buckets.bucket(3)) == 0


def test_there_are_as_many_buckets_as_keep_each_small(monkeypatch):
    monkeypatch.setattr(module, "BUCKET_ROWS", 10)
    assert [bucket_count(records) for records in (0, 1, 10, 11, 95)] == [1, 1, 1, 2, 10]
