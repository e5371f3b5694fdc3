"""How much of a baseline's error a model takes away, by any score: one unit for all of them."""

from __future__ import annotations

import numpy as np

from contract.config.data import Task
from validate.measures.bootstrap import Draws
from validate.measures.clusters import Array

LEAST_LIFT: dict[Task, float] = {"binary": 0.01, "multiclass": 0.01, "regression": 0.05}
"""Unless `gate.min_lift` says otherwise. A regression's error falls by a twentieth when R2 reaches about 0.1."""

_NO_BEST = "positive_likelihood_ratio"
"""The one score that grows without an end: its error is how many false answers there are for so many right ones."""
_SQUARES = ("r2", "explained_variance", "neg_mean_squared_error")
"""Scores of squared errors: half of what they gain is gained by the square alone, so roots are compared."""


def lift(name: str, model: Draws, baseline: Draws) -> Draws:
    """The share of the baseline's distance to a perfect score that the model takes away, on the same draws.

    Of squared errors the distance is their root, so that R2 and the root mean squared error say the same. 0 where the
    baseline is perfect already: nothing is left to take away.
    """
    return Draws(
        float(_share(name, np.float64(model.value), np.float64(baseline.value))),
        _share(name, model.drawn, baseline.drawn),
    )


def _share(name: str, model: Array | np.float64, baseline: Array | np.float64) -> Array:
    perfect = 0.0 if name.startswith("neg_") else 1.0
    left, all_of_it = perfect - model, perfect - baseline
    with np.errstate(invalid="ignore", divide="ignore"):
        if name == _NO_BEST:
            left, all_of_it = 1 / model, 1 / baseline
        share = left / all_of_it
        if name in _SQUARES:
            share = np.sqrt(share)
    return np.where(all_of_it > 0, 1 - share, np.where(np.isnan(all_of_it), np.nan, 0.0))
