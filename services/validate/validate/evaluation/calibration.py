"""Whether probabilities mean what they say."""

from __future__ import annotations

import msgspec
import numpy as np

from validate.evaluation.scored_rows import Array, Outcome

BINS = 10


class Bin(msgspec.Struct, frozen=True, kw_only=True):
    """Rows of like probability."""

    said: float
    """Mean probability."""
    observed: float
    """Fraction of rows where it came true."""
    rows: int


class Calibration(msgspec.Struct, frozen=True, kw_only=True):
    """Reliability of a model's probabilities."""

    error: float
    """Expected calibration error: the bins' mean distance between said and observed, weighted by rows
    (Naeini, Cooper, Hauskrecht, 2015). With few rows it is above 0 for a perfect model, too."""
    bins: list[Bin]


def calibration(outcome: Outcome) -> Calibration | None:
    """Of the positive class, or of the class that the model says; None for a regression, or without rows.

    Bins hold about equally many rows: of equal width most would be nearly empty.
    """
    if outcome.scores.ndim == 1 or not len(outcome.target):
        return None
    if outcome.scores.shape[1] == 2:
        said, true = outcome.scores[:, 1], outcome.target == 1
    else:
        top = outcome.scores.argmax(axis=1)
        said, true = outcome.scores[np.arange(len(top)), top], outcome.target == top
    bins = _bins(said, true)
    error = sum(each.rows * abs(each.said - each.observed) for each in bins) / len(said)
    return Calibration(error=float(error), bins=bins)


def _bins(said: Array, true: Array) -> list[Bin]:
    edges = np.unique(np.quantile(said, np.linspace(0, 1, BINS + 1)[1:-1]))
    place = np.searchsorted(edges, said, side="right")
    rows = np.bincount(place, minlength=len(edges) + 1)
    sums, hits = (np.bincount(place, values, minlength=len(edges) + 1) for values in (said, true.astype(float)))
    return [
        Bin(said=float(sums[k] / rows[k]), observed=float(hits[k] / rows[k]), rows=int(rows[k]))
        for k in range(len(rows))
        if rows[k]
    ]
