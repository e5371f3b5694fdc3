"""Every score equals scikit-learn's, on the rows as they are and on rows that were drawn several times."""

import numpy as np
import pytest

from validate.evaluation.metrics import values
from validate.evaluation.scored_rows import Outcome
from validate.evaluation.weighted import affordable, weighted

SCORES = {
    2: ("roc_auc", "average_precision", "neg_log_loss", "neg_brier_score", "accuracy", "f1", "balanced_accuracy"),
    3: ("roc_auc_ovr", "neg_log_loss", "accuracy", "balanced_accuracy", "f1_macro"),
    0: ("r2", "neg_mean_absolute_error", "neg_mean_squared_error", "neg_root_mean_squared_error"),
}


def outcome(classes, rows=200):
    rng = np.random.default_rng(classes)
    if not classes:
        target = rng.normal(size=rows)
        return Outcome(target, target + rng.normal(scale=0.7, size=rows))
    target = rng.integers(0, classes, rows)
    # two digits, so that there are ties
    raw = np.round(rng.random((rows, classes)) + 0.6 * np.eye(classes)[target], 2) + 0.01
    return Outcome(target, raw / raw.sum(axis=1, keepdims=True))


CASES = [(classes, name) for classes, names in SCORES.items() for name in names]


@pytest.mark.parametrize(("classes", "name"), CASES)
def test_the_score_is_scikit_learns(classes, name):
    found = outcome(classes)
    drawn = np.random.default_rng(9).integers(0, 200, 200)
    again = Outcome(found.target[drawn], found.scores[drawn])
    weights = np.stack([np.ones(200), np.bincount(drawn, minlength=200)])
    expected = [values([name], each, classes)[name] for each in (found, again)]
    assert weighted(name, found, classes)(weights).tolist() == pytest.approx(expected, abs=1e-6)


def test_a_threshold_of_the_model_counts():
    found = outcome(2)
    strict = Outcome(found.target, found.scores, threshold=0.8)
    score = weighted("accuracy", strict, 2)(np.ones((1, 200)))[0]
    assert score == pytest.approx(values(["accuracy"], strict, 2)["accuracy"])
    assert score != pytest.approx(values(["accuracy"], found, 2)["accuracy"])


def test_a_score_without_such_a_form_is_told_by_none_and_gets_fewer_resamples():
    assert weighted("matthews_corrcoef", outcome(2), 2) is None
    assert [affordable(999, rows) for rows in (100, 50_000, 10_000_000)] == [999, 400, 99]
