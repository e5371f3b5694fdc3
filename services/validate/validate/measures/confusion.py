"""Scores that depend only on each row's true and predicted class, as functions of row weights."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from validate.measures.bootstrap import Weighted
from validate.measures.clusters import Array
from validate.measures.scored_rows import ScoredRows

_OF_CLASS: dict[str, Callable[[Array, Array, Array], Array]] = {
    "precision": lambda right, said, true: _ratio(right, said),  # noqa: ARG005 (one signature)
    "recall": lambda right, said, true: _ratio(right, true),  # noqa: ARG005 (one signature)
    "f1": lambda right, said, true: _ratio(2 * right, said + true),
    "jaccard": lambda right, said, true: _ratio(right, said + true - right),
}
"""From the weights of rows rightly said to be of a class, said to be, and of it; 0 where none is, as scikit-learn."""


def confusion(name: str, scored: ScoredRows, classes: int) -> Weighted | None:
    """A scorer's value as a function of weights; None for a score that needs more than the two classes."""
    score = _score(name)
    if score is None:
        return None
    # rows of one cell side by side: a resample's confusion matrix is one pass over its weights
    cells = scored.target.astype(np.intp) * classes + scored.predicted
    order = np.argsort(cells, kind="stable")
    filled, starts = np.unique(cells[order], return_index=True)

    def value(weights: Array) -> Array:
        cells_of = np.zeros((len(weights), classes * classes))
        cells_of[:, filled] = np.add.reduceat(np.take(weights, order, axis=1), starts, axis=1, dtype=np.float64)
        matrix = cells_of.reshape(len(weights), classes, classes)
        right = np.diagonal(matrix, axis1=1, axis2=2)
        with np.errstate(invalid="ignore", divide="ignore"):
            return score(right, matrix.sum(axis=1), matrix.sum(axis=2))

    return value


def _score(name: str) -> Callable[[Array, Array, Array], Array] | None:
    if name == "balanced_accuracy":
        # of the classes that rows have; a class that is only said has no recall
        return lambda right, said, true: _mean(_ratio(right, true), true > 0)  # noqa: ARG005 (one signature)
    if name == "matthews_corrcoef":
        return _matthews
    base, _, average = name.partition("_")
    if (of_class := _OF_CLASS.get(base)) is None:
        return None
    averages: dict[str, Callable[[Array, Array, Array], Array]] = {
        # of a binary task the positive class is the last
        "": lambda right, said, true: of_class(right, said, true)[:, -1],
        # a class that these rows neither have nor are said to have is none of theirs
        "macro": lambda right, said, true: _mean(of_class(right, said, true), said + true > 0),
        "micro": lambda right, said, true: of_class(*(part.sum(axis=1) for part in (right, said, true))),
        "weighted": lambda right, said, true: (of_class(right, said, true) * true).sum(axis=1) / true.sum(axis=1),
    }
    return averages.get(average)


def _matthews(right: Array, said: Array, true: Array) -> Array:
    """Gorodkin, Computational Biology and Chemistry 2004; 0 where one class is all that is true, or said."""
    total = true.sum(axis=1)
    together = right.sum(axis=1) * total - (said * true).sum(axis=1)
    apart = (np.square(total) - np.square(part).sum(axis=1) for part in (said, true))
    return _ratio(together, np.sqrt(np.prod(list(apart), axis=0)))


def _ratio(part: Array, whole: Array) -> Array:
    return np.where(whole > 0, part / whole, 0.0)


def _mean(values: Array, counted: Array) -> Array:
    return np.asarray(np.where(counted, values, 0.0).sum(axis=1) / counted.sum(axis=1))
