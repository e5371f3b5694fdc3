"""scikit-learn's common scores as functions of row weights: the same numbers, for many resamples at once."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from validate.evaluation.bootstrap import Weighted
from validate.evaluation.scored_rows import Array, Outcome

_MOST_CALLS = 20_000_000
"""Rows times resamples that a score without a form of its own here may cost."""


def weighted(name: str, outcome: Outcome, classes: int) -> Weighted | None:
    """A scorer's value as a function of weights; None for a score that has no such form here."""
    if outcome.scores.ndim == 1:
        return _regression(name, outcome.target, outcome.scores)
    if name in _BY_ROW:
        return _mean(_BY_ROW[name](outcome))
    if name == "roc_auc" and classes == 2:
        return _roc_auc(outcome.target == 1, outcome.scores[:, 1])
    if name == "average_precision" and classes == 2:
        return _average_precision(outcome.target == 1, outcome.scores[:, 1])
    if name == "roc_auc_ovr":
        each = [_roc_auc(outcome.target == place, outcome.scores[:, place]) for place in range(classes)]
        return lambda weights: np.mean([one(weights) for one in each], axis=0)
    return _by_class(name, outcome, classes) if name in ("f1", "f1_macro", "balanced_accuracy") else None


def affordable(resamples: int, rows: int) -> int:
    """How many resamples a score is worth that must be computed anew for each."""
    return max(99, min(resamples, _MOST_CALLS // max(rows, 1)))


def _mean(values: Array) -> Weighted:
    ready = values.astype(np.float64)
    return lambda weights: (weights @ ready) / weights.sum(axis=1)


def _log_loss(outcome: Outcome) -> Array:
    own = outcome.scores[np.arange(len(outcome.target)), outcome.target]
    # as scikit-learn clips
    return np.asarray(np.log(np.clip(own, np.finfo(outcome.scores.dtype).eps, 1.0)))


def _brier(outcome: Outcome) -> Array:
    if outcome.scores.shape[1] == 2:
        return np.asarray(-np.square(outcome.scores[:, 1] - (outcome.target == 1)))
    wanted = np.eye(outcome.scores.shape[1])[outcome.target]
    return np.asarray(-np.square(outcome.scores - wanted).sum(axis=1))


_BY_ROW: dict[str, Callable[[Outcome], Array]] = {
    "neg_log_loss": _log_loss,
    "neg_brier_score": _brier,
    "accuracy": lambda outcome: outcome.answers == outcome.target,
}


def _roc_auc(positive: Array, scores: Array) -> Weighted:
    """The Mann-Whitney form: of all pairs, those in the right order, and half of the ties."""
    groups = _grouped(positive, scores)

    def value(weights: Array) -> Array:
        pos, both = groups(weights)
        neg = both - pos
        # of whole numbers below 2**24, so exact in half of the memory
        beaten = np.cumsum(neg, axis=1) - neg / 2
        right = np.einsum("ij,ij->i", pos, beaten, dtype=np.float64)
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.asarray(right / (pos.sum(axis=1, dtype=np.float64) * neg.sum(axis=1, dtype=np.float64)))

    return value


def _average_precision(positive: Array, scores: Array) -> Weighted:
    groups = _grouped(positive, -scores)

    def value(weights: Array) -> Array:
        pos, both = groups(weights)
        with np.errstate(invalid="ignore", divide="ignore"):
            precision = np.cumsum(pos, axis=1) / np.cumsum(both, axis=1)
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
            both, pos = (np.add.reduceat(each, starts, axis=1) for each in (both, pos))
        return pos, both

    return groups


def _by_class(name: str, outcome: Outcome, classes: int) -> Weighted:
    told = [outcome.answers == place for place in range(classes)]
    true = [outcome.target == place for place in range(classes)]

    def value(weights: Array) -> Array:
        both = np.stack([weights @ (told[k] & true[k]).astype(np.float64) for k in range(classes)])
        said = np.stack([weights @ told[k].astype(np.float64) for k in range(classes)])
        was = np.stack([weights @ true[k].astype(np.float64) for k in range(classes)])
        with np.errstate(invalid="ignore", divide="ignore"):
            if name == "balanced_accuracy":
                return np.asarray(np.nanmean(both / was, axis=0))
            f1 = np.nan_to_num(2 * both / (said + was))
        return np.asarray(f1[1] if name == "f1" else f1.mean(axis=0))

    return value


def _regression(name: str, target: Array, said: Array) -> Weighted | None:
    error = said - target
    if name == "neg_mean_absolute_error":
        return _mean(-np.abs(error))
    squares = _mean(np.square(error))
    if name == "neg_mean_squared_error":
        return lambda weights: -squares(weights)
    if name == "neg_root_mean_squared_error":
        return lambda weights: -np.sqrt(squares(weights))
    if name == "r2":
        centred = target - target.mean() if len(target) else target
        mean, spread = _mean(centred), _mean(np.square(centred))
        with np.errstate(invalid="ignore", divide="ignore"):
            return lambda weights: 1 - squares(weights) / (spread(weights) - np.square(mean(weights)))
    return None
