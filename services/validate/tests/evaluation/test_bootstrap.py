import numpy as np
import pytest
from scipy import stats

from validate.evaluation.bootstrap import intervals
from validate.evaluation.scored_rows import Outcome
from validate.evaluation.weighted import weighted

OPTIONS = {"confidence": 0.95, "resamples": 999, "seed": 3}


def mean_of(values):
    return lambda weights: (weights @ values) / weights.sum(axis=1)


def test_the_interval_of_a_mean_is_the_one_that_theory_gives():
    values = np.random.default_rng(0).normal(5, 2, 400)
    found = intervals({"mean": mean_of(values)}, 400, **OPTIONS)["mean"]
    half = stats.norm.ppf(0.975) * values.std() / 20
    assert found.value == pytest.approx(values.mean())
    assert (found.low, found.high) == pytest.approx((values.mean() - half, values.mean() + half), abs=half / 5)


def test_the_same_rows_are_drawn_for_both_so_that_what_they_share_cancels_out():
    rng = np.random.default_rng(1)
    noise = rng.normal(0, 10, 300)
    one, other = mean_of(noise + 0.5), mean_of(noise)
    found = intervals({"one": one, "other": other}, 300, differences={"apart": ("one", "other")}, **OPTIONS)
    assert found["one"].high - found["one"].low > 1
    assert (found["apart"].low, found["apart"].high) == pytest.approx((0.5, 0.5), abs=1e-3)


def test_the_same_seed_gives_the_same_interval_whatever_is_asked_beside_it():
    values = np.arange(50.0)
    alone = intervals({"a": mean_of(values)}, 50, **OPTIONS)["a"]
    beside = intervals({"b": mean_of(-values), "a": mean_of(values)}, 50, **OPTIONS)["a"]
    assert alone == beside


def test_models_that_say_the_same_differ_by_nothing():
    rng = np.random.default_rng(2)
    outcome = Outcome(rng.integers(0, 2, 60), np.column_stack([np.full(60, 0.5), rng.random(60)]))
    auc = weighted("roc_auc", outcome, 2)
    found = intervals({"auc": auc}, 60, differences={"apart": ("auc", "auc")}, **OPTIONS)["apart"]
    assert (found.value, found.low, found.high) == (0, 0, 0)


def test_draws_that_cannot_tell_are_left_out_and_rows_that_cannot_tell_have_no_interval():
    few = Outcome(np.array([1, *[0] * 9]), np.column_stack([np.zeros(10), np.linspace(1, 0, 10)]))
    assert intervals({"auc": weighted("roc_auc", few, 2)}, 10, **OPTIONS)["auc"].value == 1
    none = Outcome(np.zeros(10, int), few.scores)
    assert intervals({"auc": weighted("roc_auc", none, 2)}, 10, **OPTIONS)["auc"] is None
    assert intervals({"auc": weighted("roc_auc", none, 2)}, 0, **OPTIONS) == {"auc": None}
