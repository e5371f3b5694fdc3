"""What a model leans on: how much the training metric falls when a column is shuffled."""

from __future__ import annotations

import math

import msgspec
import numpy as np
import pyarrow as pa
from sklearn.inspection import permutation_importance
from sklearn.pipeline import Pipeline

from analysis.rows import Categorical, classes, columns, encode_target
from contract.config import Config
from contract.dataset import Dataset
from validate.evaluation.golden import plain
from validate.evaluation.metrics import values
from validate.evaluation.scored_rows import Array, Outcome
from validate.evaluation.scoring import say, test_batches, threshold_of

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
    known, target, features = classes(config), config.table.target, list(model.feature_names_in_)
    each = math.ceil(ROWS / len(days))
    pieces = []
    for day in days:
        left = each
        for batch in test_batches([day], features, target, "importance"):
            pieces.append(plain(pa.table(batch.slice(0, left))))
            left -= pieces[-1].num_rows
            if not left:
                break
    if not pieces:
        return []
    (batch,) = pa.concat_tables(pieces).combine_chunks().to_batches()
    found, codes = columns(batch, features), encode_target(batch, config)
    threshold = threshold_of(model) if len(known) == 2 else None
    # words by their places: what is shuffled is a matrix of numbers
    words = {name: column.categories for name, column in found.items() if isinstance(column, Categorical)}
    shuffled = np.column_stack(
        [column.codes if isinstance(column, Categorical) else column for column in found.values()]
    )

    def scored(fitted: Pipeline, rows: Array, true: object) -> float:
        said = {
            name: Categorical(rows[:, place].astype(np.int32), words[name]) if name in words else rows[:, place]
            for place, name in enumerate(features)
        }
        value = values([metric], Outcome(codes, say(fitted, said, known), threshold), len(known))[metric]
        return math.nan if value is None else value

    told = permutation_importance(
        model, shuffled, codes, scoring=scored, n_repeats=REPEATS, random_state=config.training.seed
    )
    rows = [
        Importance(column=name, mean=float(mean), spread=float(spread))
        for name, mean, spread in zip(features, told.importances_mean, told.importances_std, strict=True)
        if math.isfinite(mean)
    ]
    return sorted(rows, key=lambda row: -row.mean)
