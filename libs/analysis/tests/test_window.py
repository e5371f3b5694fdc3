import subprocess
import sys
from datetime import date

import pyarrow as pa
import pytest

from analysis.window import labelled_days
from contract.datasets.publish import DatasetWriter
from contract.datasets.recipe import Recipe
from contract.errors import MissingInput
from contract.steps.run import Run

ROWS = pa.record_batch({"x": [1.5, 2.5], "y": ["no", "yes"]})


@pytest.fixture
def run(tmp_path, config):
    return Run(step="train", package=tmp_path, date=date(2026, 1, 3), root=tmp_path, config=config)


def process(run, day, rows):
    with DatasetWriter(run.layout.processed(day)) as writer:
        writer.write(rows)
        writer.publish(Recipe("preprocess", day, "c0de", {}), counts={}, run={})


def test_the_days_of_the_window_are_opened_oldest_first(run):
    for day in ("2026-01-03", "2026-01-01", "2026-01-02"):
        process(run, day, ROWS)
    assert [dataset.path.name for dataset in labelled_days(run)] == ["2026-01-01", "2026-01-02", "2026-01-03"]


def test_days_that_are_not_there_are_named_with_what_to_run(run):
    process(run, "2026-01-02", ROWS)
    with pytest.raises(MissingInput, match=r"lacks 2026-01-01, 2026-01-03; run .* preprocess --day 2026-01-01"):
        labelled_days(run)


def test_a_day_without_target_is_named(run):
    for day in ("2026-01-01", "2026-01-03"):
        process(run, day, ROWS)
    process(run, "2026-01-02", ROWS.drop_columns(["y"]))
    with pytest.raises(MissingInput, match=r"processed/2026-01-02: no target for a day: 'y' .* not for 2026-01-02;"):
        labelled_days(run)


def test_looking_for_the_days_loads_no_heavy_library():
    program = "import sys, analysis.window; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True).stdout.split()
    assert "analysis.window" in loaded
    assert {"numpy", "pyarrow"} & set(loaded) == set()
