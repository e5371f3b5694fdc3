import numpy as np
import pytest

from contract.datasets.dataset import Dataset
from contract.errors import DataError
from train.folds import folds
from train.rows import read


def rows_of(project, count):
    for number in range(count):
        project.process(f"2026-01-{number + 1:02d}", seed=number)
    project.configure(folds=2, days=count)
    days = [Dataset.open(project.root / "processed" / f"2026-01-{number + 1:02d}") for number in range(count)]
    return read(days, project.config)


def by_day(project, folds_=2, days=4):
    text = (project.root / "pipeline.toml").read_text()
    text = text.replace("[training]\n", '[training]\ncross_validation = "by_day"\n')
    (project.root / "pipeline.toml").write_text(text.replace("folds = 2", f"folds = {folds_}"))
    return project.config


def test_by_day_every_fit_is_on_days_before_those_that_are_scored(project):
    rows = rows_of(project, 4)
    splits = folds(by_day(project), rows)
    assert [(set(rows.days[inside]), set(rows.days[outside])) for inside, outside in splits] == [
        ({0, 1}, {2}),
        ({0, 1, 2}, {3}),
    ]


def test_by_day_needs_a_day_more_than_folds(project):
    rows = rows_of(project, 2)
    with pytest.raises(DataError, match="needs at least 3 days .*, got 2; lower training.folds"):
        folds(by_day(project), rows)


def test_shuffled_every_row_is_left_out_once_and_classes_are_spread_evenly(project):
    rows = rows_of(project, 2)
    splits = folds(project.config, rows)
    assert sorted(np.concatenate([outside for _, outside in splits])) == list(range(len(rows.target)))
    shares = [rows.codes[outside].mean() for _, outside in splits]
    assert max(shares) - min(shares) < 0.02
