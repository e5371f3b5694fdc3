import numpy as np
import pytest

from contract.datasets.dataset import Dataset
from contract.errors import DataError
from train.rows import read
from train.splits.folds import folds


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


def in_time(project, days, folds_, delay):
    project.configure(folds=folds_, days=days)
    text = (project.root / "pipeline.toml").read_text()
    lines = f'[training]\ncross_validation = "by_day"\ntarget_delay_days = {delay}\n'
    (project.root / "pipeline.toml").write_text(text.replace("[training]\n", lines))
    return project.config


def test_by_day_what_was_not_known_yet_lies_between_what_is_fitted_and_what_is_scored(project):
    rows = rows_of(project, 8)
    splits = folds(in_time(project, 8, 2, 2), rows)
    assert [(set(rows.days[inside]), set(rows.days[outside])) for inside, outside in splits] == [
        ({0, 1}, {4, 5}),
        ({0, 1, 2, 3}, {6, 7}),
    ]


def test_by_day_the_gap_costs_days(project):
    rows = rows_of(project, 4)
    with pytest.raises(DataError, match=r"needs at least 5 days .* 2 of training.target_delay_days .*, got 4"):
        folds(in_time(project, 4, 2, 2), rows)


@pytest.mark.parametrize("each_task", ["binary", "regression"], indirect=True)
def test_by_day_who_comes_every_day_is_fitted_or_scored_and_never_both(each_task):
    each_task.recur(7)
    config = in_time(each_task, 7, 3, 1)
    rows = each_task.rows(7)
    scored = set()
    for inside, outside in folds(config, rows):
        assert rows.days[inside].max() + 1 < rows.days[outside].min()
        fitted, apart = set(rows.groups[inside]), set(rows.groups[outside])
        assert not fitted & apart
        assert (len(fitted), len(apart)) == (pytest.approx(200, abs=5), pytest.approx(100, abs=5))
        scored |= apart
    assert len(scored) == 300


def test_by_day_who_is_new_is_scored_in_every_fold(project):
    project.recur(3)
    project.process("2026-01-04", seed=3)
    rows, config = project.rows(4), in_time(project, 4, 2, 0)
    _, (_, outside) = folds(config, rows)
    assert set(rows.days[outside]) == {3}
    assert len(outside) == 96


@pytest.mark.parametrize("each_task", ["binary", "regression"], indirect=True)
def test_shuffled_nobody_is_fitted_and_scored(each_task):
    each_task.recur(4)
    each_task.configure(days=4)
    rows = each_task.rows(4)
    splits = folds(each_task.config, rows)
    assert sorted(np.concatenate([outside for _, outside in splits])) == list(range(1200))
    assert all(not set(rows.groups[inside]) & set(rows.groups[outside]) for inside, outside in splits)


def test_shuffled_every_row_is_left_out_once_and_classes_are_spread_evenly(project):
    rows = rows_of(project, 2)
    splits = folds(project.config, rows)
    assert sorted(np.concatenate([outside for _, outside in splits])) == list(range(len(rows.target)))
    shares = [rows.codes[outside].mean() for _, outside in splits]
    assert max(shares) - min(shares) < 0.02
