"""Scores by scikit-learn's names, from arrays that a model has already filled."""

from __future__ import annotations

import math
import warnings

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.metrics import brier_score_loss, get_scorer, get_scorer_names, log_loss

from contract.config import Config
from contract.config.data import Task
from contract.errors import ConfigError, did_you_mean
from validate.measures.clusters import Array
from validate.measures.scored_rows import ScoredRows

_SHOWN: dict[Task, tuple[str, ...]] = {
    "binary": ("roc_auc", "average_precision", "neg_log_loss", "neg_brier_score", "accuracy", "f1"),
    "multiclass": ("neg_log_loss", "roc_auc_ovr", "accuracy", "balanced_accuracy", "f1_macro"),
    "regression": ("r2", "neg_root_mean_squared_error", "neg_mean_absolute_error"),
}


def training_metric(config: Config) -> str:
    """The score that the training compares candidates by."""
    return config.training.metric_for(config.table.task)


def metric_names(config: Config, metric: str) -> list[str]:
    """All scores to compute: the task's own, the training's `metric`, and those with a minimum.

    Raises ConfigError for one that scikit-learn does not know, or that does not suit the task.
    """
    task = config.table.task
    asked = {"training.metric": metric} | {f"gate.minimums.{name}": name for name in config.gate.minimums}
    for key, name in asked.items():
        if name not in get_scorer_names():
            hint = did_you_mean(name, get_scorer_names())
            raise ConfigError(f"pipeline.toml: {key} must be a scikit-learn scorer, got {name!r}{hint}")
        try:
            _value(name, _probe(task), 3 if task == "multiclass" else 2)
        except (ValueError, TypeError, AttributeError) as error:
            raise ConfigError(f"pipeline.toml: {key} must suit task {task!r}, got {name!r}: {error}") from None
    return list(dict.fromkeys([*_SHOWN[task], *asked.values()]))


def values(wanted: list[str], scored: ScoredRows, classes: int) -> dict[str, float | None]:
    """Each score; None where these rows cannot tell (one class only, too few rows)."""
    scores: dict[str, float | None] = dict.fromkeys(wanted)
    for name in wanted if len(scored.target) else ():
        try:
            value = _value(name, scored, classes)
        except ValueError:
            value = math.nan
        scores[name] = value if math.isfinite(value) else None
    return scores


def why_untold(name: str, scored: ScoredRows, classes: int) -> str | None:
    """Why these rows cannot tell a score, in scikit-learn's words; None where they can, or it does not say."""
    try:
        _value(name, scored, classes)
    except ValueError as error:
        return str(error).strip().splitlines()[-1].rstrip(".")
    return None


def _value(name: str, scored: ScoredRows, classes: int) -> float:
    with warnings.catch_warnings():
        # scikit-learn warns where it gives nan, and nan says it
        warnings.simplefilter("ignore")
        if name == "neg_log_loss":
            # scorers cannot be told of classes that these rows do not have
            return -float(log_loss(scored.target, scored.scores, labels=np.arange(classes)))
        if name == "neg_brier_score" and classes > 2:
            return -float(brier_score_loss(scored.target, scored.scores, labels=np.arange(classes)))
        model = _Regressor(scored.scores) if scored.scores.ndim == 1 else _Classifier(scored.scores, scored.predicted)
        return float(get_scorer(name)(model, np.empty((len(scored.target), 1)), scored.target))


class _Regressor(RegressorMixin, BaseEstimator):  # type: ignore[misc]
    """What scikit-learn's scorers ask, answered from an array: a model is run once for all scores."""

    def __init__(self, scores: Array) -> None:
        self.scores = scores

    def predict(self, X: object) -> Array:  # noqa: ARG002, N803 (scikit-learn's signature)
        """The numbers that the model predicted."""
        return self.scores


class _Classifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """The same for classes, by their numbers; in binary tasks 1 is the positive one, as scorers expect."""

    def __init__(self, scores: Array, predicted: Array) -> None:
        self.scores = scores
        self.predicted = predicted
        self.classes_ = np.arange(scores.shape[1])

    def predict(self, X: object) -> Array:  # noqa: ARG002, N803 (scikit-learn's signature)
        """The class that the model predicted."""
        return self.predicted

    def predict_proba(self, X: object) -> Array:  # noqa: ARG002, N803 (scikit-learn's signature)
        """The probabilities that the model predicted."""
        return self.scores


def _probe(task: Task) -> ScoredRows:
    """A few scored rows that any score of the task must be able to judge."""
    if task == "regression":
        return ScoredRows(np.array([0.5, 1.0, 2.5, 3.0]), np.array([0.6, 0.9, 2.0, 3.5]))
    count = 3 if task == "multiclass" else 2
    target = np.tile(np.arange(count), 4)
    return ScoredRows(target, np.full((len(target), count), 0.1) + np.eye(count)[target] * (1 - 0.1 * count))
