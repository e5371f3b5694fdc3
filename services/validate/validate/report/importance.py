"""What a model leans on: how much the training metric falls when a column is shuffled."""

from __future__ import annotations

import math

import msgspec
import numpy as np
import pyarrow as pa
from sklearn.pipeline import Pipeline

from analysis.rows import Categorical, Columns, classes, columns, encode_target
from contract.config import Config
from validate.evaluation.scoring import answer
from validate.measures.clusters import Array
from validate.measures.metrics import values
from validate.measures.scored_rows import ScoredRows

REPEATS = 5
_CELLS = 2_000_000
"""Values of shuffled copies that are in memory at once."""


class Importance(msgspec.Struct, frozen=True, kw_only=True):
    """The importance of one column."""

    column: str
    mean: float
    """Fall of the metric, over `REPEATS` shuffles."""
    spread: float
    """Standard deviation of the same."""


def importance(model: Pipeline, rows: pa.Table | None, config: Config, metric: str) -> list[Importance]:
    """The importance of each column, the greatest first, on a sample of the test rows; none without rows.

    Breiman, Random Forests (2001), with the shuffles of scikit-learn's `permutation_importance`; but many shuffled
    copies are predicted at once, because a call costs more than its rows. Columns that tell the same share what they
    are worth.
    """
    if rows is None:
        return []
    class_names, features = classes(config), list(model.feature_names_in_)
    (batch,) = rows.combine_chunks().to_batches()
    columns_of_rows, codes = columns(batch, features), encode_target(batch, config)

    def metric_of(scores: Array, predicted: Array | None) -> float:
        value = values([metric], ScoredRows(codes, scores, recorded=predicted), len(class_names))[metric]
        return math.nan if value is None else value

    baseline = metric_of(*answer(model, columns_of_rows, class_names))
    orders = _orders(len(codes), config.training.seed)
    copies = max(1, _CELLS // (len(codes) * len(features) * REPEATS))
    importances = []
    for start in range(0, len(features), copies):
        some = features[start : start + copies]
        scores, predicted = answer(model, _shuffled(columns_of_rows, some, orders), class_names)
        copies_of = len(some) * REPEATS
        answered = [None] * copies_of if predicted is None else np.split(predicted, copies_of)
        fallen = [metric_of(*pair) for pair in zip(np.split(scores, copies_of), answered, strict=True)]
        falls = baseline - np.array(fallen)
        for name, fall in zip(some, falls.reshape(len(some), REPEATS), strict=True):
            importances.append(Importance(column=name, mean=float(fall.mean()), spread=float(fall.std())))
    known = [column for column in importances if math.isfinite(column.mean)]
    return sorted(known, key=lambda column: -column.mean)


def _orders(rows: int, seed: int) -> Array:
    """Shuffles x rows: which row's value each row gets, the same shuffles for every column."""
    random = np.random.RandomState(np.random.RandomState(seed).randint(np.iinfo(np.int32).max + 1))
    shuffled, orders = np.arange(rows), [np.arange(rows)]
    for _ in range(REPEATS):
        random.shuffle(shuffled)
        # each shuffle is of what the one before left
        orders.append(orders[-1][shuffled])
    return np.stack(orders[1:])


def _shuffled(rows: Columns, names: list[str], orders: Array) -> dict[str, Array | Categorical]:
    """The rows as often as there are names and shuffles, one after another, with one column shuffled in each."""
    unchanged = np.tile(np.arange(orders.shape[1]), len(orders))
    return {
        name: column[np.concatenate([orders.ravel() if name == other else unchanged for other in names])]
        for name, column in rows.items()
    }
