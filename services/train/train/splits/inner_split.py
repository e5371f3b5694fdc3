"""The split of its own that an estimator makes of the rows that it is fitted on: by entity, where that can be told.

To stop early, or to choose a parameter by a cross-validation of its own, an estimator holds out rows at random. Where
entities have several rows it would learn from the very entities that it then asks when to stop.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, is_classifier
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

from train.prepare import take
from train.rows import Array
from train.splits.groups import held_out, splits

AUTOMATIC_ROWS = 10_000
"""More rows than these, and HistGradientBoosting with early_stopping = "auto" stops early."""
FOLDS = 5
"""The folds of an estimator's own cross-validation, unless its `cv` says how many."""


def splits_at_random(estimator: BaseEstimator) -> str | None:
    """The parameter that makes an estimator hold out rows at random, where it cannot be told which; else None."""
    params = estimator.get_params(deep=False)
    if isinstance(estimator, HistGradientBoostingClassifier | HistGradientBoostingRegressor) or "cv" in params:
        return None
    if params.get("early_stopping") is True:
        return "early_stopping"
    # those who have early_stopping as well count rounds by it alone
    if "early_stopping" not in params and params.get("n_iter_no_change") is not None:
        return "n_iter_no_change"
    return "probability" if params.get("probability") is True else None


def splits_by_entity(estimator: BaseEstimator, rows: int) -> bool:
    """Whether an estimator holds out some of so many rows, and can be told which."""
    return _stops_early(estimator, rows) or "cv" in estimator.get_params(deep=False)


def _stops_early(estimator: Any, rows: int) -> bool:
    if not isinstance(estimator, HistGradientBoostingClassifier | HistGradientBoostingRegressor):
        return False
    wanted = rows > AUTOMATIC_ROWS if estimator.early_stopping == "auto" else estimator.early_stopping
    return bool(wanted) and estimator.validation_fraction is not None


def fit(estimator: Any, prepared: Any, target: Array, groups: Array | None, seed: int, **weights: Array) -> None:
    """Fit an estimator; its own split is by `groups`, which are None where each row is an entity of its own.

    `weights`: `sample_weight`, if rows are to be weighed. Raises ValueError where the entities are too few.
    """
    if groups is None or not splits_by_entity(estimator, len(target)):
        estimator.fit(prepared, target, **weights)
    elif _stops_early(estimator, len(target)):
        _fit_until(estimator, prepared, target, groups, seed, weights)
    else:
        codes, cv = _codes(estimator, target), estimator.cv
        own = splits(groups, codes, cv if isinstance(cv, int) else FOLDS, seed, classes=is_classifier(estimator))
        # the rows' numbers are not for the model file
        estimator.set_params(cv=own).fit(prepared, target, **weights).set_params(cv=cv)


def _fit_until(
    estimator: Any, prepared: Any, target: Array, groups: Array, seed: int, weights: dict[str, Array]
) -> None:
    """Fit gradient boosting that stops early, by the rows of entities that it does not learn from."""
    wanted, part = estimator.early_stopping, estimator.validation_fraction
    fraction = part if part < 1 else part / len(target)
    learn, stop = held_out(groups, _codes(estimator, target), fraction, seed, classes=is_classifier(estimator))
    inside = {name: values[learn] for name, values in weights.items()}
    outside = {f"{name}_val": values[stop] for name, values in weights.items()}
    # "auto" would count the rows that are left
    estimator.set_params(early_stopping=True)
    estimator.fit(
        take(prepared, learn), target[learn], X_val=take(prepared, stop), y_val=target[stop], **inside, **outside
    )
    estimator.set_params(early_stopping=wanted)


def by_groups(estimator: BaseEstimator, seed: int) -> BaseEstimator:
    """The same estimator, unfitted, whose `fit` takes the entities of its rows as `entities`: for a search.

    For that alone: a model file with it would not open where this code is not.
    """
    kind: Any = type(estimator)

    class ByGroups(kind):  # type: ignore[misc]
        def fit(self, prepared: Any, target: Array, sample_weight: Array | None = None, *, entities: Array) -> ByGroups:
            alone = kind(**self.get_params(deep=False))
            fit(
                alone,
                prepared,
                target,
                entities,
                seed,
                **{} if sample_weight is None else {"sample_weight": sample_weight},
            )
            self.__dict__.update(alone.__dict__)
            return self

    return ByGroups(**estimator.get_params(deep=False))


def _codes(estimator: BaseEstimator, target: Array) -> Array:
    return np.unique(target, return_inverse=True)[1] if is_classifier(estimator) else target
