import numpy as np
import pytest

from validate.measures.calibration import calibration
from validate.measures.scored_rows import ScoredRows


def binary(probabilities, true, groups=None):
    return ScoredRows(np.asarray(true, int), np.column_stack([1 - probabilities, probabilities]), groups=groups)


def test_probabilities_that_come_true_have_hardly_an_error():
    rng = np.random.default_rng(0)
    probabilities = rng.random(20_000)
    measured = calibration(binary(probabilities, rng.random(20_000) < probabilities))
    assert measured.error < 0.02
    assert len(measured.bins) == 10
    assert {part.rows for part in measured.bins} == {2000}


def test_the_error_is_the_mean_distance_of_said_and_observed():
    probabilities = np.repeat([0.1, 0.9], 100)
    true = np.r_[np.arange(100) < 30, np.arange(100) < 50]
    measured = calibration(binary(probabilities, true))
    assert measured.error == pytest.approx((0.2 + 0.4) / 2)
    assert [(part.said, part.observed, part.rows) for part in measured.bins] == [
        (pytest.approx(0.1), 0.3, 100),
        (pytest.approx(0.9), 0.5, 100),
    ]


def test_of_several_classes_the_one_that_is_said_counts():
    scores = np.array([[0.6, 0.3, 0.1], [0.2, 0.2, 0.6]])
    assert calibration(ScoredRows(np.array([0, 1]), scores)).error == pytest.approx(0.1)


def test_numbers_and_nothing_have_none():
    assert calibration(ScoredRows(np.ones(3), np.ones(3))) is None
    assert calibration(ScoredRows(np.empty(0, int), np.empty((0, 2)))) is None


@pytest.mark.parametrize("rows", [100, 200, 400])
def test_what_chance_gives_covers_the_error_of_perfect_probabilities(rows):
    rng, covered = np.random.default_rng(rows), 0
    for _ in range(60):
        probabilities = rng.beta(1, 2, rows)
        measured = calibration(binary(probabilities, rng.random(rows) < probabilities))
        covered += measured.error <= measured.chance
    assert covered >= 53


def test_answers_of_one_group_are_one_answer():
    """Perfect for each of 40 customers, who come 25 times with the same answer."""
    rng, exceeded = np.random.default_rng(4), {"grouped": 0, "bare": 0}
    groups = np.repeat(np.arange(40), 25)
    for _ in range(40):
        probabilities = rng.uniform(0.05, 0.95, 40)
        true = (rng.random(40) < probabilities)[groups]
        for name, known in (("grouped", groups), ("bare", None)):
            measured = calibration(binary(probabilities[groups], true, known))
            exceeded[name] += measured.error > measured.chance
    assert exceeded["grouped"] <= 6
    assert exceeded["bare"] >= 30


def test_few_groups_have_few_bins():
    rng = np.random.default_rng(0)
    probabilities = rng.random(70)
    assert len(calibration(binary(probabilities, rng.random(70) < 0.5)).bins) == 3
    assert len(calibration(binary(probabilities[:5], np.ones(5))).bins) == 1


def test_the_greatest_error_is_that_of_answers_as_far_off_as_can_be():
    measured = calibration(binary(np.repeat([0.2, 0.7], 50), np.repeat([1, 0], 50)))
    assert measured.most == pytest.approx((0.8 + 0.7) / 2) == measured.error
