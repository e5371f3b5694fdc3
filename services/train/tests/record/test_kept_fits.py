"""What is kept is bounded, and goes."""

import errno
import json
import os
import time
from datetime import date

import joblib
import pytest

from contract.datasets.recipe import Recipe
from contract.steps.run import Run
from train.record import kept_fits
from train.record.kept_fits import KEPT_SECONDS, MOST_DAYS, KeptFits


@pytest.fixture
def kept(project, tmp_path):
    """The fits of a day."""

    def kept(day="2026-01-02", *, force=False, code="c0de", key=None):
        run = Run("train", tmp_path, date.fromisoformat(day), project.root, project.config, force=force)
        return KeptFits(run, Recipe("train", day, code, {}), key)

    return kept


@pytest.fixture
def model_file(tmp_path):
    joblib.dump({"a": 1}, tmp_path / "model")
    return tmp_path / "model"


def test_what_is_kept_comes_back_to_the_byte_with_scores_that_are_no_numbers(kept, model_file, tmp_path):
    kept().keep(model_file, {"mean": float("nan"), "chosen": "a"}, {"fit": 1.5})
    model, card, seconds = kept().take(tmp_path / "again")
    assert (model, seconds, card["chosen"]) == ({"a": 1}, {"fit": 1.5}, "a")
    assert card["mean"] != card["mean"]
    assert (tmp_path / "again").read_bytes() == model_file.read_bytes()


@pytest.mark.parametrize("other", [{"force": True}, {"code": "c0d3"}, {"key": b"k" * 32}])
def test_fits_of_other_code_or_another_key_are_not_taken_and_none_with_force(kept, model_file, tmp_path, other):
    kept(key=b"q" * 32).keep(model_file, {}, {})
    assert kept(**({"key": b"q" * 32} | other)).take(tmp_path / "again") is None
    assert kept().take(tmp_path / "again") is None
    assert kept(key=b"q" * 32).take(tmp_path / "again")


def test_fits_of_other_libraries_or_other_bytes_are_not_taken(kept, model_file, project, tmp_path, monkeypatch):
    kept().keep(model_file, {}, {})
    with monkeypatch.context() as patch:
        patch.setattr(kept_fits, "version", lambda library: "0")
        assert kept().take(tmp_path / "again") is None
    for name in ("model.joblib", "report.json"):
        kept().keep(model_file, {}, {})
        assert kept().take(tmp_path / "again")
        file = project.root / ".kept/train/2026-01-02" / name
        file.write_bytes(file.read_bytes()[:-1] + b" ")
        assert kept().take(tmp_path / "again") is None


def test_nothing_is_left_when_the_day_is_published(kept, model_file, project, tmp_path):
    kept().keep(model_file, {}, {})
    kept().forget()
    assert not (project.root / ".kept").exists()
    assert kept().take(tmp_path / "again") is None


def test_a_model_that_is_too_large_is_not_kept(kept, model_file, project, monkeypatch):
    monkeypatch.setattr(kept_fits, "MOST_BYTES", model_file.stat().st_size - 1)
    kept().keep(model_file, {}, {})
    assert not (project.root / ".kept").exists()


def test_of_many_days_the_latest_are_kept_and_the_old_ones_go(kept, model_file, project):
    folder = project.root / ".kept" / "train"
    days = [f"2026-01-0{number}" for number in range(1, 7)]
    for number, day in enumerate(days):
        kept(day).keep(model_file, {}, {})
        os.utime(folder / day, (time.time() - 600 + number,) * 2)
    kept(days[-1]).keep(model_file, {}, {})
    assert sorted(path.name for path in folder.iterdir()) == days[-MOST_DAYS:]
    old = time.time() - KEPT_SECONDS - 60
    os.utime(folder / days[-2], (old, old))
    kept(days[-1]).forget()
    assert [path.name for path in folder.iterdir()] == [days[-3]]


def test_a_half_is_nothing(kept, model_file, project, tmp_path):
    for name in ("model.joblib", "report.json", "fits.json"):
        kept().keep(model_file, {}, {})
        (project.root / ".kept/train/2026-01-02" / name).unlink()
        assert kept().take(tmp_path / "again") is None
    kept().keep(model_file, {}, {})
    (project.root / ".kept/train/2026-01-02/fits.json").write_text("{")
    assert kept().take(tmp_path / "again") is None
    (project.root / ".kept/train/2026-01-02/fits.json").write_text(json.dumps([]))
    assert kept().take(tmp_path / "again") is None


def test_a_disk_that_is_full_costs_the_next_try_its_fits_alone(kept, model_file, project, monkeypatch, caplog):
    def full(path, content):
        path.write_bytes(content[:3])
        raise OSError(errno.ENOSPC, "No space left on device", str(path))

    monkeypatch.setattr(kept_fits, "replace_file", full)
    kept().keep(model_file, {}, {})
    assert "the fits are not kept, another try would fit again" in caplog.text
    assert not (project.root / ".kept").exists()
