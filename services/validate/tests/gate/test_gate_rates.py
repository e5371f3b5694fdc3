"""The gate's promises, kept by the studies that the docs quote, on fewer rows and draws than there."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[4] / "bench"))

import gate_baseline
import gate_study
import gate_weeks
import numpy as np
import pytest


def test_of_200_pairs_of_equal_models_at_most_5_in_100_are_promoted_as_better():
    shares, _ = gate_study.study(2000, 0.0, trials=200, resamples=299, seed=2)
    assert shares["better"] <= 0.05


def test_a_gap_of_two_hundredths_is_seen_and_a_worse_model_is_refused():
    assert gate_study.study(5000, 0.02, trials=20, resamples=299)[0]["better"] >= 0.9
    assert gate_study.study(2000, -0.03, trials=20, resamples=299)[0] == {"better": 0, "not_worse": 0}


@pytest.mark.parametrize("kind", ["7 days", "unequal days", "unequal customers"])
def test_customers_who_come_back_promote_no_equal_model(kind):
    """Rows taken for customers promote one in four here."""
    of_row = gate_study.recurring(kind, 150)
    assert gate_study.study(of_row, 0.0, trials=100, resamples=199)[0]["better"] <= 0.06
    if kind == "7 days":
        assert gate_study.naive(of_row, 60, 199) > 0.15


@pytest.mark.parametrize("count", [20, 40])
def test_many_equal_slices_refuse_no_equal_model(count):
    assert gate_study.slices(count, 50, 0.0, trials=60, resamples=199)["failed"] <= 0.05


def test_a_slice_that_falls_far_is_seen_among_twenty():
    assert gate_study.slices(20, 200, 0.25, trials=20, resamples=199)["failed"] >= 0.8


@pytest.mark.parametrize("rows", [100, 200, 400])
def test_perfect_probabilities_are_not_refused_and_far_ones_are(rows):
    perfect = gate_study.calibrated(rows, 0.0, 0.05, trials=60)
    assert perfect["refused"] <= 0.05
    assert perfect["undecided"] == 0
    assert gate_study.calibrated(rows, 0.3, 0.05, trials=20)["refused"] >= 0.9


def test_small_steps_down_add_up_without_an_anchor_and_stop_with_one():
    without, _ = gate_weeks.creep(-0.003, 26, 5000, 2, 99, anchored=False)
    held, _ = gate_weeks.creep(-0.003, 26, 5000, 2, 99, anchored=True)
    assert without < 0.77
    assert held >= 0.789


@pytest.mark.parametrize("days", [1, 7])
def test_a_first_model_without_signal_is_promoted_in_few_weeks_and_one_with_signal_is_not_refused(days):
    groups = np.repeat(np.arange(1400 // days), days)
    assert gate_baseline.classes(groups, 0.5, trials=100, resamples=199)["promoted"] <= 0.05
    assert gate_baseline.numbers(groups, 0.0, trials=100, resamples=199)["promoted"] == 0
    assert gate_baseline.numbers(groups, 0.104, trials=50, resamples=199)["promoted"] <= 0.2
    assert gate_baseline.classes(groups, 0.7, trials=20, resamples=199)["refused"] == 0
    assert gate_baseline.numbers(groups, 0.3, trials=20, resamples=199)["refused"] == 0
