"""Which class a model answers with: one rule for the judgement and for the predictions that people get."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier, VotingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import FixedThresholdClassifier

from analysis.rows import Array

_MOST_PROBABLE = (HistGradientBoostingClassifier, LogisticRegression)
"""Their prediction is by definition the most probable class: asked for both, they would do all the work twice."""


def answers(estimator: Any, rows: Any, probabilities: Array | None) -> Array:
    """Each row's class as `estimator.predict` gives it, as its index in `estimator.classes_`.

    That need not be the most probable one: a support vector machine may differ, and two may be equally probable.
    `probabilities`: rows x classes, as `estimator.predict_proba` gives them; None for a model that knows none.
    """
    if probabilities is not None:
        if isinstance(estimator, FixedThresholdClassifier) and estimator.response_method == "predict_proba":
            # as train makes it: a number, for two classes
            positive = list(estimator.classes_).index(estimator.pos_label)
            return np.asarray(np.where(probabilities[:, positive] >= estimator.threshold, positive, 1 - positive))
        soft = isinstance(estimator, VotingClassifier) and estimator.voting == "soft"
        if soft or isinstance(estimator, _MOST_PROBABLE):
            return np.asarray(probabilities.argmax(axis=1))
    return np.asarray(np.searchsorted(estimator.classes_, estimator.predict(rows)))
