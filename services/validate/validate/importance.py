"""What a model leans on: how much the training metric falls when a column is shuffled."""

from __future__ import annotations

import math

import msgspec
import pandas as pd
from sklearn.inspection import permutation_importance
from sklearn.pipeline import Pipeline

from contract.config import Config
from contract.dataset import Dataset
from contract.frame import arrays
from validate.metrics import values
from validate.outcome import Outcome
from validate.scoring import classes, frame_of, say, test_batches, threshold_of

ROWS = 2000
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
    frames, answers = [], []
    for day in days:
        left = each
        for batch in test_batches([day], features, target, "importance"):
            part = batch.slice(0, left)
            frames.append(frame_of(part, features))
            answers.append(pd.Series(arrays(part, [target])[target]))
            left -= part.num_rows
            if not left:
                break
    if not frames:
        return []
    frame, truth = pd.concat(frames, ignore_index=True), pd.concat(answers, ignore_index=True).to_numpy()
    codes = pd.Index(known, dtype=object).get_indexer(truth) if known else truth
    threshold = threshold_of(model) if len(known) == 2 else None

    def scored(fitted: Pipeline, rows: pd.DataFrame, true: object) -> float:
        found = values([metric], Outcome(codes, say(fitted, rows, known), threshold), len(known))[metric]
        return math.nan if found is None else found

    found = permutation_importance(
        model, frame, codes, scoring=scored, n_repeats=REPEATS, random_state=config.training.seed
    )
    rows = [
        Importance(column=name, mean=float(mean), spread=float(spread))
        for name, mean, spread in zip(features, found.importances_mean, found.importances_std, strict=True)
        if math.isfinite(mean)
    ]
    return sorted(rows, key=lambda row: -row.mean)
