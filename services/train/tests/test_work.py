"""What decides whether a day is trained: its processed days and the settings of a training, no others."""

import json
import subprocess
import sys

import pytest

from contract.datasets.dataset import Dataset

HEAVY = {"numpy", "pyarrow", "pandas", "scipy", "sklearn", "joblib", "mlflow"}


def test_deciding_loads_no_heavy_library():
    program = "import sys, train.work; print(*sys.modules)"
    started = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    modules = set(started.stdout.split())
    assert "train.work" in modules
    assert HEAVY & modules == set()


def test_a_second_run_is_up_to_date_and_changes_no_byte(project, capsys):
    assert project.train() == 0
    before = project.snapshot()
    assert project.train() == 0
    assert "models/2026-01-02: up to date" in capsys.readouterr().err
    assert project.snapshot() == before


@pytest.mark.parametrize("change", [{"folds": 4}, {"metric": "accuracy"}, {"pair": False}])
def test_other_settings_train_again(project, change):
    assert project.train() == 0
    before = project.snapshot()
    project.configure(**change)
    assert project.train() == 0
    assert project.snapshot()["models/2026-01-02/manifest.json"] != before["models/2026-01-02/manifest.json"]
    # the file that a champion pointer may name stays
    assert {name for name in before if "/model-" in name} <= set(project.snapshot())


def test_settings_of_other_steps_do_not_train_again(project):
    assert project.train() == 0
    before = project.snapshot()
    project.configure("[gate]\nmargin = 0.1\n")
    assert project.train() == 0
    del before["pipeline.toml"]
    assert before.items() <= project.snapshot().items()


def test_a_day_that_was_not_processed_is_a_missing_input(project, refuse):
    project.configure(days=4)
    (project.root / "processed/2026-01-01/manifest.json").unlink()
    refuse(66, "processed/2026-01-01: not there", "lacks 2026-01-01;", "preprocess --day 2026-01-01")


def test_a_day_without_target_is_a_missing_input(project, refuse):
    bare = project.columns(seed=1)
    del bare["y"]
    project.process("2026-01-02", bare)
    refuse(66, "no target for a day", "'y'", "is not for 2026-01-02;", "bring the labels")


def test_a_training_without_some_days_says_which_in_its_card_and_trains_again_when_they_come(project, capsys):
    bare = project.columns(seed=1)
    del bare["y"]
    project.process("2026-01-02", bare)
    config = project.root / "pipeline.toml"
    config.write_text(config.read_text().replace("[training]\n", "[training]\nmin_days = 1\n"))
    assert project.train() == 0
    assert "trained without days of the window of 2026-01-02: 2026-01-02 (no labels)" in capsys.readouterr().err
    model = Dataset.open(project.root / "models/2026-01-02")
    card = json.loads(model.file("card").read_text())
    assert card["window"]["left_out"] == {"2026-01-02": "no labels"}
    assert "observed" not in model.manifest.run
    project.process("2026-01-02", seed=1)
    assert project.train() == 0
    again = Dataset.open(project.root / "models/2026-01-02")
    assert [made_from.path for made_from in again.manifest.inputs] == ["processed/2026-01-01", "processed/2026-01-02"]
    assert json.loads(again.file("card").read_text())["window"]["left_out"] == {}


def test_how_many_days_are_enough_changes_no_model(project):
    assert project.train() == 0
    before = project.snapshot()
    config = project.root / "pipeline.toml"
    config.write_text(config.read_text().replace("[training]\n", "[training]\nmin_days = 1\n"))
    assert project.train() == 0
    del before["pipeline.toml"]
    assert before.items() <= project.snapshot().items()


def test_a_day_before_the_first_one_is_a_wrong_usage(refuse):
    refuse(64, "schedule.first_day 2026-01-01", "got 2025-12-31", day="2025-12-31")
