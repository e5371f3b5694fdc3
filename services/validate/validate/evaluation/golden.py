"""Golden rows: test rows with a model's scores from its judgement, to try it on before it comes back."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from sklearn.pipeline import Pipeline

from analysis.rows import classes, columns
from contract.config import Config
from contract.datasets.dataset import Dataset
from contract.datasets.files import sha256_of
from contract.datasets.manifest import Input
from contract.errors import DataError, MissingInput
from validate.evaluation.scored_rows import Array
from validate.evaluation.scoring import first_labelled_rows, predict_scores

ROWS = 200
TOLERANCE = 1e-9
"""Relative: another processor may add up in another order."""
_SCORE = "golden score "


def golden_rows(model: Pipeline, days: list[Dataset], config: Config) -> pa.Table:
    """The first test rows of each day, about `ROWS` in all: the model's columns, and its scores, class by class."""
    features = list(model.feature_names_in_)
    rows = first_labelled_rows(days, features, config.table.target, ROWS, "golden rows")
    assert rows is not None, "the gate accepts no model without test rows"
    rows = rows.select(features)
    scores = _scores(model, rows, classes(config))
    for index in range(scores.shape[1]):
        rows = rows.append_column(f"{_SCORE}{index}", pa.array(scores[:, index]))
    return rows


def check(root: Path, golden: Input, model: Pipeline, config: Config) -> int:
    """How many rows the model answers as it did then.

    Raises MissingInput when the rows are gone, DataError when they are damaged, or when the model answers otherwise.
    """
    path = root / golden.path
    if not path.exists():
        raise MissingInput(f"{golden.path}: the golden rows are not there; bring them back, nothing was changed")
    if (sha256 := sha256_of(path)) != golden.sha256:
        raise DataError(f"{golden.path}: must have sha256 {golden.sha256}, got {sha256}; nothing was changed")
    rows = pq.read_table(path)
    columns = [name for name in rows.column_names if name.startswith(_SCORE)]
    then = np.column_stack([rows.column(name).to_numpy() for name in columns])
    now = _scores(model, rows.drop_columns(columns), classes(config))
    if now.shape != then.shape:
        raise DataError(
            f"{golden.path}: the model must give {then.shape[1]} scores a row, as then, gives {now.shape[1]}"
        )
    wrong = ~np.isclose(now, then, rtol=TOLERANCE, atol=0).all(axis=1)
    if wrong.any():
        raise DataError(
            f"{golden.path}: the model must answer its {len(then)} golden rows as it did then, differs in "
            f"{int(wrong.sum())} by up to {np.abs(now - then).max():.3g}; nothing was changed"
        )
    return len(then)


def _scores(model: Pipeline, rows: pa.Table, class_names: list[str]) -> Array:
    batch = rows.combine_chunks().to_batches()[0]
    scores = predict_scores(model, columns(batch, list(model.feature_names_in_)), class_names)
    return scores if scores.ndim > 1 else scores[:, None]
