"""Paired bootstrap by groups: every model is scored on the same resampled rows, so that what they share cancels out.

A resample is a weight for each row (how often its group was drawn), and a score is a function of weights: all scores
of all models, of the rows as a whole and of slices, come from one set of draws, and none of them sorts or copies rows
again.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import msgspec
import numpy as np
from scipy import stats

from validate.measures.clusters import Array, Clusters

Weighted = Callable[[Array], Array]
"""Weights (resamples x rows) -> one value for each resample; NaN where the drawn rows cannot tell."""

_CELLS = 1_500_000
"""Weights that are in memory at once."""
MOST_WEIGHTS = 20_000_000
"""Rows times resamples: with so many rows an interval is narrow, and its ends need no more draws."""
LEAST_RESAMPLES = 99


class Interval(msgspec.Struct, frozen=True, kw_only=True):
    """A value on the rows as they are, and the two ends of its bootstrap interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Draws:
    """A score on the rows as they are, and on each resample."""

    value: float
    drawn: Array

    def __sub__(self, other: Draws) -> Draws:
        """How far apart two scores are on the same rows."""
        return Draws(self.value - other.value, self.drawn - other.drawn)

    @property
    def known(self) -> Array:
        """Without the resamples that tell nothing, such as those without one of the classes."""
        return self.drawn[np.isfinite(self.drawn)]

    @property
    def is_known(self) -> bool:
        """Whether the rows can tell the score at all."""
        return bool(np.isfinite(self.value) and len(self.known))


def draw(statistics: Mapping[str, Weighted], clusters: Clusters, *, resamples: int, seed: int) -> dict[str, Draws]:
    """Each statistic on the rows, and on resamples of their groups: the same resamples for all of them.

    Fewer than `resamples` where the rows are many. The same seed draws the same, whatever is asked beside it.
    """
    rows = clusters.rows
    if not statistics or not rows:
        return {name: Draws(np.nan, np.empty(0)) for name in statistics}

    def values(weights: Array) -> Array:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            # a resample that tells nothing gives NaN, with which its readers deal
            warnings.simplefilter("ignore", RuntimeWarning)
            return np.stack([statistic(weights) for statistic in statistics.values()])

    on_the_rows = values(np.ones((1, rows), dtype=np.float32))[:, 0]
    random, batch = np.random.default_rng(seed), max(1, _CELLS // rows)
    count = max(LEAST_RESAMPLES, min(resamples, MOST_WEIGHTS // rows))
    drawn = []
    for start in range(0, count, batch):
        groups = random.integers(0, clusters.count, (min(batch, count - start), clusters.count))
        drawn.append(values(clusters.weights(groups)))
    return {
        name: Draws(float(value), resampled)
        for name, value, resampled in zip(statistics, on_the_rows, np.concatenate(drawn, axis=1), strict=True)
    }


def interval(draws: Draws | None, degrees: float, confidence: float) -> Interval | None:
    """A percentile interval, wider where few groups tell; None where rows cannot tell, or one group alone.

    The percentile interval of few observations is too narrow, as that of a normal distribution instead of Student's is
    (Hesterberg, The American Statistician 2015, section 4.4): its ends are moved away from the value by `widening`.
    Percentile, not BCa: BCa asks for every statistic once more without each group, which is rows x groups work.
    """
    if draws is None or degrees <= 0 or not draws.is_known:
        return None
    tail = (1 - confidence) / 2
    low, high = np.quantile(draws.known, [tail, 1 - tail])
    wider, value = widening(stats.norm.isf(tail), degrees), draws.value
    return Interval(value=value, low=value - wider * (value - float(low)), high=value + wider * (float(high) - value))


def widening(normal: float, degrees: float) -> float:
    """By how much Student's quantile, of a spread that is too small by one degree, exceeds the normal one.

    At the same probability; `normal`, above 0, is the normal distribution's quantile there, `degrees` are above 0.
    """
    return float(stats.t.isf(stats.norm.sf(normal), degrees) / normal * np.sqrt((degrees + 1) / degrees))
