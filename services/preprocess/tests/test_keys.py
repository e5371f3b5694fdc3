import numpy as np
import pyarrow as pa

from contract.split import in_test
from preprocess.keys import find, hashes_of, read_keys, repeated

HASHES = {
    "": "ef46db3751d8e999",
    "a": "d24ec4f1a98c6e5b",
    "abc": "44bc2cf5ad770999",
    "c1": "0b4e4c3cfdf0dbf9",
    "Zürich": "85f1debcbb1a8279",
    "2026-11-22-1": "ae63100ea39fd91a",
}


def test_the_hash_is_the_published_xxh64():
    # if one of these changes, rows that were in the test part get into the training part
    assert [f"{number:016x}" for number in hashes_of(pa.array(list(HASHES))).tolist()] == list(HASHES.values())


def test_a_missing_key_has_the_hash_nought():
    assert hashes_of(pa.array([None, "a"], pa.string()))[0] == 0


def test_the_test_part_is_golden():
    keys = pa.array([f"c{number}" for number in range(40)])
    chosen = keys.filter(pa.array(in_test(hashes_of(keys), 0.2))).to_pylist()
    assert chosen == ["c1", "c16", "c19", "c27", "c31", "c32", "c33", "c36", "c37"]


def test_the_test_part_has_its_fraction_and_grows_with_it():
    hashes = hashes_of(pa.array([str(number) for number in range(100_000)]))
    small, large = in_test(hashes, 0.2), in_test(hashes, 0.3)
    assert abs(small.mean() - 0.2) < 0.005
    assert abs(large.mean() - 0.3) < 0.005
    assert large[small].all()


def test_a_key_has_one_text_whatever_type_it_came_with(day):
    texts = [pa.array(["1", " 2 ", "NA"]), pa.array([1, 2, None]), pa.array([1.0, 2.0, float("nan")])]
    assert [read_keys(column, day.config)[1].to_pylist() for column in texts] == [["1", "2", None]] * 3


def test_a_customer_stays_in_its_part_when_a_tool_adds_a_fraction(day):
    plain = pa.array([str(number) for number in range(999)])
    tools = pa.array([f"{number}.0" for number in range(999)])
    parts = [in_test(hashes_of(read_keys(column, day.config)[1]), 0.2).tolist() for column in (plain, tools)]
    assert parts[0] == parts[1]


def test_ids_that_only_look_like_numbers_stay_what_they_are(day):
    ids = ["007", "0300001", "1e5", "A1", "10.0.0.0"]
    assert read_keys(pa.array(ids), day.config)[1].to_pylist() == ids


def test_a_key_that_was_a_float_beyond_2_to_the_53_is_none(day):
    for column in (pa.array([1e16, 1e15]), pa.array(["1e+16", "1e+15"]), pa.array(["10000000000000000.0", "1e+15"])):
        checked, keys = read_keys(column, day.config)
        assert keys.to_pylist() == [None, "1000000000000000"]
        assert [(rule, rows.tolist()) for rule, rows in checked.broken] == [
            ("a float too large to be exact, its last digits are lost", [True, False])
        ]
    assert read_keys(pa.array([2**53 + 1]), day.config)[1].to_pylist() == ["9007199254740993"]


def test_a_key_of_any_type_has_the_one_text(day):
    day.raw_config["columns"]["id"] = {"type": "datetime", "role": "ignore"}
    assert read_keys(pa.array(["2026-01-02 00:00:00"]), day.config)[1].to_pylist() == ["2026-01-02"]
    day.raw_config["columns"]["id"] = {"type": "category", "role": "ignore", "values": ["1.0", "2.0"]}
    assert read_keys(pa.array([2]), day.config)[1].to_pylist() == ["2"]
    day.raw_config["columns"]["id"] = {"type": "number", "role": "ignore"}
    assert read_keys(pa.array(["007.50", str(2**53 + 1)]), day.config)[1].to_pylist() == ["7.5", None]


def test_a_key_must_not_be_missing(day):
    checked, _ = read_keys(pa.array(["a", None]), day.config)
    assert [(rule, rows.tolist()) for rule, rows in checked.broken] == [("missing", [False, True])]


def test_a_hash_that_is_the_one_before_is_repeated_but_not_that_of_a_missing_key():
    ordered = np.array([0, 0, 3, 3, 3, 5, 7, 7], dtype=np.uint64)
    assert repeated(ordered).tolist() == [False, False, False, True, True, False, False, True]
    assert repeated(ordered[:0]).tolist() == []


def test_hashes_are_found_or_not():
    ordered = np.array([2, 5, 9], dtype=np.uint64)
    assert find(np.array([9, 1, 5, 10, 2], dtype=np.uint64), ordered).tolist() == [2, -1, 1, -1, 0]
    assert find(np.array([1], dtype=np.uint64), ordered[:0]).tolist() == [-1]
