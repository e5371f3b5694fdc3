import json
import logging
import math
import warnings
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest
from conftest import columns, make, recurring

from contract.config.model import Candidate
from contract.datasets.dataset import Dataset
from contract.errors import DataError
from train.comparison import side_by_side
from train.comparison.selection import Result, best, compare
from train.fit import warned
from train.rows import read


def result(name, *scores):
    return Result(Candidate(name=name, estimator="sklearn.x"), list(scores), [1.0])


def rows(project):
    return read(
        [Dataset.open(project.root / "processed" / day) for day in ("2026-01-01", "2026-01-02")], project.config
    )


def test_the_best_mean_wins():
    assert best([result("a", 0.5, 0.9), result("b", 0.8, 0.8), result("c", 0.1, 0.2)]).candidate.name == "b"


def test_the_first_of_equals_wins():
    assert best([result("a", 0.25, 0.75), result("b", 0.5, 0.5)]).candidate.name == "a"


def test_a_mean_of_several_wins_unless_another_is_better_by_more_than_a_standard_error():
    mean = replace(result("mean", 0.80, 0.85, 0.75), members=[result("a").candidate, result("b").candidate])
    by_chance, surely = result("a", 0.90, 0.84, 0.75), result("b", 0.83, 0.87, 0.79)
    assert best([by_chance, mean]) is mean
    assert best([surely, mean]) is surely
    assert best([result("a", 0.7, 0.7, 0.7), mean]) is mean
    assert best([result("a", *mean.scores), mean]) is mean
    assert best([by_chance, result("c", 0.80, 0.85, 0.75)]) is by_chance


def test_a_mean_of_several_loses_also_to_one_that_is_a_little_better_in_each_fold():
    mean = replace(result("mean", 0.80, 0.90, 0.85), members=[result("a").candidate, result("b").candidate])
    by_chance, surely = result("a", 0.90, 0.85, 0.845), result("b", 0.81, 0.91, 0.86)
    assert best([by_chance, mean]) is mean
    assert best([surely, mean]) is surely
    assert best([by_chance, surely, mean]) is by_chance


def test_a_candidate_without_a_number_cannot_win():
    assert best([result("a", math.nan, 1.0), result("b", -2.0)]).candidate.name == "b"
    with pytest.raises(DataError, match="must be a number for at least one candidate, is none for a"):
        best([result("a", math.nan)])


DUMMY = """
[[training.candidates]]
name = "dummy"
estimator = "sklearn.dummy.DummyRegressor"
"""


def test_a_metric_that_is_not_defined_for_the_targets_is_refused_in_its_own_words(tmp_path, capsys):
    project = make(tmp_path, "regression")
    project.configure(metric="neg_mean_squared_log_error", pair=False)
    assert project.train() == 65
    assert (
        "is none for first (Mean Squared Logarithmic Error cannot be used when targets contain values less than or "
        "equal to -1); mend the target's values, or take another training.metric"
    ) in capsys.readouterr().err


def test_a_candidate_whose_answers_the_metric_is_not_defined_for_loses_and_the_log_says_why(tmp_path, capsys):
    project = make(tmp_path, "regression")
    for seed, day in enumerate(("2026-01-01", "2026-01-02")):
        table = columns("regression", seed=seed)
        table["y"] = pa.array(np.maximum(0.0, table["y"].to_numpy(zero_copy_only=False)))
        project.process(day, table)
    project.configure(DUMMY, metric="neg_mean_poisson_deviance", pair=False)
    assert project.train() == 0
    card = json.loads(Dataset.open(project.root / "models/2026-01-02").file("card").read_text())
    assert card["chosen"] == "dummy"
    assert (
        "first: neg_mean_poisson_deviance cannot be computed in each fold: Mean Tweedie deviance"
        in capsys.readouterr().err
    )


def test_every_candidate_gets_a_score_per_fold_the_same_each_time(each_task):
    first, second = (compare(each_task.config, rows(each_task)) for _ in range(2))
    assert [len(result.scores) for result in first] == [3, 3]
    assert [result.scores for result in first] == [result.scores for result in second]
    assert all(math.isfinite(score) for result in first for score in (*result.scores, *result.train_scores))


FOREST = """
[[training.candidates]]
name = "forest"
estimator = "sklearn.ensemble.RandomForestClassifier"
params = { n_estimators = 50 }
"""


@pytest.mark.parametrize("kind", ["shuffled", "by_day"])
def test_who_knows_returning_customers_by_heart_does_not_win(project, kind):
    project.recur(4)
    project.configure(FOREST, days=4, pair=False)
    text = (project.root / "pipeline.toml").read_text()
    (project.root / "pipeline.toml").write_text(
        text.replace("[training]\n", f'[training]\ncross_validation = "{kind}"\n')
    )
    linear, forest = compare(project.config, project.rows(4))
    assert min(forest.train_scores) > 0.99
    assert linear.mean == pytest.approx(0.65, abs=0.05)
    assert forest.mean < linear.mean
    assert best([linear, forest]).candidate.name == "first"


def test_the_same_rows_every_day_with_labels_by_a_coin_are_worth_nothing(project):
    project.recur(4)
    coin = np.random.default_rng(8).choice(["no", "yes"], 300)
    for day in range(4):
        project.process(f"2026-01-{day + 1:02d}", recurring(day) | {"y": pa.array(coin)})
    project.configure(FOREST, days=4, pair=False)
    for result in compare(project.config, project.rows(4)):
        assert result.mean == pytest.approx(0.5, abs=0.08)


def test_the_seed_decides_the_folds(project):
    before = compare(project.config, rows(project))[0].scores
    project.configure("[gate]\n")
    text = (project.root / "pipeline.toml").read_text()
    (project.root / "pipeline.toml").write_text(text.replace("folds = 3\n", "folds = 3\nseed = 5\n"))
    assert compare(project.config, rows(project))[0].scores != before


def test_the_score_is_of_the_positive_class(project):
    project.configure(metric="average_precision", pair=False)
    common = compare(project.config, rows(project))[0].mean
    text = (project.root / "pipeline.toml").read_text()
    (project.root / "pipeline.toml").write_text(text.replace('positive = "yes"', 'positive = "no"'))
    assert compare(project.config, rows(project))[0].mean != common


def test_the_scores_are_the_same_however_many_folds_go_at_a_time(each_task, monkeypatch):
    told = []
    for processors in (1, 2, 8):
        monkeypatch.setattr(side_by_side, "_processors", lambda count=processors: count)
        results = compare(each_task.config, rows(each_task))
        told.append([(result.candidate.name, result.scores, result.train_scores) for result in results])
    assert told[0] == told[1] == told[2]


@pytest.mark.parametrize("processors", [1, 4])
def test_what_an_estimator_warns_of_is_said_once_with_its_name(project, caplog, monkeypatch, processors):
    monkeypatch.setattr(side_by_side, "_processors", lambda: processors)
    project.configure(params="{ max_iter = 1 }", pair=False)
    with caplog.at_level(logging.WARNING, logger="train"):
        compare(project.config, rows(project))
    assert [record.getMessage().split(":")[:2] for record in caplog.records] == [["first", " ConvergenceWarning"]]


def test_what_scikit_learn_says_of_threads_alone_is_not_said_of_a_candidate(caplog):
    with caplog.at_level(logging.WARNING, logger="train"), warned(Candidate(name="a", estimator="sklearn.x")):
        warnings.warn(
            "`sklearn.utils.parallel.delayed` should be used with `sklearn.utils.parallel.Parallel`", stacklevel=1
        )
        warnings.warn("something else", stacklevel=1)
    assert [record.getMessage() for record in caplog.records] == ["a: UserWarning: something else"]
