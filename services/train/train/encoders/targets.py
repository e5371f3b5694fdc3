"""Columns of very many categories as means of the target, without a row's own target among them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler, TargetEncoder

from analysis.derived import TARGETS
from analysis.rows import Array, Categorical, Columns
from contract.config.data import Task
from train.splits.groups import splits

FOLDS = 5
_TYPES: dict[Task, str] = {"binary": "binary", "multiclass": "multiclass", "regression": "continuous"}
"""As scikit-learn calls them."""


@dataclass(frozen=True)
class Target:
    """The targets of a fit's rows, and the entity of each."""

    codes: Array
    groups: Array
    task: Task
    seed: int


def targets(columns: Columns, target: Target, *, scaled: bool) -> FrozenEstimator:
    """The part for columns of categories, fitted on all rows, for use on other rows.

    `scaled`: for an estimator that takes scaled numbers.
    """
    fitted = TargetEncoder(target_type=_type(target)).fit(_frame(columns), target.codes)
    if not scaled:
        return FrozenEstimator(fitted)
    scaler = StandardScaler().fit(fitted.transform(_frame(columns)))
    return FrozenEstimator(make_pipeline(FrozenEstimator(fitted), scaler))


def cross_fitted(step: ColumnTransformer, columns: Columns, rows: Array, target: Target) -> dict[str, Array]:
    """The means for the rows that a step was fitted on, each without the rows of its own entity.

    By part, in the order of `rows` (rows x outputs); nothing for a step without such a part. Where all rows are of one
    entity, the mean of all of them for each.
    """
    part = step.named_transformers_.get(TARGETS)
    if part is None:
        return {}
    (names,) = [wanted for name, _, wanted in step.transformers_ if name == TARGETS]
    used = {name: columns[name][rows] for name in names}
    classes = target.task != "regression"
    # few rows may be of fewer entities, or have fewer of each class
    most = min(len(np.unique(target.groups)), int(np.bincount(target.codes).max()) if classes else FOLDS)
    if most < 2:
        # no others tell anything of a word
        mean = TargetEncoder(target_type=_type(target)).fit(_frame(used), target.codes).target_mean_
        values = np.tile(mean, (len(rows), len(names)))
    else:
        apart = splits(target.groups, target.codes, min(FOLDS, most), target.seed, classes=classes)
        encoder = TargetEncoder(target_type=_type(target), cv=apart)
        values = encoder.fit_transform(_frame(used), target.codes)
    scaler = getattr(part.estimator, "named_steps", {}).get("standardscaler")
    return {TARGETS: np.asarray(values if scaler is None else scaler.transform(values))}


def _type(target: Target) -> str:
    # of two classes scikit-learn makes one output, whatever it is told, and then misses the others
    few = target.task == "multiclass" and len(np.unique(target.codes)) <= 2
    return "binary" if few else _TYPES[target.task]


def _frame(columns: Columns) -> pd.DataFrame:
    return pd.DataFrame({name: pd.Series(_words(column), dtype=object) for name, column in columns.items()})


def _words(column: Any) -> Array:
    assert isinstance(column, Categorical)
    return column.objects()
