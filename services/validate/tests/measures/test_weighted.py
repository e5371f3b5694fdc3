"""Every score equals scikit-learn's, on the rows as they are and on rows that were drawn several times, or never."""

import time
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from validate.measures.metrics import values
from validate.measures.scored_rows import ScoredRows
from validate.measures.weighted import affordable, by_class, one_by_one, weighted

BY_CONFUSION = [
    f"{score}{average}" for score in ("f1", "precision", "recall", "jaccard") for average in ("_macro", "_micro", "_weighted")
]  # fmt: skip
SCORES = {
    2: ("roc_auc", "roc_auc_ovo", "roc_auc_ovr_weighted", "average_precision", "f1", "precision", "recall", "jaccard"),
    4: ("roc_auc_ovr", "roc_auc_ovr_weighted", "roc_auc_ovo", "roc_auc_ovo_weighted", *BY_CONFUSION),
    0: ("r2", "neg_mean_absolute_error", "neg_mean_squared_error", "neg_root_mean_squared_error"),
}
OF_BOTH = ("neg_log_loss", "neg_brier_score", "accuracy", "balanced_accuracy", "matthews_corrcoef")
CASES = [(classes, name) for classes, names in SCORES.items() for name in (*names, *(OF_BOTH if classes else ()))]


@st.composite
def drawn_rows(draw, classes):
    """Rows with ties, with classes that none of them has or is said to have, and how often each was drawn."""
    rows = draw(st.integers(2, 30))
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    weights = random.integers(0, draw(st.integers(2, 5)), rows)
    weights[random.integers(rows)] += 2
    if not classes:
        target = random.integers(-3, 4, rows) / draw(st.sampled_from([1, 4]))
        return ScoredRows(target, random.integers(-3, 4, rows) / 2), weights
    known = random.choice(classes, draw(st.integers(1, classes)), replace=False)
    raw = random.integers(0, draw(st.sampled_from([2, 4, 100])), (rows, classes)) + 1e-3
    # a class that no model ever says
    raw[:, random.integers(classes)] *= draw(st.sampled_from([0.0, 1.0]))
    return ScoredRows(random.choice(known, rows), raw / raw.sum(axis=1, keepdims=True)), weights


@pytest.mark.parametrize(("classes", "name"), CASES)
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_the_score_is_scikit_learns(classes, name, data):
    scored, weights = data.draw(drawn_rows(classes))
    drawn = scored.part(np.repeat(np.arange(len(weights)), weights))
    expected = values([name], drawn, classes)[name]
    (score,) = weighted(name, scored, classes)(weights[None].astype(np.float32))
    undefined = (name == "average_precision" or (name.startswith("roc_auc") and classes == 2)) and len(
        set(drawn.target.tolist())
    ) < 2
    if expected is None or undefined or (name == "r2" and np.ptp(drawn.target) == 0):
        # what scikit-learn has no value for, or one by convention alone, tells nothing; of a mean it always has one
        return
    assert score == pytest.approx(expected, abs=1e-6)
    assert one_by_one(name, scored, classes)(weights[None]).tolist() == pytest.approx([expected], abs=1e-12)


def test_a_score_of_one_class_is_unknown_where_it_compares_classes():
    for name in ("roc_auc", "average_precision"):
        (score,) = weighted(name, ScoredRows(np.zeros(5, int), np.full((5, 2), 0.5)), 2)(np.ones((1, 5)))
        assert np.isnan(score)


def test_a_class_that_no_row_has_or_is_said_to_have_takes_nothing_from_the_mean():
    """Of three classes two are there: 0.764, not 0.509, which counts the third as 0."""
    target, predicted = np.array([0] * 60 + [1] * 40), np.array([0] * 50 + [1] * 10 + [0] * 13 + [1] * 27)
    scored = ScoredRows(target, np.eye(3)[predicted])
    (score,) = weighted("f1_macro", scored, 3)(np.ones((1, 100)))
    assert score == pytest.approx(values(["f1_macro"], scored, 3)["f1_macro"]) == pytest.approx(0.757, abs=0.01)


def test_areas_of_all_pairs_of_many_classes_take_no_call_of_scikit_learn_for_each_resample():
    """Anew for each of 999 resamples they took minutes: 190 pairs of 20 classes, 40 ms a call."""
    random = np.random.default_rng(0)
    scores = random.dirichlet(np.ones(20), 2000)
    scored = ScoredRows(random.integers(0, 20, 2000), scores)
    started = time.process_time()
    drawn = weighted("roc_auc_ovo", scored, 20)(random.integers(0, 3, (20, 2000)).astype(np.float32))
    seconds = time.process_time() - started
    one = one_by_one("roc_auc_ovo", scored, 20)
    started = time.process_time()
    one(np.ones((5, 2000)))
    assert seconds / 20 < (time.process_time() - started) / 5 / 4
    assert np.isfinite(drawn).all()


@pytest.mark.parametrize("name", ["roc_auc_ovo", "roc_auc_ovo_weighted"])
def test_areas_of_all_pairs_of_many_classes_hold_no_more_than_the_scores_themselves(name):
    """Of ten classes and 1.4 million rows the pairs held 0.6 GB, for each of the models that are compared."""
    random = np.random.default_rng(0)
    scored = ScoredRows(random.integers(0, 10, 50_000), random.dirichlet(np.ones(10), 50_000))
    weights = np.ones((2, 50_000), np.float32)
    tracemalloc.start()
    score = weighted(name, scored, 10)
    score(weights)
    held, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert held < scored.scores.nbytes
    assert peak < 2 * scored.scores.nbytes


def test_a_threshold_of_the_model_counts():
    random = np.random.default_rng(0)
    raw = random.random(200)
    scored = ScoredRows(random.integers(0, 2, 200), np.column_stack([1 - raw, raw]))
    strict = ScoredRows(scored.target, scored.scores, threshold=0.8)
    for name in ("accuracy", "recall"):
        score = weighted(name, strict, 2)(np.ones((1, 200)))[0]
        assert score == pytest.approx(values([name], strict, 2)[name])
        assert score != pytest.approx(values([name], scored, 2)[name])


def test_beyond_what_float32_can_count_the_scores_are_right():
    """Of weights instead of rows: what counts is their sum, 40 million here, and 16.8 million is where float32 ends."""
    random = np.random.default_rng(1)
    target = random.integers(0, 2, 4000)
    raw = random.normal(size=4000) + target
    score = (raw - raw.min()) / np.ptp(raw)
    scored = ScoredRows(target, np.column_stack([1 - score, score]))
    heavy = random.integers(9_999, 10_002, 4000).astype(np.float32)
    (auc,) = weighted("roc_auc", scored, 2)(heavy[None])
    assert auc == pytest.approx(roc_auc_score(target, score, sample_weight=heavy.astype(float)), abs=1e-10)
    for name in ("average_precision", "accuracy", "f1", "neg_brier_score"):
        one, many = (weighted(name, scored, 2)(np.full((1, 4000), weight, np.float32)) for weight in (1, 10_001))
        assert many == pytest.approx(one, abs=1e-10)


def test_a_score_without_such_a_form_is_told_by_none_and_gets_fewer_resamples():
    scored = ScoredRows(np.array([0, 1]), np.full((2, 2), 0.5))
    assert weighted("positive_likelihood_ratio", scored, 2) is None
    assert [affordable(999, rows) for rows in (100, 50_000, 10_000_000)] == [999, 400, 99]
    assert affordable(999, 100, statistics=80) == 250


def test_scores_of_classes_alike_are_told_from_those_of_rows_alike():
    assert [by_class(name) for name in ("roc_auc_ovr", "f1", "recall_macro", "balanced_accuracy")] == [True] * 4
    assert not any(by_class(name) for name in ("accuracy", "neg_log_loss", "recall_weighted", "f1_micro", "r2", "cost"))
