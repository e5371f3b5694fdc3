import shutil
from datetime import date

import pytest

from contract.datasets.publish import DatasetWriter
from contract.steps.run import Run


@pytest.fixture
def run(tmp_path, config):
    package = tmp_path / "code" / "train"
    package.mkdir(parents=True)
    (tmp_path / "data").mkdir()
    return Run(step="train", package=package, date=date(2026, 1, 1), root=tmp_path / "data", config=config)


@pytest.fixture
def dataset(run):
    """A dataset that is up to date, with what a killed run left beside it."""
    path = run.layout.model(run.day)
    with DatasetWriter(path) as writer:
        writer.file("card", "card.json").write_text("{}")
        writer.publish(run.recipe({}), counts={}, run=run.provenance())
    (path / ".staging-dead").mkdir()
    return path


def test_what_a_killed_run_left_is_swept_even_when_there_is_nothing_to_do(run, dataset):
    assert run.up_to_date(dataset, run.recipe({})) is not None
    assert not (dataset / ".staging-dead").exists()


def test_a_dataset_that_may_not_be_written_is_up_to_date_all_the_same(run, dataset, monkeypatch):
    def refuse(path):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(shutil, "rmtree", refuse)
    assert run.up_to_date(dataset, run.recipe({})) is not None
