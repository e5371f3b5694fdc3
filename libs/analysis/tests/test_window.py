import subprocess
import sys
from dataclasses import replace
from datetime import date

import msgspec
import pyarrow as pa
import pytest

from analysis.window import expected_rows, held_out, training_days
from contract.config.data import Column
from contract.datasets.dataset import Dataset
from contract.datasets.publish import DatasetWriter
from contract.datasets.recipe import Recipe
from contract.errors import DataError, MissingInput
from contract.steps.run import Run

ROWS = pa.record_batch({"x": [1.5, 2.5], "y": ["no", "yes"], "_group": pa.array([1, 2], pa.uint64())})


@pytest.fixture
def run(tmp_path, config):
    return Run(step="train", package=tmp_path, date=date(2026, 1, 3), root=tmp_path, config=config)


def process(run, day, rows=ROWS, labelled=0, settings=None, by_class=None):
    counts = {"labelled": labelled} | ({} if by_class is None else {"labelled_by_class": by_class})
    with DatasetWriter(run.layout.processed(day)) as writer:
        writer.write(rows)
        writer.publish(Recipe("preprocess", day, "c0de", settings or {}), counts=counts, run={})


def test_the_days_of_the_window_are_opened_oldest_first(run):
    for day in ("2026-01-03", "2026-01-01", "2026-01-02"):
        process(run, day, ROWS)
    assert [dataset.path.name for dataset in training_days(run).days] == ["2026-01-01", "2026-01-02", "2026-01-03"]


def test_days_that_are_not_there_are_named_with_what_to_run(run):
    process(run, "2026-01-02", ROWS)
    with pytest.raises(MissingInput, match=r"lacks 2026-01-01, 2026-01-03; run .* preprocess --day 2026-01-01"):
        training_days(run)


def test_a_day_without_target_is_named(run):
    for day in ("2026-01-01", "2026-01-03"):
        process(run, day, ROWS)
    process(run, "2026-01-02", ROWS.drop_columns(["y"]))
    with pytest.raises(MissingInput, match=r"processed/2026-01-02: no target for a day: 'y' .* not for 2026-01-02;"):
        training_days(run)


def test_a_training_goes_on_without_days_when_enough_are_left_and_says_which(run, caplog):
    process(run, "2026-01-01")
    process(run, "2026-01-02", ROWS.drop_columns(["y"]))
    with pytest.raises(MissingInput, match=r"lacks 2026-01-03; .* set training.min_days, now unset"):
        training_days(run)
    with pytest.raises(MissingInput, match=r"training.min_days, now 2"):
        training_days(replace(run, config=changed(run.config, "training", min_days=2)))
    window = training_days(replace(run, config=changed(run.config, "training", min_days=1)))
    assert [day.path.name for day in window.days] == ["2026-01-01"]
    assert window.left_out == {"2026-01-02": "no labels", "2026-01-03": "no data"}
    assert "without days of the window of 2026-01-03: 2026-01-02 (no labels), 2026-01-03 (no data)" in caplog.text


def test_a_day_whose_labels_are_overdue_blocks_no_training(run):
    process(run, "2026-01-02")
    process(run, "2026-01-03")
    process(run, "2026-01-01", ROWS.drop_columns(["y"]))
    patient = replace(run, config=changed(run.config, "schedule", label_grace_days=3))
    with pytest.raises(MissingInput, match="is not for 2026-01-01"):
        training_days(patient)
    window = training_days(replace(run, config=changed(run.config, "schedule", label_grace_days=2)))
    assert (len(window.days), window.left_out) == (2, {"2026-01-01": "no labels"})


def test_a_day_without_rows_lacks_nothing_and_teaches_nothing(run):
    process(run, "2026-01-01")
    process(run, "2026-01-03")
    process(run, "2026-01-02", ROWS.slice(0, 0).drop_columns(["y"]))
    window = training_days(run)
    assert [day.path.name for day in window.days] == ["2026-01-01", "2026-01-03"]
    assert window.left_out == {}
    for day in ("2026-01-01", "2026-01-03"):
        process(run, day, ROWS.slice(0, 0))
    with pytest.raises(MissingInput, match="no day of the window of 2026-01-03, 2026-01-01 to 2026-01-03, has a row"):
        training_days(run)


def test_days_that_are_not_expected_are_no_part_of_the_window(run):
    # 2026-01-03 is a Saturday
    process(run, "2026-01-01")
    process(run, "2026-01-02")
    assert training_days(replace(run, config=changed(run.config, "schedule", expected="weekdays"))).left_out == {}


def test_a_day_that_was_made_for_something_else_is_named_with_the_way_out(run):
    for day in ("2026-01-01", "2026-01-02", "2026-01-03"):
        process(run, day)
    run = replace(run, config=changed(run.config, "table", test_fraction=0.5))
    process(run, "2026-01-02", settings=made_by(changed(run.config, "table", test_fraction=0.1)))
    with pytest.raises(
        DataError, match=r"processed/2026-01-02: .*test_fraction 0.1, .* has 0.5; .* preprocess --day 2026-01-02"
    ):
        training_days(run)


def test_days_of_other_rules_for_the_same_rows_are_told_of_once_each(run, caplog):
    bounded = made_by(changed(run.config, "columns", x=Column(type="number", min=1)))
    for day in ("2026-01-01", "2026-01-02", "2026-01-03"):
        process(run, day, settings=bounded if day < "2026-01-03" else made_by(run.config))
    assert len(training_days(run).days) == 3
    (line,) = caplog.messages
    assert line.startswith("processed: columns.x.min was different for 2026-01-01 to 2026-01-02")


@pytest.mark.parametrize(
    ("labelled", "count", "why"),
    [
        ([2000] * 7, 2, "they have about 800 labelled test rows"),
        ([3000] * 7, 1, "they have about 600 labelled test rows"),
        ([100_000] * 6 + [20], 2, "they have about 20004 labelled test rows"),
        ([300] * 7, 2, "a third of the window, with about 120 labelled test rows"),
        ([200] * 7, 0, "a third of the window has about 80 labelled test rows, fewer than 100"),
        ([9000] * 3, 1, "they have about 1800 labelled test rows"),
        ([9000] * 2, 0, "the window has 2 days, and 3 are needed to hold one out"),
    ],
)
def test_as_many_of_the_last_days_are_held_out_as_the_labelled_rows_allow(run, labelled, count, why):
    days = window_of(run, labelled)
    parted = held_out(run.config, days)
    assert parted.days == days[len(days) - count :]
    assert parted.fitted + parted.days == days
    assert parted.why == why


@pytest.mark.parametrize(
    ("asked", "count", "why"),
    [
        (0, 0, "training.test_days = 0"),
        (2, 2, "training.test_days = 2"),
        (5, 3, "training.test_days = 5, of which the window of 4 days leaves 3"),
    ],
)
def test_the_configuration_may_say_how_many_days_are_held_out_but_one_is_always_fitted(run, asked, count, why):
    days = window_of(run, [1] * 4)
    parted = held_out(changed(run.config, "training", test_days=asked), days)
    assert (len(parted.days), parted.why) == (count, why)


def test_more_days_are_held_out_where_a_class_is_rare(run):
    rare = [{"no": 2850, "yes": 150}] * 7  # of the test part 30 a day
    days = window_of(run, [3000] * 7, rare)
    assert len(held_out(run.config, days).days) == 2
    assert expected_rows(days[-2:], run.config) == pytest.approx((1200, 60))
    even = window_of(run, [3000] * 7, [{"no": 2000, "yes": 1000}] * 7)
    assert len(held_out(run.config, even).days) == 1


def test_more_days_are_held_out_where_the_gate_needs_more_of_the_rarer_class(run):
    days = window_of(run, [3000] * 7, [{"no": 2550, "yes": 450}] * 7)  # of the test part 90 a day
    assert len(held_out(run.config, days).days) == 1
    assert len(held_out(changed(run.config, "gate", min_test_rows=100), days).days) == 2


def test_no_day_is_held_out_where_a_third_of_them_could_never_satisfy_the_gate(run):
    days = window_of(run, [3000] * 7, [{"no": 2940, "yes": 60}] * 7)  # of the test part 12 a day
    parted = held_out(run.config, days)
    assert (parted.fitted, parted.days) == (days, [])
    assert parted.why == (
        "a third of the window has about 24 labelled test rows of the rarer classes, fewer than 45, "
        "which gate.min_test_rows needs"
    )


def test_rows_of_the_rarer_class_are_unknown_where_a_day_does_not_tell_them(run):
    days = window_of(run, [100, 100], [{"no": 50, "yes": 50}, None])
    assert expected_rows(days, run.config) == (40, float("inf"))


def window_of(run, labelled, by_class=None):
    names = [f"2026-01-{number:02}" for number in range(1, len(labelled) + 1)]
    for name, rows, classes in zip(names, labelled, by_class or [None] * len(labelled), strict=True):
        process(run, name, labelled=rows, by_class=classes)
    return [Dataset.open(run.layout.processed(name)) for name in names]


def changed(config, section, **values):
    old = getattr(config, section)
    new = old | values if isinstance(old, dict) else msgspec.structs.replace(old, **values)
    return msgspec.structs.replace(config, **{section: new})


def made_by(config):
    """The settings of a day that preprocess made."""
    columns = [{"name": name, **msgspec.to_builtins(column)} for name, column in config.columns.items()]
    return {"table": msgspec.to_builtins(config.table), "columns": columns}


def test_looking_for_the_days_loads_no_heavy_library():
    program = "import sys, analysis.window; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True).stdout.split()
    assert "analysis.window" in loaded
    assert {"numpy", "pyarrow"} & set(loaded) == set()
