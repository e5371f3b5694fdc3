"""The areas of all pairs of classes (Hand and Till, 2001) as functions of row weights.

Memory holds one order of the rows for each class, about half of what the scores take. Where the scores of two classes
meet is found anew in each call: for all pairs, that would be rows x classes many times over.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import numpy as np

from validate.measures.clusters import Array
from validate.measures.scored_rows import ScoredRows

Areas = Callable[[Array], tuple[Array, Array]]
"""Weights (resamples x rows) -> areas, and the weight of the rows that each is of; both areas x resamples."""


def each_other(scored: ScoredRows, classes: int) -> Areas:
    """The area of each class against each other one, on the rows of both alone, by the scores of the first."""
    target = scored.target
    ends = np.searchsorted(np.sort(target), np.arange(classes + 1))
    blocks = [slice(start, end) for start, end in pairwise(ends)]
    small = np.min_scalar_type(len(target))
    # class by class, and those of a class by the scores
    orders = [np.lexsort((scored.scores[:, code], target)).astype(small) for code in range(classes)]

    def areas(weights: Array) -> tuple[Array, Array]:
        known, shares = [], []
        for code, order in enumerate(orders):
            ordered, ranked = np.take(weights, order, axis=1), scored.scores[order, code]
            totals = [ordered[:, block].sum(axis=1, dtype=np.float64) for block in blocks]
            own = blocks[code]
            for other, block in enumerate(blocks):
                if other == code:
                    continue
                right = _right(ordered[:, own], ranked[own], ordered[:, block], ranked[block])
                with np.errstate(invalid="ignore", divide="ignore"):
                    known.append(right / (totals[code] * totals[other]))
                shares.append(totals[code] + totals[other])
        return np.stack(known), np.stack(shares)

    return areas


def _right(positive: Array, high: Array, negative: Array, low: Array) -> Array:
    """The weight of the pairs in the right order, and half of the ties; `high` and `low` are sorted scores."""
    below = np.zeros((len(negative), len(low) + 1))
    np.cumsum(negative, axis=1, dtype=np.float64, out=below[:, 1:])
    first, last = (np.searchsorted(low, high, side) for side in ("left", "right"))
    beaten = np.take(below, first, axis=1)
    beaten += np.take(below, last, axis=1)
    return np.asarray(np.einsum("ij,ij->i", positive, beaten, dtype=np.float64) / 2)
