import logging
import shutil

import pytest

from contract.errors import DataError

TARGET = "raw/2026-11-22/target"
EVERY_DAY = {"kind": "sql", "query": "select id, bought from labels"}
THIS_DAY = {"kind": "sql", "query": "select id, bought from labels where day = :day"}


@pytest.fixture
def ids(day):
    """Rows whose key is a plain number."""
    day.bring_data(day.rows(3, id=["300001", "300002", "300003"]))
    return day


def labels(*keys, **columns):
    return {"id": list(keys), "bought": ["no"] * len(keys), **columns}


def warnings(caplog):
    return [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]


@pytest.mark.parametrize("source", [None, THIS_DAY])
def test_labels_of_which_none_fits_a_row_stop_the_day_until_they_are_mended(ids, source):
    ids.bring_target(labels("0300001", "0300002"), source=source)
    with pytest.raises(DataError) as error:
        ids.process()
    text = str(error.value)
    assert f"{TARGET}: 2 of 2 labels fit no row by 'id': labels have '0300" in text
    assert "rows have '300001', '300002', '300003'; a key must be written in both alike" in text
    assert "mend the labels and generate the day again, or take them away and delete raw/2026-11-22/target" in text
    assert not ids.path.exists()
    ids.bring_target(labels("300001", "300002"))
    assert ids.process().manifest.counts["labelled"] == 2


def test_a_day_whose_labels_are_deleted_goes_on_without(ids):
    target = ids.bring_target(labels("0300001"))
    with pytest.raises(DataError, match="to go on without"):
        ids.process()
    shutil.rmtree(target.path)
    assert ids.process().manifest.counts["rows_out"] == 3


def test_some_labels_that_fit_no_row_are_told_with_keys_of_both_sides(ids, caplog):
    ids.bring_target(labels("300001", "0300002", "x"))
    counts = ids.process().manifest.counts
    assert (counts["labelled"], counts["labels_without_row"]) == (1, 2)
    (told,) = warnings(caplog)
    assert told.startswith(f"{TARGET}: 2 of 3 labels fit no row by 'id': labels have ")
    assert "'0300002'" in told
    assert "rows have '300001'" in told


def test_labels_that_all_fit_are_not_worth_a_word(ids, caplog):
    ids.bring_target(labels("300001", "300003.0"))
    assert ids.process().manifest.counts["labelled"] == 2
    assert warnings(caplog) == []


def test_labels_without_a_key_fit_no_row_and_a_missing_label_is_none(ids, caplog):
    ids.bring_target(labels("300001", None, " ", None, bought=["no", "yes", "no", None]))
    counts = ids.process().manifest.counts
    assert (counts["labels_without_key"], counts["labels_without_row"]) == (2, 0)
    assert "2 of 3 labels fit no row by 'id': labels have no key, rows have" in warnings(caplog)[0]


def test_a_query_for_the_labels_of_all_days_may_have_none_for_this_one(ids, caplog):
    ids.bring_target(labels("1", "2"), source=EVERY_DAY)
    assert ids.process().manifest.counts["labelled"] == 0
    assert "2 of 2 labels fit no row" in warnings(caplog)[0]
    caplog.clear()
    ids.bring_target(labels("1", "300001"), source=EVERY_DAY)
    assert ids.process().manifest.counts["labelled"] == 1
    assert warnings(caplog) == []


def test_labels_of_rows_that_are_rejected_fit(ids):
    ids.bring_data(ids.rows(3, id=["300001", "300002", "300003"], age=["x", "20", "20"]))
    ids.bring_target(labels("300001"))
    counts = ids.process().manifest.counts
    assert (counts["labelled"], counts["labels_without_row"]) == (0, 0)


def test_labels_that_contradict_each_other_are_told_and_the_first_stays(ids, caplog):
    ids.bring_target(labels("300001", "300002", "300001.0", "300002", bought=["no", "yes", "yes", "yes"]))
    counts = ids.process().manifest.counts
    assert (counts["labels_repeated"], counts["labels_contradicting"]) == (2, 1)
    assert ids.table().column("bought").to_pylist() == ["no", "yes", None]
    (told,) = warnings(caplog)
    assert f"{TARGET}: 1 labels contradict an earlier one of the same key ('300001'); the first" in told
