import logging

import joblib
import numpy as np
import pytest
from sklearn.ensemble import GradientBoostingClassifier, HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.linear_model import LassoCV, LogisticRegression, LogisticRegressionCV, SGDClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.svm import SVC

from contract.datasets.dataset import Dataset
from train.comparison.selection import compare
from train.splits.inner_split import by_groups, fit, splits_at_random

RNG = np.random.default_rng(0)
GROUPS = RNG.permutation(np.repeat(np.arange(100, dtype=np.uint64), 5))
NOISE = RNG.normal(size=100)
"""Of each entity: what can be learned by heart, and by nothing else."""
X = RNG.normal(size=(100, 2))[GROUPS]
CODES = (NOISE[GROUPS] > 0).astype(int)


def rounds(estimator, groups, target=CODES, **weights):
    fit(estimator, X, target, groups, 0, **weights)
    return estimator.n_iter_


@pytest.mark.parametrize("weights", [{}, {"sample_weight": np.ones(len(X))}])
def test_boosting_stops_by_entities_that_it_does_not_learn_from(weights):
    options = {"early_stopping": True, "max_iter": 40, "random_state": 0, "min_samples_leaf": 1}
    # who is stopped by rows of the same entities goes on as long as they can be learned by heart
    assert rounds(HistGradientBoostingClassifier(**options), None, **weights) == 40
    assert rounds(HistGradientBoostingClassifier(**options), GROUPS, **weights) < 30
    numbers = NOISE[GROUPS]
    assert rounds(HistGradientBoostingRegressor(**options), GROUPS, numbers, **weights) < 30


def test_automatic_boosting_stops_from_as_many_rows_on_as_it_does_by_itself():
    few, many = (HistGradientBoostingClassifier(max_iter=5, random_state=0) for _ in range(2))
    fit(few, X, CODES, GROUPS, 0)
    assert not few.do_early_stopping_
    wide = np.tile(X, (21, 1))
    fit(many, wide, np.tile(CODES, 21), np.tile(GROUPS, 21), 0)
    assert many.do_early_stopping_
    assert many.early_stopping == "auto"


def test_boosting_that_does_not_stop_or_stops_by_what_it_learns_is_left_alone():
    for options in ({"early_stopping": False}, {"early_stopping": True, "validation_fraction": None}):
        ours, plain = (HistGradientBoostingClassifier(max_iter=5, random_state=0, **options) for _ in range(2))
        fit(ours, X, CODES, GROUPS, 0)
        assert (ours.predict_proba(X) == plain.fit(X, CODES).predict_proba(X)).all()


def test_a_count_of_rows_to_stop_by_is_taken_as_one():
    estimator = HistGradientBoostingClassifier(early_stopping=True, max_iter=5, random_state=0)
    fit(estimator.set_params(validation_fraction=150), X, CODES, GROUPS, 0)
    assert len(estimator.validation_score_) == estimator.n_iter_ + 1


def test_a_cross_validation_of_the_estimators_own_goes_by_entity_and_leaves_no_rows_in_the_file():
    words = np.where(CODES == 1, "yes", "no").astype(object)
    features = np.c_[X, np.eye(100)[GROUPS]]
    ours, plain = (
        LogisticRegressionCV(
            Cs=[1e-4, 100.0], l1_ratios=(0,), cv=4, scoring="neg_log_loss", use_legacy_attributes=False
        )
        for _ in range(2)
    )
    fit(ours, features, words, GROUPS, 0)
    assert pytest.approx(1e-4) == ours.C_
    assert pytest.approx(100.0) == plain.fit(features, words).C_
    assert ours.cv == 4
    numbers = LassoCV(eps=0.1)
    fit(numbers, features, NOISE[GROUPS], GROUPS, 0)
    assert (numbers.mse_path_.shape[1], numbers.cv) == (5, None)


def test_who_splits_at_random_whatever_we_say_is_known():
    found = [
        splits_at_random(estimator)
        for estimator in (
            MLPClassifier(early_stopping=True),
            SGDClassifier(early_stopping=True),
            GradientBoostingClassifier(n_iter_no_change=5),
            SVC(probability=True),
            MLPClassifier(),
            GradientBoostingClassifier(),
            HistGradientBoostingClassifier(early_stopping=True),
            LogisticRegressionCV(),
            LogisticRegression(),
        )
    ]
    assert found == ["early_stopping", "early_stopping", "n_iter_no_change", "probability", *[None] * 5]


def test_in_a_search_the_split_of_its_own_goes_by_entity_too():
    options = {"early_stopping": True, "max_iter": 40, "random_state": 0, "min_samples_leaf": 1}
    searched, plain = by_groups(HistGradientBoostingClassifier(**options), 0), HistGradientBoostingClassifier(**options)
    assert searched.fit(X, CODES, entities=GROUPS).n_iter_ == rounds(plain, GROUPS)
    assert (searched.predict_proba(X) == plain.predict_proba(X)).all()


def test_it_is_told_once_where_entities_return_and_an_estimator_splits_at_random(project, caplog):
    project.configure(
        estimator="sklearn.linear_model.SGDClassifier", params='{ loss = "log_loss", early_stopping = true }'
    )
    with caplog.at_level(logging.WARNING, logger="train"):
        compare(project.config, project.rows(2))
        assert not [record for record in caplog.records if "at random" in record.getMessage()]
        project.recur(2)
        compare(project.config, project.rows(2))
    (told,) = [record.getMessage() for record in caplog.records if "at random" in record.getMessage()]
    assert told.startswith("first: early_stopping holds out rows at random, also of entities that it learns from")
    assert "table.group" in told


def test_boosting_of_returning_customers_stops_early_and_its_file_is_scikit_learns_alone(project):
    project.recur(2)
    estimator = "sklearn.ensemble.HistGradientBoostingClassifier"
    project.configure(estimator=estimator, params="{ early_stopping = true, max_iter = 60, min_samples_leaf = 1 }")
    assert project.train() == 0
    model = joblib.load(Dataset.open(project.root / "models/2026-01-02").file("model"))[-1]
    assert model.n_iter_ < 40
    assert type(model) is HistGradientBoostingClassifier
