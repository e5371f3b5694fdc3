"""What is measured of a column, and what a reference keeps of it."""

import msgspec
import numpy as np
import pytest

from analysis.drift.findings import Column, pooled_bins, psi, statistics, worst
from analysis.drift.reference import SAMPLE_ROWS, binned, build, codes, count
from analysis.rows import Categorical


def test_the_same_rows_give_the_same_reference():
    x = np.random.default_rng(3).normal(size=2 * SAMPLE_ROWS)
    days = np.repeat(np.arange(2), SAMPLE_ROWS)
    assert build({"x": x}, days, seed=1) == build({"x": x}, days, seed=1)
    assert build({"x": x}, days, seed=1) != build({"x": x}, days, seed=2)


def test_a_reference_keeps_whole_rows_and_a_bounded_number_of_them():
    x = np.random.default_rng(3).normal(size=2 * SAMPLE_ROWS)
    reference = build({"x": x, "minus": -x}, np.zeros(len(x)), seed=1)
    sample = reference.sampled().astype(int)
    assert sample.shape == (SAMPLE_ROWS, 2)
    assert np.ptp(sample.sum(axis=1)) <= 1
    assert msgspec.json.decode(msgspec.json.encode(reference), type=type(reference)) == reference


def test_a_reference_keeps_the_keys_that_earlier_ones_have():
    column, _ = binned("plan", Categorical(np.array([0, 1, 1], np.int32), ["small", "large"]))
    assert msgspec.to_builtins(column) == {
        "name": "plan",
        "kind": "category",
        "edges": [],
        "words": ["large", "small"],
        "counts": [0, 2, 1, 0],
        "dispersion": 1.0,
        "day_rows": 0.0,
        "freedom": None,
        "days": None,
        # of dates and texts alone; an earlier version reads past them
        "measure": None,
        "of": None,
        "vocabulary": [],
    }


def test_counting_in_pieces_is_counting_at_once():
    rng = np.random.default_rng(4)
    values = np.where(rng.random(1000) < 0.1, np.nan, rng.normal(size=1000))
    column, _ = binned("x", values)
    pieces = sum(count(column, codes(column, piece)) for piece in np.array_split(values, 7))
    assert pieces.tolist() == column.counts
    assert sum(column.counts) == 1000


def test_rare_words_share_a_bin_and_missing_values_keep_their_own():
    column = Column(name="x", kind="category", categories=["a", "b", "c", "d"], counts=[0, 600, 300, 96, 4, 0])
    assert pooled_bins(column, 1000).tolist() == [0, 1, 2, 3, 4, 4]
    assert pooled_bins(column, 20).tolist() == [0, 1, 2, 3, 4, 4]
    assert pooled_bins(column, 5).tolist() == [0, 1, 2, 3, 3, 3]


def test_the_bins_of_numbers_are_not_pooled():
    column = Column(name="x", kind="number", edges=[1.0], counts=[0, 9999, 1])
    assert pooled_bins(column, 5).tolist() == [0, 1, 2]


def test_one_word_that_is_never_seen_is_no_more_than_one_row():
    before = np.array([0, 9000, 5000, 0])
    alike, strange = statistics("category", before, np.array([[0, 9, 5, 0], [0, 9, 5, 1]]))
    assert alike == pytest.approx(0)
    assert strange < 1.2


def test_statistics_are_what_the_formulas_say():
    before, day = np.array([0, 30, 70]), np.array([0, 20, 20])
    pooled = np.array([[30, 70], [20, 20]])
    expected = pooled.sum(axis=1, keepdims=True) * pooled.sum(axis=0) / pooled.sum()
    assert statistics("category", before, day) == pytest.approx((np.square(pooled - expected) / expected).sum())
    assert statistics("number", before, day) == pytest.approx(np.sqrt(100 * 40 / 140) * 0.2)


def test_days_that_differ_by_chance_alone_have_no_dispersion_and_those_that_differ_have_the_more_the_larger_a_day_is():
    rng = np.random.default_rng(8)
    days = np.repeat(np.arange(14), 500)
    (calm,) = build({"x": rng.normal(size=7000)}, days, seed=1).columns
    (restless,) = build({"x": rng.normal(size=7000) + rng.normal(0, 0.3, 14)[days]}, days, seed=1).columns
    assert restless.dispersion > 3 > calm.dispersion
    assert (calm.freedom, restless.freedom) == (None, 13)
    assert restless.spread(100) == restless.spread(400) == pytest.approx(restless.dispersion)
    assert restless.spread(5000) > 5 * restless.dispersion


def test_psi_is_what_the_formula_says():
    assert psi(np.array([0.5, 0.5]), np.array([0.25, 0.75])) == pytest.approx(-0.25 * np.log(0.5) + 0.25 * np.log(1.5))
    assert psi(np.array([1.0, 0.0]), np.array([1.0, 0.0])) == 0


def test_the_worst_level_is_the_days_and_of_nothing_nothing_is_known():
    assert [worst(of) for of in ([], ["ok"], ["ok", "unmeasured"], ["unmeasured", "watch"], ["alarm", "watch"])] == [
        "unmeasured",
        "ok",
        "unmeasured",
        "watch",
        "alarm",
    ]
