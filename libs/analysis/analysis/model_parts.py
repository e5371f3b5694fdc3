"""A model as what prepares the rows and what estimates; a mean of models as members that prepare them each its own way.

scikit-learn's own voting hands its members a frame, in which each row's text is a text of its own: thousands of
shuffled copies of few rows would be thousands of texts.
"""

from __future__ import annotations

from copy import copy
from typing import Any

from sklearn.ensemble import VotingClassifier, VotingRegressor
from sklearn.frozen import FrozenEstimator
from sklearn.model_selection import FixedThresholdClassifier
from sklearn.pipeline import Pipeline

from analysis.matrix import frame, is_ours, matrix
from analysis.rows import Array, Columns

_BY_MEMBERS = "by members"
"""In place of a preparation: the estimator gets the columns."""


def parts(model: Any) -> tuple[Any | None, Any]:
    """What prepares the rows, as `ready` takes it, if anything does, and the estimator that gets them."""
    if not isinstance(model, Pipeline):
        return None, model
    if len(model) > 1:
        return model[:-1], model[-1]
    mean = _of_columns(model[-1])
    return (None, model[-1]) if mean is None else (_BY_MEMBERS, mean)


def ready(prepare: Any | None, columns: Columns) -> Any:
    """All rows as the estimator gets them."""
    if prepare is None:
        return frame(columns)
    if prepare is _BY_MEMBERS:
        return columns
    step = prepare[0] if isinstance(prepare, Pipeline) and len(prepare) == 1 else None
    return matrix(step, columns) if is_ours(step) else prepare.transform(frame(columns))


class _Member:
    """One of the models of a mean: what voting asks it for, from columns."""

    def __init__(self, model: Any) -> None:
        self._prepare, self._estimator = parts(model)

    def predict(self, columns: Columns) -> Array:
        answered: Array = self._estimator.predict(ready(self._prepare, columns))
        return answered

    def predict_proba(self, columns: Columns) -> Array:
        answered: Array = self._estimator.predict_proba(ready(self._prepare, columns))
        return answered


def _of_columns(estimator: Any) -> Any | None:
    """The same mean of fitted models, also below a threshold, but asked with columns; None for another estimator."""
    if isinstance(estimator, FrozenEstimator):
        return _of_columns(estimator.estimator)
    below: Any = None
    if isinstance(estimator, FixedThresholdClassifier):
        attribute, below = "estimator_", _of_columns(estimator.estimator_)
    elif isinstance(estimator, VotingClassifier | VotingRegressor):
        frozen = [member.estimator for member in estimator.estimators_ if isinstance(member, FrozenEstimator)]
        if len(frozen) == len(estimator.estimators_):
            attribute, below = "estimators_", [_Member(model) for model in frozen]
    if below is None:
        return None
    same = copy(estimator)
    setattr(same, attribute, below)
    return same
