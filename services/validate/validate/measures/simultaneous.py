"""Intervals that hold all at once: the more there are, the wider each must be."""

from __future__ import annotations

import warnings
from collections.abc import Mapping

import numpy as np
from scipy import stats

from validate.measures.bootstrap import Draws, Interval, widening


def simultaneous(family: Mapping[str, tuple[Draws, float]], confidence: float) -> dict[str, Interval | None]:
    """An interval for each difference, by its degrees of freedom; with probability `confidence` all hold.

    Max-t over the joint draws: half the width is the quantile of the greatest of all studentised distances, which
    knows how the differences hang together (Westfall and Young, Resampling-Based Multiple Testing, 1993; Romano and
    Wolf, Econometrica 2005). None for a difference that its rows, or one group, cannot tell.
    """
    known = {name: draws for name, (draws, degrees) in family.items() if degrees > 0 and draws.is_known}
    spreads = {name: float(np.std(draws.known)) for name, draws in known.items()}
    # what never varies is no chance's
    moving = [name for name in known if spreads[name] > 0]
    critical = float(stats.norm.isf((1 - confidence) / 2))
    if moving:
        distances = np.stack([np.abs(known[name].drawn - known[name].known.mean()) / spreads[name] for name in moving])
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)  # a resample that tells nothing of any
            greatest = np.nanmax(np.where(np.isfinite(distances), distances, np.nan), axis=0)
        # never narrower than one alone would be: with few draws the quantile is a guess
        critical = max(critical, float(np.nanquantile(greatest, confidence)))
    result: dict[str, Interval | None] = dict.fromkeys(family)
    for name, draws in known.items():
        half = critical * widening(critical, family[name][1]) * spreads[name] if spreads[name] else 0.0
        result[name] = Interval(value=draws.value, low=draws.value - half, high=draws.value + half)
    return result
