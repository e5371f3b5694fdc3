"""Paired bootstrap intervals: every model is scored on the same resampled rows, so that what they share cancels out.

A resample is a weight for each row (how often it was drawn), and a score is a function of weights: all scores of both
models, of the rows as a whole and of slices, come from one set of draws, and none of them sorts or copies rows again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec
import numpy as np
from scipy import stats

Array = np.ndarray[Any, Any]
Weighted = Callable[[Array], Array]
"""Weights (resamples x rows) -> one value for each resample; NaN where the drawn rows cannot tell."""

_CELLS = 2_000_000
"""Weights that are in memory at once."""
MOST_WEIGHTS = 20_000_000
"""Rows times resamples: with so many rows an interval is narrow, and its ends need no more draws."""
LEAST_RESAMPLES = 99


class Interval(msgspec.Struct, frozen=True, kw_only=True):
    """A value on the rows as they are, and the two ends of its bootstrap interval."""

    value: float
    low: float
    high: float


def intervals(
    statistics: Mapping[str, Weighted],
    rows: int,
    *,
    differences: Mapping[str, tuple[str, str]] | None = None,
    confidence: float,
    resamples: int,
    seed: int,
) -> dict[str, Interval | None]:
    """A percentile interval for each statistic, from the same draws; None for one that the rows cannot tell.

    `differences` are further ones, each the first named statistic less the second.

    Percentile, not BCa: BCa asks for every statistic once more without each row, which is rows x rows work.
    Efron and Tibshirani, An Introduction to the Bootstrap (1993), chapter 13.
    """
    pairs = differences or {}
    names = [*statistics, *pairs]
    if not names or not rows:
        return dict.fromkeys(names)

    def told(weights: Array) -> Array:
        values = {name: statistic(weights) for name, statistic in statistics.items()}
        values |= {name: values[one] - values[other] for name, (one, other) in pairs.items()}
        return np.stack([values[name] for name in names])

    here = told(np.ones((1, rows), dtype=np.float32))[:, 0]

    def all_of(drawn: Array, axis: int) -> Array:
        return told(_weights(np.atleast_2d(drawn), rows))

    found = _quiet(
        stats.bootstrap,
        (np.arange(rows),),
        lambda drawn, axis: all_of(drawn, axis) if drawn.ndim > 1 else all_of(drawn, axis)[:, 0],
        vectorized=True,
        n_resamples=max(LEAST_RESAMPLES, min(resamples, MOST_WEIGHTS // rows)),
        batch=max(1, _CELLS // rows),
        confidence_level=confidence,
        method="percentile",
        rng=np.random.default_rng(seed),
    ).bootstrap_distribution
    tails = (1 - confidence) / 2
    result: dict[str, Interval | None] = {}
    for name, value, drawn in zip(names, here, found, strict=True):
        # a draw without one of the classes tells nothing; it is left out, as long as there are others
        known = drawn[np.isfinite(drawn)]
        if not np.isfinite(value) or not len(known):
            result[name] = None
            continue
        low, high = np.quantile(known, [tails, 1 - tails])
        result[name] = Interval(value=float(value), low=float(low), high=float(high))
    return result


def _weights(drawn: Array, rows: int) -> Array:
    """How often each row was drawn, draw by draw."""
    offsets = np.arange(len(drawn))[:, None] * rows
    counts = np.bincount((drawn + offsets).ravel(), minlength=len(drawn) * rows)
    return counts.reshape(len(drawn), rows).astype(np.float32)


def _quiet(function: Callable[..., Any], *args: Any, **options: Any) -> Any:
    import warnings

    with warnings.catch_warnings(), np.errstate(all="ignore"):
        # scipy warns of a distribution with NaN or without spread, both of which `intervals` deals with
        warnings.simplefilter("ignore")
        return function(*args, **options)
