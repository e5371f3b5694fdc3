import msgspec
import numpy as np
import pytest
from scipy import stats

from validate.measures.bootstrap import Draws
from validate.measures.simultaneous import simultaneous


def family(count, draws=4999, degrees=1e6, seed=0):
    rng = np.random.default_rng(seed)
    return {str(number): (Draws(0.0, rng.normal(size=draws)), degrees) for number in range(count)}


def half(intervals, name="0"):
    return intervals[name].high


def test_one_alone_has_the_interval_that_it_has_by_itself():
    assert half(simultaneous(family(1), 0.95)) == pytest.approx(stats.norm.ppf(0.975), rel=0.05)


def test_twenty_independent_ones_are_as_wide_as_sidak_says():
    expected = stats.norm.ppf((1 + 0.95 ** (1 / 20)) / 2)
    assert half(simultaneous(family(20), 0.95)) == pytest.approx(expected, rel=0.05)


@pytest.mark.parametrize("draws", [5, 99])
def test_an_interval_can_be_written_down_however_few_draws_there_are(draws):
    for interval in simultaneous(family(3, draws=draws), 0.95).values():
        assert msgspec.json.encode(interval)


def test_those_that_move_together_need_no_more_width_than_one():
    draws = np.random.default_rng(0).normal(size=4999)
    same = {str(number): (Draws(0.0, draws * (number + 1)), 1e6) for number in range(20)}
    assert half(simultaneous(same, 0.95)) == pytest.approx(stats.norm.ppf(0.975), rel=0.05)


def test_few_groups_widen_their_own_interval_alone():
    mixed = family(4) | {"few": (Draws(0.0, np.random.default_rng(9).normal(size=4999)), 5.0)}
    intervals = simultaneous(mixed, 0.95)
    assert half(intervals, "few") > 1.6 * half(intervals)
    assert half(intervals) < 2.8


def test_what_cannot_be_told_has_none_and_widens_nothing():
    nothing = (Draws(np.nan, np.full(4999, np.nan)), 9.0)
    intervals = simultaneous(family(3) | {"nothing": nothing, "one group": (Draws(0.0, np.ones(9)), 0.0)}, 0.95)
    assert (intervals["nothing"], intervals["one group"]) == (None, None)
    assert half(intervals) == half(simultaneous(family(3), 0.95))


def test_resamples_that_tell_nothing_of_a_slice_are_left_out():
    value, degrees = family(1)["0"]
    holes = Draws(0.0, np.where(np.arange(4999) % 3 == 0, np.nan, value.drawn))
    assert half(simultaneous({"0": (holes, degrees)}, 0.95)) == pytest.approx(1.96, rel=0.05)


def test_equal_models_differ_by_nothing():
    (interval,) = simultaneous({"a": (Draws(0.0, np.zeros(99)), 9.0)}, 0.95).values()
    assert (interval.low, interval.high) == (0, 0)
