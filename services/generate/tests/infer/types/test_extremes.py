from collections import Counter

import pytest

from generate.infer.column_stats import ColumnStats
from generate.infer.types.extremes import far_from_the_rest


def far(levels):
    stats = ColumnStats("x", floating=False)
    stats.levels = Counter(levels)
    stats.given = stats.counted = sum(stats.levels.values())
    return far_from_the_rest(stats)


REST = {f"{number / 10:g}": 10 for number in range(150)}


@pytest.mark.parametrize("value", ["-200", "999", "-999", "9999", "-999.9", "99", "99999"])
def test_an_extreme_that_comes_again_and_again_far_from_the_rest_is_told(value):
    assert far(REST | {value: 30}) == (value, 30, "0" if value.startswith("-") else "14.9")


@pytest.mark.parametrize(
    "levels",
    [
        REST,
        REST | {"15": 30},
        REST | {"999": 2},
        REST | {"432": 30},
        {f"{n}": 9 for n in range(16, 100)},
        REST | {"-3": 30},
        {"0": 50, "1": 50},
        {"-1": 50, "0": 50, "1": 50},
        {"0": 900, "1": 50, "2": 30, "3": 9},
    ],
)
def test_the_end_of_a_range_and_an_outlier_are_not(levels):
    assert far(levels) is None


def test_minus_one_beside_numbers_that_are_never_negative_is_told():
    assert far(REST | {"-1": 30}) == ("-1", 30, "0")
    assert far(REST | {"-1": 30, "-0.5": 10}) is None


def test_a_scale_of_two_may_have_one_as_well():
    assert far({"-99": 40, "1": 50, "2": 60}) == ("-99", 40, "1")
