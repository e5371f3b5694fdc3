"""A day's predictions and its target, joined: which prediction belongs to which label."""

from __future__ import annotations

import logging
from collections.abc import Sequence

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from analysis.predictions import CONTENT, content_hashes, prediction_batches
from analysis.record.predicted_for import again, mismatch, name_of
from analysis.rows import classes, labelled_rows
from contract.config import GROUP, Config
from contract.datasets.dataset import Dataset
from validate.measures.clusters import Array
from validate.measures.scored_rows import ScoredRows

_ROW = "_row"
"""The content of a row, beside its key and target: a name that no column of a table may have."""
EXAMPLES = 3
"""Keys of each side that are named."""

log = logging.getLogger("validate")


class CannotJoin(Exception):
    """The predictions cannot be judged by these rows; the message says why, and what to do."""


def join(predictions: Dataset, rows: Dataset, config: Config, *, only_test: bool = False) -> ScoredRows:
    """Target and scores of the predicted rows whose target is known; `only_test`: of those in the test part.

    Raises CannotJoin where there is none, for predictions of another question, and where the rows are not those that
    were predicted; DataError for damaged parts.
    """
    if reason := mismatch(predictions, config):
        raise CannotJoin(reason)
    name, names = name_of(predictions), classes(config)
    score_columns = _score_columns(predictions, config)
    truth = _labelled(predictions, rows, config, only_test=only_test)
    wanted = [config.key, "prediction", *score_columns]
    predicted = pa.Table.from_batches(prediction_batches(predictions, wanted))
    found = pc.index_in(predicted.column(config.key), value_set=truth.column(config.key))
    both = pc.is_valid(found)
    if not pc.any(both).as_py():
        raise CannotJoin(
            f"{name}: none of its {predicted.num_rows:,} rows has a label by {config.key!r}: predictions have "
            f"{_keys(predicted, config.key)}, the {truth.num_rows:,} labelled rows of processed/{rows.path.name} have "
            f"{_keys(truth, config.key)}; bring the labels of these rows, or {again(predictions)}"
        )
    found = found.filter(both)
    if _ROW in truth.column_names:
        _same_rows(predictions, rows, both, truth.column(_ROW).take(found))
    if without := truth.num_rows - len(found.unique()):
        log.info("%s: %s rows with a target were not predicted", name, f"{without:,}")
    predicted, target = predicted.filter(both), truth.column(config.table.target).take(found)
    owners = np.asarray(truth.column(GROUP).take(found).to_numpy()) if GROUP in truth.column_names else None
    if not names:
        y_pred = np.asarray(predicted.column("prediction").to_numpy())
        return ScoredRows(np.asarray(target.to_numpy(), dtype=np.float64), y_pred, groups=owners)
    scores = np.column_stack([predicted.column(column).to_numpy() for column in score_columns])
    if config.table.task == "binary":
        scores = np.column_stack([1 - scores[:, 0], scores[:, 0]])
    target_codes = _codes(target, names, f"processed/{rows.path.name}", config)
    answers = _codes(predicted.column("prediction"), names, name, config)
    return ScoredRows(target_codes, scores, recorded=answers, groups=owners)


def _score_columns(predictions: Dataset, config: Config) -> list[str]:
    """The columns of scores, in the order of the classes; `score` is that of the positive one."""
    names = classes(config)
    columns = ["score"] if config.table.task == "binary" else [f"score_{name}" for name in names]
    there = {field.name for field in predictions.manifest.schema}
    if not set(columns) <= there:
        raise CannotJoin(
            f"{name_of(predictions)}: has no scores ({', '.join(columns)}), as the model has no predict_proba, or "
            f"another task was asked; with a champion that has it, {again(predictions)}"
        )
    return columns


def _labelled(predictions: Dataset, rows: Dataset, config: Config, *, only_test: bool) -> pa.Table:
    """Key, target and group of the labelled rows; with their content where a number alone tells them apart."""
    key, target = config.key, config.table.target
    content = _content(predictions, rows) if config.table.key is None else []
    # rows of earlier versions are each one of its own
    owner = [GROUP] if GROUP in {field.name for field in rows.manifest.schema} else []
    tables = []
    for batch in rows.batches(list(dict.fromkeys([key, target, *content, *owner, *(["split"] if only_test else [])]))):
        labelled = batch.filter(pc.is_valid(batch.column(target)))
        if only_test:
            labelled = labelled_rows(labelled, target, "test")
        columns = {name: labelled.column(name) for name in (key, target, *owner)}
        if content:
            columns[_ROW] = pa.array(content_hashes(labelled, content))
        tables.append(pa.RecordBatch.from_pydict(columns))
    truth = pa.Table.from_batches(tables).unify_dictionaries()
    if not truth.num_rows:
        raise CannotJoin(
            f"processed/{rows.path.name}: none of its {rows.rows():,} rows has a label ({target!r}"
            f"{', in the test part: the model was trained on the others' if only_test else ''}); bring the labels, "
            "then run generate and preprocess for this day"
        )
    return truth


def _content(predictions: Dataset, rows: Dataset) -> list[str]:
    """The columns that predict noted of its rows; none where these are the very rows that it read."""
    if any(made_from.sha256 == rows.manifest.identity for made_from in predictions.manifest.inputs):
        return []
    noted: list[str] = predictions.manifest.notes.get(CONTENT) or []
    there = {field.name for field in rows.manifest.schema}
    if not noted or not set(noted) <= there:
        missing = ", ".join(sorted(set(noted) - there))
        raise CannotJoin(
            f"{name_of(predictions)}: rows are numbered (no table.key), and nothing tells whether those of "
            f"processed/{rows.path.name}, written again since, are the ones that were predicted"
            + (f": without {missing}" if missing else "")
            + f"; {again(predictions)}"
        )
    return noted


def _same_rows(predictions: Dataset, rows: Dataset, both: pa.ChunkedArray, now: pa.ChunkedArray) -> None:
    """Raise CannotJoin when a number is another row's by now."""
    then = pa.Table.from_batches(predictions.batches(role=CONTENT)).column(CONTENT).filter(both)
    if other := int(np.count_nonzero(then.to_numpy() != now.to_numpy())):
        raise CannotJoin(
            f"{name_of(predictions)}: was made of other rows: {other:,} of {len(then):,} numbers are those of another "
            f"row in processed/{rows.path.name} by now, and without table.key nothing else tells whose a label is; "
            f"{again(predictions)}, or set table.key to a column that tells rows apart"
        )


def _codes(column: pa.ChunkedArray, names: Sequence[str], where: str, config: Config) -> Array:
    """Each class as its position among `names`."""
    words = np.asarray(column.cast(pa.string()).to_pylist(), dtype=object)
    codes: Array = pd.Index(names, dtype=object).get_indexer(words)
    if (codes < 0).any():
        raise CannotJoin(
            f"{where}: has the class {words[codes < 0][0]!r}, which columns.{config.table.target}.values lacks, got "
            f"{', '.join(names)}; run preprocess and predict for this day again"
        )
    return codes


def _keys(table: pa.Table, key: str) -> str:
    return ", ".join(map(repr, table.column(key).slice(0, EXAMPLES).to_pylist()))
