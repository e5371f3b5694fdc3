import numpy as np
import pytest

from validate.evaluation.calibration import calibration
from validate.evaluation.scored_rows import Outcome


def binary(said, true):
    return Outcome(np.asarray(true, int), np.column_stack([1 - said, said]))


def test_probabilities_that_come_true_have_hardly_an_error():
    rng = np.random.default_rng(0)
    said = rng.random(20_000)
    found = calibration(binary(said, rng.random(20_000) < said))
    assert found.error < 0.02
    assert len(found.bins) == 10
    assert {each.rows for each in found.bins} == {2000}


def test_the_error_is_the_mean_distance_of_said_and_observed():
    said = np.repeat([0.1, 0.9], 100)
    true = np.r_[np.arange(100) < 30, np.arange(100) < 50]
    found = calibration(binary(said, true))
    assert found.error == pytest.approx((0.2 + 0.4) / 2)
    assert [(each.said, each.observed, each.rows) for each in found.bins] == [
        (pytest.approx(0.1), 0.3, 100),
        (pytest.approx(0.9), 0.5, 100),
    ]


def test_of_several_classes_the_one_that_is_said_counts():
    scores = np.array([[0.6, 0.3, 0.1], [0.2, 0.2, 0.6]])
    assert calibration(Outcome(np.array([0, 1]), scores)).error == pytest.approx(0.1)


def test_numbers_and_nothing_have_none():
    assert calibration(Outcome(np.ones(3), np.ones(3))) is None
    assert calibration(Outcome(np.empty(0, int), np.empty((0, 2)))) is None
