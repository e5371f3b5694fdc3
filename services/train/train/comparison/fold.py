"""One candidate in one fold: fitted on the rows inside it, scored on those and on the rest."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.pipeline import Pipeline

from contract.config import Config
from contract.config.model import Candidate
from train.blend import Blend
from train.candidates import Scorer
from train.fit import FittedCandidate, fit
from train.prepare import take
from train.rows import Array, Rows

SEEN_ROWS = 50_000
"""Of the rows that a fold was fitted on, so many are scored: enough to tell how well it knows them."""


@dataclass(frozen=True)
class Fold:
    """What it told."""

    model: Pipeline
    score: float
    """On the rows that were left out of the fit; NaN where it is no number."""
    train_score: float
    untold: str | None
    """Why a score is no number, in scikit-learn's words."""
    probabilities: Array | None
    """Of the positive class, for the rows that were left out; only where a threshold is chosen by costs."""


def fit_fold(
    candidate: Candidate,
    config: Config,
    score: Scorer,
    rows: Rows,
    split: tuple[Array, Array],
    members: list[Pipeline],
) -> Fold:
    """`members`: for a mean of other candidates, these, fitted on the same rows.

    Raises ConfigError when the candidate cannot be fitted on them.
    """
    inside, outside = split
    few = np.arange(0, len(inside), max(1, len(inside) // SEEN_ROWS))
    fitted: FittedCandidate | Blend
    if members:
        fitted = Blend.of(candidate, members, rows.codes[inside], config.training.seed)
        seen = fitted.matrix(rows, inside[few])
    else:
        fitted, fitted_on = fit(candidate, config, rows, inside)
        seen = take(fitted_on, few)
        del fitted_on  # as large as the rows themselves
    train_score, of_seen = _told(score, fitted.estimator, seen, rows.codes[inside[few]])
    del seen
    left_out = fitted.matrix(rows, outside)
    scored, of_left_out = _told(score, fitted.estimator, left_out, rows.codes[outside])
    probabilities = fitted.estimator.predict_proba(left_out)[:, 1] if config.decision.costs is not None else None
    return Fold(fitted.model, scored, train_score, of_left_out or of_seen, probabilities)


def _told(score: Scorer, estimator: Any, matrix: Any, target: Array) -> tuple[float, str | None]:
    """The score; NaN, and why, for one that is not defined here, as a log error is not of numbers below -1."""
    try:
        return float(score(estimator, matrix, target)), None
    except ValueError as error:
        return math.nan, str(error).strip().splitlines()[-1].rstrip(".")
