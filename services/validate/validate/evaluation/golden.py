"""Golden rows: test rows with what a model said about them when it was judged, to try it on before it comes back."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from sklearn.pipeline import Pipeline

from analysis.rows import classes, columns
from contract.config import Config
from contract.dataset import Dataset
from contract.errors import DataError, MissingInput
from contract.files import sha256_of
from contract.manifest import Input
from validate.evaluation.scored_rows import Array
from validate.evaluation.scoring import say, test_batches

ROWS = 200
TOLERANCE = 1e-9
"""Relative: another processor may add up in another order."""
_SCORE = "golden score "


def take(model: Pipeline, days: list[Dataset], config: Config) -> pa.Table:
    """The first test rows of each day, about `ROWS` in all: the model's columns, and what it says, class by class."""
    known, features = classes(config), list(model.feature_names_in_)
    each = math.ceil(ROWS / len(days))
    pieces = []
    for day in days:
        left = each
        for batch in test_batches([day], features, config.table.target, "golden rows"):
            piece = pa.table({name: batch.column(name) for name in features}).slice(0, left)
            pieces.append(plain(piece))
            left -= piece.num_rows
            if not left:
                break
    rows = pa.concat_tables(pieces)
    scores = _said(model, rows, known)
    for place in range(scores.shape[1]):
        rows = rows.append_column(f"{_SCORE}{place}", pa.array(scores[:, place]))
    return rows


def check(root: Path, golden: Input, model: Pipeline, config: Config) -> int:
    """How many rows the model answers as it did then.

    Raises MissingInput when the rows are gone, DataError when they are damaged, or when the model answers otherwise.
    """
    path = root / golden.path
    if not path.exists():
        raise MissingInput(f"{golden.path}: the golden rows are not there; bring them back, nothing was changed")
    if (found := sha256_of(path)) != golden.sha256:
        raise DataError(f"{golden.path}: must have sha256 {golden.sha256}, got {found}; nothing was changed")
    rows = pq.read_table(path)
    columns = [name for name in rows.column_names if name.startswith(_SCORE)]
    then = np.column_stack([rows.column(name).to_numpy() for name in columns])
    now = _said(model, rows.drop_columns(columns), classes(config))
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


def _said(model: Pipeline, rows: pa.Table, known: list[str]) -> Array:
    batch = rows.combine_chunks().to_batches()[0]
    said = say(model, columns(batch, list(model.feature_names_in_)), known)
    return said if said.ndim > 1 else said[:, None]


def plain(rows: pa.Table) -> pa.Table:
    """Words as words, so that batches can be joined: each has a dictionary of its own."""
    words = [
        pa.field(field.name, pa.string() if pa.types.is_dictionary(field.type) else field.type) for field in rows.schema
    ]
    return rows.cast(pa.schema(words))
