"""What a model leans on: how much the training metric falls when a column is shuffled."""

from __future__ import annotations

import math

import msgspec
import numpy as np
from sklearn.inspection import permutation_importance
from sklearn.pipeline import Pipeline

from analysis.rows import Categorical, classes, columns, encode_target
from contract.config import Config
from contract.datasets.dataset import Dataset
from validate.evaluation.metrics import values
from validate.evaluation.scored_rows import Array, ScoredRows
from validate.evaluation.scoring import first_labelled_rows, predict_scores, threshold_of

ROWS = 1000
REPEATS = 5


class Importance(msgspec.Struct, frozen=True, kw_only=True):
    """Of one column."""

    column: str
    mean: float
    """Fall of the metric, over `REPEATS` shuffles."""
    spread: float
    """Standard deviation of the same."""


def importance(model: Pipeline, days: list[Dataset], config: Config, metric: str) -> list[Importance]:
    """By column, the greatest first, on the first test rows of each day, about `ROWS` in all.

    Breiman, Random Forests (2001), as scikit-learn has it. Columns that tell the same share what they are worth.
    """
    class_names, features = classes(config), list(model.feature_names_in_)
    rows = first_labelled_rows(days, features, config.table.target, ROWS, "importance")
    if rows is None:
        return []
    (batch,) = rows.combine_chunks().to_batches()
    values_by_column, codes = columns(batch, features), encode_target(batch, config)
    threshold = threshold_of(model, class_names)
    # words by their codes: what is shuffled is a matrix of numbers
    words = {name: column.categories for name, column in values_by_column.items() if isinstance(column, Categorical)}
    matrix = np.column_stack(
        [column.codes if isinstance(column, Categorical) else column for column in values_by_column.values()]
    )

    def metric_of(fitted: Pipeline, shuffled: Array, true: object) -> float:
        feature_values = {
            name: Categorical(shuffled[:, index].astype(np.int32), words[name]) if name in words else shuffled[:, index]
            for index, name in enumerate(features)
        }
        scored = ScoredRows(codes, predict_scores(fitted, feature_values, class_names), threshold)
        value = values([metric], scored, len(class_names))[metric]
        return math.nan if value is None else value

    result = permutation_importance(
        model, matrix, codes, scoring=metric_of, n_repeats=REPEATS, random_state=config.training.seed
    )
    importances = [
        Importance(column=name, mean=float(mean), spread=float(spread))
        for name, mean, spread in zip(features, result.importances_mean, result.importances_std, strict=True)
        if math.isfinite(mean)
    ]
    return sorted(importances, key=lambda column: -column.mean)
