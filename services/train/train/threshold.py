"""From which probability on the model says the positive class."""

from __future__ import annotations

import numpy as np
from sklearn.frozen import FrozenEstimator
from sklearn.model_selection import FixedThresholdClassifier
from sklearn.pipeline import Pipeline

from contract.config import Config
from contract.config.model import Costs
from train.comparison.selection import Result
from train.rows import Array, Rows


def choose(config: Config, result: Result, rows: Rows) -> float | None:
    """The threshold that [decision] asks for; None when it asks for none."""
    if config.decision.costs is None:
        return config.decision.threshold
    assert result.out_of_fold is not None
    known = ~np.isnan(result.out_of_fold)
    return cheapest(result.out_of_fold[known], rows.codes[known] == 1, config.decision.costs)


def cheapest(scores: Array, positive: Array, costs: Costs) -> float:
    """The threshold of least cost on rows with these scores; of equals the one nearest to 0.5.

    All that tell rows apart are tried: halfway between neighbours, below the least score and above the greatest.
    """
    values, indices = np.unique(scores, return_inverse=True)
    hits = np.bincount(indices, positive.astype(float))
    false = np.bincount(indices, (~positive).astype(float))
    # with the threshold below value k, the rows from k on are called positive
    missed = np.r_[0.0, np.cumsum(hits)]
    called = false.sum() - np.r_[0.0, np.cumsum(false)]
    cost = costs.false_negative * missed + costs.false_positive * called
    between = (values[1:] + values[:-1]) / 2
    # halfway between two floats that touch is the lower one, which a row with that score reaches
    between = np.where(between > values[:-1], between, values[1:])
    limits = np.r_[values[0] / 2, between, (values[-1] + 1) / 2]
    # a score of 1 reaches every threshold: there, nobody can be called negative who has it
    limits, cost = (limits[:-1], cost[:-1]) if values[-1] >= 1 else (limits, cost)
    least = limits[np.isclose(cost, cost.min(), rtol=1e-12, atol=0)]
    return float(least[np.argmin(np.abs(least - 0.5))])


def with_threshold(model: Pipeline, threshold: float, positive: str, rows: Rows) -> Pipeline:
    """The fitted pipeline, saying `positive` from `threshold` on; its probabilities stay what they were."""
    *before, (name, estimator) = model.steps
    fixed = FixedThresholdClassifier(
        FrozenEstimator(estimator), threshold=threshold, pos_label=positive, response_method="predict_proba"
    )
    # the estimator stays as it is fitted; the wrapper only learns the names of the classes
    fixed.fit(None, rows.labels_of(np.unique(rows.codes)))
    return Pipeline([*before, (name, fixed)])
