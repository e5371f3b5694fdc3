"""How much each row counts in a fit (`training.class_weights`)."""

from __future__ import annotations

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils.class_weight import compute_class_weight
from sklearn.utils.validation import has_fit_parameter

from contract.config import Config
from contract.config.model import Candidate
from contract.errors import ConfigError
from train.rows import Array, Rows


def class_weights(config: Config, rows: Rows) -> Array | None:
    """A weight for each code of a class; None when all rows count alike."""
    wanted = config.training.class_weights
    if wanted == "none":
        return None
    if isinstance(wanted, dict):
        return np.array([wanted[word] for word in rows.classes], dtype=float)
    codes = np.arange(len(rows.classes))
    weights = np.zeros(len(codes))
    there = np.isin(codes, rows.codes)
    weights[there] = compute_class_weight(wanted, classes=codes[there], y=rows.codes)
    return weights


def check_weights(config: Config, candidate: Candidate, estimator: BaseEstimator) -> None:
    """Raise ConfigError for an estimator that cannot weigh rows, or was told so twice."""
    if config.training.class_weights == "none":
        return
    section = f"pipeline.toml: training.candidates: {candidate.name!r}"
    if "class_weight" in {**candidate.params, **candidate.search}:
        raise ConfigError(f"{section}.params.class_weight must not be given beside training.class_weights; keep one")
    if not has_fit_parameter(estimator, "sample_weight"):
        raise ConfigError(
            f"{section}.estimator must take row weights for training.class_weights, "
            f"and {candidate.estimator!r} does not"
        )
