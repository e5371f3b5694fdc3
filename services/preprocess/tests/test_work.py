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


def test_a_day_without_rows_is_refused(day):
    day.bring_data(day.rows(3).slice(0, 0))
    with pytest.raises(DataError, match=r"raw/2026-11-22/data: must have rows, got 0"):
        day.process()


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


def test_another_order_of_the_columns_makes_the_day_again(day):
    day.bring_data(day.rows(2))
    before = day.process().manifest
    day.raw_config["columns"] = dict(reversed(day.raw_config["columns"].items()))
    after = day.process().manifest
    assert after.fingerprint != before.fingerprint
    assert [field.name for field in after.schema] == ["id", "city", "plan", "income", "age", "split"]
