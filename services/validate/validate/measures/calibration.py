"""Whether probabilities mean what they say, and how far chance alone would part them from what came true."""

from __future__ import annotations

import msgspec
import numpy as np
from scipy import sparse

from validate.measures.clusters import Array, Clusters
from validate.measures.scored_rows import ScoredRows

MOST_BINS = 10
_GROUPS_OF_A_BIN = 20
"""The fewest groups of a bin: fewer tell nothing of its spread."""
_DRAWS = 5_000


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
    chance: float
    """As much of it at most is chance, with the gate's confidence: `error` less this is its lower bound."""
    most: float
    """The error that these probabilities would have if all came out as far from them as can be."""
    bins: list[Bin]


def calibration(scored: ScoredRows, confidence: float = 0.95, seed: int = 0) -> Calibration | None:
    """The calibration of the positive, or of the predicted class; None for a regression, or without rows.

    Bins hold about equally many rows: of equal width most would be nearly empty.

    The distance of a bin is that of the model plus chance's, so the error is at most the model's own plus what chance
    gives by itself (the triangle inequality). Of that the quantile `confidence` is drawn: by bin a normal sum of what
    the groups of rows differ by, at least the spread of independent answers (Broecker and Smith 2007).
    """
    if scored.scores.ndim == 1 or not len(scored.target):
        return None
    if scored.scores.shape[1] == 2:
        probabilities, true = scored.scores[:, 1], scored.target == 1
    else:
        top = scored.scores.argmax(axis=1)
        probabilities, true = scored.scores[np.arange(len(top)), top], scored.target == top
    clusters = scored.clusters
    index = _bin_of(probabilities, max(1, min(MOST_BINS, int(clusters.effective() / _GROUPS_OF_A_BIN))))
    rows = np.bincount(index)
    said, observed = (np.bincount(index, values) / rows for values in (probabilities, true.astype(float)))
    noise = np.abs(_noise(probabilities, true - (observed - said)[index], index, clusters, seed)).sum(axis=1)
    farthest = np.maximum(said, 1 - said)
    return Calibration(
        error=float(rows @ np.abs(said - observed) / len(true)),
        chance=float(np.quantile(noise, confidence) / len(true)),
        most=float(rows @ farthest / len(true)),
        bins=[
            Bin(said=float(one), observed=float(other), rows=int(count))
            for one, other, count in zip(said, observed, rows, strict=True)
        ],
    )


def _bin_of(probabilities: Array, bins: int) -> Array:
    """The number of each row's bin; every number has rows."""
    edges = np.unique(np.quantile(probabilities, np.linspace(0, 1, bins + 1)[1:-1]))
    index = np.searchsorted(edges, probabilities, side="right")
    return np.asarray(np.unique(index, return_inverse=True)[1])


def _noise(probabilities: Array, centred: Array, index: Array, clusters: Clusters, seed: int) -> Array:
    """Draws x bins: sums over a bin's rows of what came true less what was to be expected, by chance alone."""
    residual, bins = centred - probabilities, int(index.max()) + 1
    of_row = np.arange(clusters.rows) if clusters.of_row is None else clusters.of_row
    # a group's rows in one bin, and in several, hang together
    sums = sparse.csr_matrix((residual, (of_row, index)), shape=(clusters.count, bins))
    covariance = (sums.T @ sums).toarray() * clusters.count / max(clusters.count - 1, 1)
    least = np.bincount(index, probabilities * (1 - probabilities))
    covariance[np.diag_indices(bins)] = np.maximum(np.diagonal(covariance), least)
    normal = np.random.default_rng(seed).multivariate_normal(np.zeros(bins), covariance, _DRAWS, method="eigh")
    return np.asarray(normal)
