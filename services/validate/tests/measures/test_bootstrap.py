import numpy as np
import pytest
from scipy import stats

from validate.measures.bootstrap import Draws, draw, interval, widening
from validate.measures.clusters import Clusters
from validate.measures.scored_rows import ScoredRows
from validate.measures.weighted import weighted

OPTIONS = {"resamples": 999, "seed": 3}


def mean_of(values):
    return lambda weights: (weights @ values) / weights.sum(axis=1)


def interval_of(draws, degrees=1000.0):
    return interval(draws, degrees, 0.95)


def test_the_interval_of_a_mean_is_the_one_that_theory_gives():
    values = np.random.default_rng(0).normal(5, 2, 400)
    mean = interval_of(draw({"mean": mean_of(values)}, Clusters(400, 400), **OPTIONS)["mean"])
    half = stats.norm.ppf(0.975) * values.std() / 20
    assert mean.value == pytest.approx(values.mean())
    assert (mean.low, mean.high) == pytest.approx((values.mean() - half, values.mean() + half), abs=half / 5)


@pytest.mark.parametrize("sizes", [np.full(60, 20), np.arange(1, 61)])
def test_rows_of_one_group_are_one_piece_of_evidence(sizes):
    """The mean of rows that repeat their group's value varies as the groups do, not as the rows."""
    values = np.random.default_rng(0).normal(5, 2, 60)
    groups = np.repeat(np.arange(60), sizes)
    rows, clusters = values[groups], Clusters.of(groups, int(sizes.sum()))
    mean = interval_of(draw({"mean": mean_of(rows)}, clusters, **OPTIONS)["mean"])
    shares = sizes / sizes.sum()
    half = stats.norm.ppf(0.975) * np.sqrt(np.square(shares * (values - rows.mean())).sum())
    assert mean.value == pytest.approx(rows.mean())
    assert (mean.high - mean.low) / 2 == pytest.approx(half, rel=0.15)


def test_rows_that_are_all_of_different_groups_are_drawn_as_without_any():
    values = np.random.default_rng(0).normal(size=50)
    plain = draw({"mean": mean_of(values)}, Clusters.of(None, 50), **OPTIONS)["mean"]
    named = draw({"mean": mean_of(values)}, Clusters.of(np.arange(50)[::-1] + 7, 50), **OPTIONS)["mean"]
    assert plain.drawn.tolist() == named.drawn.tolist()


def test_the_same_rows_are_drawn_for_both_so_that_what_they_share_cancels_out():
    rng = np.random.default_rng(1)
    noise = rng.normal(0, 10, 300)
    drawn = draw({"one": mean_of(noise + 0.5), "other": mean_of(noise)}, Clusters(300, 300), **OPTIONS)
    one, apart = interval_of(drawn["one"]), interval_of(drawn["one"] - drawn["other"])
    assert one.high - one.low > 1
    assert (apart.low, apart.high) == pytest.approx((0.5, 0.5), abs=1e-3)


def test_the_same_seed_draws_the_same_whatever_is_asked_beside_it():
    values, clusters = np.arange(50.0), Clusters(50, 50)
    alone = draw({"a": mean_of(values)}, clusters, **OPTIONS)["a"]
    beside = draw({"b": mean_of(-values), "a": mean_of(values)}, clusters, **OPTIONS)["a"]
    assert interval_of(alone) == interval_of(beside)


def test_models_that_say_the_same_differ_by_nothing():
    rng = np.random.default_rng(2)
    scored = ScoredRows(rng.integers(0, 2, 60), np.column_stack([np.full(60, 0.5), rng.random(60)]))
    auc = draw({"auc": weighted("roc_auc", scored, 2)}, Clusters(60, 60), **OPTIONS)["auc"]
    apart = interval_of(auc - auc)
    assert (apart.value, apart.low, apart.high) == (0, 0, 0)


def test_draws_that_cannot_tell_are_left_out_and_rows_that_cannot_tell_have_no_interval():
    few = ScoredRows(np.array([1, *[0] * 9]), np.column_stack([np.zeros(10), np.linspace(1, 0, 10)]))
    assert interval_of(draw({"auc": weighted("roc_auc", few, 2)}, Clusters(10, 10), **OPTIONS)["auc"]).value == 1
    none = weighted("roc_auc", ScoredRows(np.zeros(10, int), few.scores), 2)
    assert interval_of(draw({"auc": none}, Clusters(10, 10), **OPTIONS)["auc"]) is None
    assert interval_of(draw({"auc": none}, Clusters(0, 0), **OPTIONS)["auc"]) is None


def test_of_one_group_nothing_is_known():
    values = np.arange(9.0)
    drawn = draw({"mean": mean_of(values)}, Clusters.of(np.zeros(9), 9), **OPTIONS)["mean"]
    assert interval(drawn, 0.0, 0.95) is None


def test_few_groups_widen_an_interval_as_students_distribution_does():
    drawn = Draws(0.0, np.random.default_rng(0).normal(size=9999))
    wide, narrow = interval(drawn, 9.0, 0.95), interval(drawn, 1e6, 0.95)
    expected = stats.t.ppf(0.975, 9) / stats.norm.ppf(0.975) * np.sqrt(10 / 9)
    assert wide.high / narrow.high == pytest.approx(expected, rel=1e-4)
    assert widening(1.96, 9.0) == pytest.approx(expected, rel=1e-3)
