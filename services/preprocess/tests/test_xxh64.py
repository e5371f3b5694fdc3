import pyarrow as pa
import pytest
import xxhash
from hypothesis import given
from hypothesis import strategies as st

from preprocess import xxh64 as module
from preprocess.xxh64 import xxh64


def by_the_library(texts):
    return [xxhash.xxh64_intdigest(text.encode()) for text in texts]


@pytest.mark.parametrize("length", range(101))
def test_texts_of_every_length_have_the_librarys_hash(length):
    texts = [("abcdefghij" * 11)[start : start + length] for start in range(5)]
    assert xxh64(pa.array(texts)).tolist() == by_the_library(texts)


@given(texts=st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=70)))
def test_texts_of_mixed_lengths_have_the_librarys_hash(texts):
    assert xxh64(pa.array(texts, pa.string())).tolist() == by_the_library(texts)


def test_a_part_of_a_column_has_the_hashes_of_its_own_texts():
    texts = ["a", "Zürich", "", "c" * 40]
    assert xxh64(pa.array(["before", *texts, "after"]).slice(1, 4)).tolist() == by_the_library(texts)


def test_more_texts_than_are_hashed_at_once_have_the_librarys_hash(monkeypatch):
    monkeypatch.setattr(module, "_AT_ONCE", 3)
    texts = ["a", "bb", "cc", "dd", "ee", "ff", "gg", "z"]
    assert xxh64(pa.array(texts)).tolist() == by_the_library(texts)
