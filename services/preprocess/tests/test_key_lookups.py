import numpy as np
import pyarrow as pa
import pytest

from preprocess.key_lookups import key_lookups
from preprocess.keys import hashes_of, read_keys
from preprocess.labels.read import read_labels


@pytest.fixture
def ask(day, tmp_path):
    """What is looked up for rows with these keys, in their order; labels by key."""

    def ask(ids, labels=None, *, buckets=1):
        directory = tmp_path / str(len(list(tmp_path.iterdir())))
        directory.mkdir()
        data = day.bring_data(day.rows(len(ids), id=ids))
        target = labels and day.bring_target({"id": list(labels), "bought": list(labels.values())})
        known = read_labels(target, day.config, directory, buckets) if target else None
        lookups = key_lookups(data, day.config, known, directory, buckets)
        return lookups.following(hashes_of(read_keys(pa.array(ids), day.config)[1]))

    return ask


@pytest.mark.parametrize("buckets", [1, 2, 7])
def test_the_rows_after_the_first_with_a_key_are_repeated(ask, buckets):
    lookups = ask(["a", "b", " a", None, None, "b", "c"], buckets=buckets)
    assert lookups["repeated"].tolist() == [False, False, True, False, False, True, False]


@pytest.mark.parametrize("buckets", [1, 7])
def test_each_row_gets_the_label_of_its_key(ask, buckets):
    lookups = ask(["a", "b", "c", "a", None], {"c": "yes", "x": "no", "a": "no", "b": "oui"}, buckets=buckets)
    assert lookups["label"].tolist()[:4] == [0, np.inf, 1, 0]
    assert np.isnan(lookups["label"][4])


def test_without_labels_no_row_has_one(ask):
    assert np.isnan(ask(["a", "b"])["label"]).all()
