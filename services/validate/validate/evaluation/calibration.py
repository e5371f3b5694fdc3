"""Whether probabilities mean what they say."""

from __future__ import annotations

import msgspec
import numpy as np

from validate.evaluation.scored_rows import Array, ScoredRows

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
    """Expected calibration error: the bins' mean distance between probability and fraction, weighted by rows
    (Naeini, Cooper, Hauskrecht, 2015). With few rows it is above 0 for a perfect model, too."""
    bins: list[Bin]


def calibration(scored: ScoredRows) -> Calibration | None:
    """Of the positive class, or of the predicted class; None for a regression, or without rows.

    Bins hold about equally many rows: of equal width most would be nearly empty.
    """
    if scored.scores.ndim == 1 or not len(scored.target):
        return None
    if scored.scores.shape[1] == 2:
        probabilities, true = scored.scores[:, 1], scored.target == 1
    else:
        top = scored.scores.argmax(axis=1)
        probabilities, true = scored.scores[np.arange(len(top)), top], scored.target == top
    bins = _bins(probabilities, true)
    error = sum(part.rows * abs(part.said - part.observed) for part in bins) / len(probabilities)
    return Calibration(error=float(error), bins=bins)


def _bins(probabilities: Array, true: Array) -> list[Bin]:
    edges = np.unique(np.quantile(probabilities, np.linspace(0, 1, BINS + 1)[1:-1]))
    index = np.searchsorted(edges, probabilities, side="right")
    rows = np.bincount(index, minlength=len(edges) + 1)
    sums, hits = (
        np.bincount(index, values, minlength=len(edges) + 1) for values in (probabilities, true.astype(float))
    )
    return [
        Bin(said=float(sums[k] / rows[k]), observed=float(hits[k] / rows[k]), rows=int(rows[k]))
        for k in range(len(rows))
        if rows[k]
    ]
