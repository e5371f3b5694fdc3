import shutil
import subprocess
import sys

import pytest

from contract.errors import DataError, MissingInput

HEAVY = {"numpy", "pyarrow", "pandas", "xxhash"}


def test_deciding_loads_no_heavy_library():
    program = "import sys, preprocess.work; print(*sys.modules)"
    started = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    modules = set(started.stdout.split())
    assert "preprocess.work" in modules
    assert HEAVY & modules == set()


def test_without_raw_data_the_step_says_what_is_missing(day):
    with pytest.raises(MissingInput, match=r"raw/2026-11-22/data/manifest.json: not there"):
        day.process()


def test_a_feature_that_is_not_there_is_named(day):
    day.bring_data(day.rows(3, income=None, city=None))
    with pytest.raises(DataError, match=r"raw/2026-11-22/data: must have .* without income, city; it has id, age"):
        day.process()
    assert not day.path.exists()


def test_a_key_that_is_not_there_is_named(day):
    day.bring_data(day.rows(3, id=None))
    with pytest.raises(DataError, match=r"without id;"):
        day.process()


def test_a_day_without_rows_has_the_columns_of_one_with_rows(day):
    day.bring_data(day.rows(3))
    usual = day.process().manifest.schema
    day.bring_data(day.rows(3).slice(0, 0))
    processed = day.process()
    assert processed.manifest.schema == usual
    assert processed.rows() == 0
    assert {name: processed.manifest.counts[name] for name in ("rows_in", "rows_out", "rejected", "labelled")} == {
        "rows_in": 0, "rows_out": 0, "rejected": 0, "labelled": 0
    }  # fmt: skip
    day.process()
    assert day.processed.manifest == processed.manifest


def test_a_damaged_raw_file_is_refused(day):
    raw = day.bring_data(day.rows(3))
    part = raw.path / raw.manifest.files[0].path
    part.write_bytes(part.read_bytes()[:-20])
    with pytest.raises(DataError, match=r"part-00000-.*must have \d+ bytes by its manifest, got \d+"):
        day.process()
    assert not day.path.exists()


def test_a_second_run_is_up_to_date_and_changes_no_byte(day, caplog):
    caplog.set_level("INFO")
    day.bring_data(day.rows(3))
    day.process()
    before = day.tree()
    day.process()
    assert day.tree() == before
    assert caplog.messages[-1] == "processed/2026-11-22: up to date"


def test_labels_that_come_later_make_the_day_again(day):
    day.bring_data(day.rows(2))
    assert "bought" not in {field.name for field in day.process().manifest.schema}
    day.bring_target({"id": ["c1"], "bought": ["no"]})
    dataset = day.process()
    assert [dataset.path for dataset in dataset.manifest.inputs] == ["raw/2026-11-22/data", "raw/2026-11-22/target"]
    assert dataset.manifest.counts["labelled"] == 1


def test_a_target_that_was_not_there_is_on_record_until_it_has_come(day):
    day.bring_data(day.rows(2))
    assert day.process().manifest.run["observed"] == {"absent": ["raw/2026-11-22/target"]}
    day.bring_target({"id": ["c1"], "bought": ["no"]})
    assert day.process().manifest.run["observed"] == {}


def test_a_day_that_is_said_to_have_no_rows_by_now_has_no_use_for_its_labels(day):
    day.bring_data(day.rows(2))
    day.bring_target({"id": ["c0", "c1"], "bought": ["no", "yes"]})
    assert day.process().manifest.counts["labelled"] == 2
    day.bring_data(day.rows(0))
    dataset = day.process()
    assert (dataset.manifest.counts["rows_in"], dataset.manifest.run["observed"]) == (0, {})
    assert [source.path for source in dataset.manifest.inputs] == ["raw/2026-11-22/data"]


def test_another_order_of_the_columns_makes_the_day_again(day):
    day.bring_data(day.rows(2))
    before = day.process().manifest
    day.raw_config["columns"] = dict(reversed(day.raw_config["columns"].items()))
    after = day.process().manifest
    assert after.fingerprint != before.fingerprint
    assert [field.name for field in after.schema] == ["id", "city", "plan", "income", "age", "split", "_group"]


@pytest.fixture
def numbered(day):
    """The day without a key: its rows are numbered."""
    del day.raw_config["table"]["key"], day.raw_config["columns"]["id"]
    return day


def rows_of(day, *cities):
    keys = [f"2026-11-22-{number + 1}" for number in range(len(cities))]
    return day.rows(len(cities), id=None, row_key=keys, city=list(cities))


def test_labels_of_numbered_rows_that_were_not_read_with_them_are_refused_until_both_are_read_again(numbered):
    labels = {"row_key": ["2026-11-22-1"], "bought": ["yes"]}
    numbered.bring_target(labels, read_with=numbered.bring_data(rows_of(numbered, "Bern")))
    numbered.process()
    before = numbered.tree()
    later = numbered.bring_data(rows_of(numbered, "Rome", "Bern"))
    with pytest.raises(
        DataError, match=r"raw/2026-11-22/target: without table.key .* generate the day again, or delete"
    ):
        numbered.process()
    assert numbered.tree() == before
    numbered.bring_target({**labels, "row_key": ["2026-11-22-2"]}, read_with=later)
    numbered.process()
    assert numbered.table().select(["city", "bought"]).to_pylist() == [
        {"city": "Rome", "bought": None},
        {"city": "Bern", "bought": "yes"},
    ]


def test_labels_of_numbered_rows_that_are_deleted_let_the_day_go_on_without(numbered):
    labels = numbered.bring_target({"row_key": ["2026-11-22-1"], "bought": ["yes"]})
    numbered.bring_data(rows_of(numbered, "Rome", "Bern"))
    with pytest.raises(DataError, match="or delete raw/2026-11-22/target to go on without labels"):
        numbered.process()
    shutil.rmtree(labels.path)
    assert numbered.process().manifest.counts["labelled"] == 0


def test_labels_of_a_target_before_are_none_once_the_rows_were_read_for_the_one_of_now(day, caplog):
    left, bought = ({"key": "id", "target": name} for name in ("left", "bought"))
    day.bring_data(day.rows(2), asked=left)
    day.bring_target({"id": ["c1"], "left": ["no"]}, asked=left)
    with pytest.raises(DataError, match="generate the day again"):
        day.process()
    day.bring_data(day.rows(2), asked=bought)
    assert day.process().manifest.counts["labelled"] == 0
    assert "raw/2026-11-22/target: has labels of left alone, and pipeline.toml asks for bought by id" in caplog.text
    day.bring_target({"id": ["c1"], "bought": ["no"]}, asked=bought)
    assert day.process().manifest.counts["labelled"] == 1


def test_labels_brought_for_another_key_or_target_are_refused(day):
    day.bring_data(day.rows(2))
    day.bring_target({"customer": ["c1"], "left": ["no"]})
    with pytest.raises(
        DataError, match=r"raw/2026-11-22/target: must have the key and the target .* without id, bought;"
    ):
        day.process()
    day.bring_target({"id": ["c1"], "bought": ["no"]})
    assert day.process().manifest.counts["labelled"] == 1
