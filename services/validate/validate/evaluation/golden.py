"""Golden rows: test rows with a model's scores from its judgement, to try it on before it comes back."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from sklearn.pipeline import Pipeline

from analysis.rows import classes, columns
from contract.config import Config
from contract.datasets.files import sha256_of
from contract.datasets.manifest import Input
from contract.errors import DataError, MissingInput
from validate.evaluation.scoring import predict_scores
from validate.measures.clusters import Array

ROWS = 200
TOLERANCE = 1e-9
"""Relative: another processor may add up in another order."""
_SCORE = "golden score"
_OF_CLASS = f"{_SCORE} of "
_BY_NUMBER = re.compile(rf"{_SCORE} (\d+)")
"""As an earlier version named them: by the class's place in the order of then."""


def golden_rows(model: Pipeline, sample: pa.Table, config: Config) -> pa.Table:
    """`ROWS` of a sample of test rows: the model's columns, and its scores, each class by its name."""
    class_names = classes(config)
    rows = sample.slice(0, ROWS).select(list(model.feature_names_in_))
    scores = _scores(model, rows, class_names)
    for index, name in enumerate([f"{_OF_CLASS}{name}" for name in class_names] or [_SCORE]):
        rows = rows.append_column(name, pa.array(scores[:, index]))
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
    named, order = _columns(rows, classes(config))
    then = np.column_stack([rows.column(name).to_numpy() for name in named])
    now = _scores(model, rows.drop_columns(named), order)
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


def _columns(rows: pa.Table, class_names: list[str]) -> tuple[list[str], list[str]]:
    """The columns that hold scores, and the class of each; no class where they are numbers.

    Whatever order the classes have by now, a class's scores are held against its own.
    """
    if named := [name for name in rows.column_names if name.startswith(_OF_CLASS)]:
        # a class that came since has none: the model never says it
        return named, [name.removeprefix(_OF_CLASS) for name in named]
    return [name for name in rows.column_names if name == _SCORE or _BY_NUMBER.fullmatch(name)], class_names


def _scores(model: Pipeline, rows: pa.Table, class_names: list[str]) -> Array:
    batch = rows.combine_chunks().to_batches()[0]
    scores = predict_scores(model, columns(batch, list(model.feature_names_in_)), class_names)
    return scores if scores.ndim > 1 else scores[:, None]
