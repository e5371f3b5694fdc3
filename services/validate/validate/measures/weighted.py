"""scikit-learn's common scores as functions of row weights: the same numbers, for many resamples at once.

Sums of weights are in float64: float32 counts no further than 2**24.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from validate.measures.bootstrap import LEAST_RESAMPLES, Weighted
from validate.measures.clusters import Array
from validate.measures.confusion import confusion
from validate.measures.metrics import values
from validate.measures.pairs import Areas, each_other
from validate.measures.scored_rows import ScoredRows

_MOST_ROWS = 20_000_000
"""Rows times resamples that a score without a form of its own here may cost."""
_MOST_CALLS = 20_000
"""Calls of scikit-learn that it may cost."""


def weighted(name: str, scored: ScoredRows, classes: int) -> Weighted | None:
    """A scorer's value as a function of weights; None for a score that has no such form here."""
    if scored.scores.ndim == 1:
        return _regression(name, scored.target, scored.scores)
    if name in _BY_ROW:
        return _mean(_BY_ROW[name](scored))
    if name.startswith("roc_auc") and classes == 2:
        # of two classes there is one area, however scikit-learn is asked for it
        return _roc_auc(scored.target == 1, scored.scores[:, 1])
    if name == "average_precision" and classes == 2:
        return _average_precision(scored.target == 1, scored.scores[:, 1])
    if name.startswith("roc_auc_ov"):
        parts = each_other(scored, classes) if name.startswith("roc_auc_ovo") else _each_rest(scored, classes)
        return _mean_of(parts, by_share=name.endswith("_weighted"))
    return confusion(name, scored, classes)


def one_by_one(name: str, scored: ScoredRows, classes: int) -> Weighted:
    """The same for any scorer: scikit-learn's own, anew for every resample."""

    def of_weights(weights: Array) -> Array:
        draws = (np.repeat(np.arange(weights.shape[1]), counts.astype(np.intp)) for counts in weights)
        scores = [values([name], scored.part(draw), classes)[name] for draw in draws]
        return np.array([np.nan if score is None else score for score in scores])

    return of_weights


def affordable(resamples: int, rows: int, statistics: int = 1) -> int:
    """How many resamples are affordable for scores that must be computed one by one."""
    most = min(_MOST_ROWS // max(rows, 1), _MOST_CALLS // max(statistics, 1))
    return max(LEAST_RESAMPLES, min(resamples, most))


def by_class(name: str) -> bool:
    """Whether a score gives every class the same weight, so that the rarest one decides how much rows can tell."""
    return not name.endswith(("_micro", "_weighted")) and name.startswith(_BY_CLASS)


_BY_CLASS = (
    "roc_auc", "average_precision", "balanced_accuracy", "matthews_corrcoef", "f1", "precision", "recall", "jaccard",
)  # fmt: skip


def _mean(values: Array) -> Weighted:
    ready = values.astype(np.float64)
    return lambda weights: (weights @ ready) / weights.sum(axis=1, dtype=np.float64)


def _log_loss(scored: ScoredRows) -> Array:
    own = scored.scores[np.arange(len(scored.target)), scored.target]
    # as scikit-learn clips
    return np.asarray(np.log(np.clip(own, np.finfo(scored.scores.dtype).eps, 1.0)))


def _brier(scored: ScoredRows) -> Array:
    if scored.scores.shape[1] == 2:
        return np.asarray(-np.square(scored.scores[:, 1] - (scored.target == 1)))
    wanted = np.eye(scored.scores.shape[1])[scored.target]
    return np.asarray(-np.square(scored.scores - wanted).sum(axis=1))


_BY_ROW: dict[str, Callable[[ScoredRows], Array]] = {
    "neg_log_loss": _log_loss,
    "neg_brier_score": _brier,
    "accuracy": lambda scored: scored.predicted == scored.target,
}


def _roc_auc(positive: Array, scores: Array) -> Weighted:
    """The Mann-Whitney form: of all pairs, those in the right order, and half of the ties."""
    groups = _grouped(positive, scores)

    def value(weights: Array) -> Array:
        pos, both = groups(weights)
        neg = both - pos
        beaten = np.cumsum(neg, axis=1, dtype=np.float64)
        beaten -= neg / 2
        right = np.einsum("ij,ij->i", pos, beaten, dtype=np.float64)
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.asarray(right / (pos.sum(axis=1, dtype=np.float64) * neg.sum(axis=1, dtype=np.float64)))

    return value


def _each_rest(scored: ScoredRows, classes: int) -> Areas:
    """The area of each class against all others; its share is that of the class."""
    of = [_roc_auc(scored.target == code, scored.scores[:, code]) for code in range(classes)]
    rows = [np.flatnonzero(scored.target == code) for code in range(classes)]

    def areas(weights: Array) -> tuple[Array, Array]:
        shares = [weights[:, own].sum(axis=1, dtype=np.float64) for own in rows]
        return np.stack([area(weights) for area in of]), np.stack(shares)

    return areas


def _mean_of(parts: Areas, *, by_share: bool) -> Weighted:
    def value(weights: Array) -> Array:
        areas, shares = parts(weights)
        if not by_share:
            return np.asarray(areas.mean(axis=0))
        return np.asarray((areas * shares).sum(axis=0) / shares.sum(axis=0))

    return value


def _average_precision(positive: Array, scores: Array) -> Weighted:
    groups = _grouped(positive, -scores)

    def value(weights: Array) -> Array:
        pos, both = groups(weights)
        with np.errstate(invalid="ignore", divide="ignore"):
            precision = np.cumsum(pos, axis=1, dtype=np.float64) / np.cumsum(both, axis=1, dtype=np.float64)
            # nothing drawn up to here: no precision, and no positive that would count it
            hits = np.einsum("ij,ij->i", pos, np.nan_to_num(precision), dtype=np.float64)
            return np.asarray(hits / pos.sum(axis=1, dtype=np.float64))

    return value


def _grouped(positive: Array, scores: Array) -> Callable[[Array], tuple[Array, Array]]:
    """From weights to those of the positive rows and of all, in the order of the scores, equal scores together."""
    order = np.argsort(scores, kind="stable")
    ordered, ranked = scores[order], positive[order].astype(np.float32)
    starts = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]])

    def groups(weights: Array) -> tuple[Array, Array]:
        both = np.take(weights, order, axis=1)
        pos = both * ranked
        if len(starts) < len(order):
            both, pos = (np.add.reduceat(array, starts, axis=1, dtype=np.float64) for array in (both, pos))
        return pos, both

    return groups


def _regression(name: str, target: Array, predicted: Array) -> Weighted | None:
    error = predicted - target
    if name == "neg_mean_absolute_error":
        return _mean(-np.abs(error))
    squares = _mean(np.square(error))
    if name == "neg_mean_squared_error":
        return lambda weights: -squares(weights)
    if name == "neg_root_mean_squared_error":
        return lambda weights: -np.sqrt(squares(weights))
    if name == "r2":
        return _r2(target, squares)
    return None


def _r2(target: Array, squares: Weighted) -> Weighted:
    centred = target - target.mean() if len(target) else target
    mean, spread = _mean(centred), _mean(np.square(centred))

    def value(weights: Array) -> Array:
        total = spread(weights)
        variance = total - np.square(mean(weights))
        # rows of one value have no variance to explain: what is left of it is rounding
        variance = np.where(variance > 1e-12 * total, variance, np.nan)
        return np.asarray(1 - squares(weights) / variance)

    return value
