"""Measure a day against the training of its champion, batch by batch: memory does not grow with the rows."""

from __future__ import annotations

import logging
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from analysis.drift import Array, Column, Finding, Level, measure, worst
from analysis.reference import Reference, codes, count
from contract.champion import Champion
from contract.dataset import Dataset
from contract.errors import DataError, MissingInput
from contract.frame import arrays
from contract.layout import Layout

log = logging.getLogger("predict")


class Drift(msgspec.Struct, frozen=True, kw_only=True):
    """The content of drift.json."""

    level: Level
    columns: list[Finding]
    """The worst first."""
    score: Finding | None
    """Of the champion's scores on the day's rows against those on its test rows."""
    without: str | None
    """Why nothing was measured."""


def reference_of(layout: Layout, champion: Champion) -> tuple[Reference | None, str | None]:
    """The reference that was written with the champion, or why there is none."""
    try:
        model = Dataset.open(layout.model(champion.day))
    except (MissingInput, DataError) as error:
        return None, str(error)
    if model.manifest.identity != champion.manifest:
        return None, f"models/{champion.day} was trained again since: the champion's own reference is gone"
    if not model.manifest.named("reference"):
        return None, f"models/{champion.day} has no drift reference: it was trained before there were any"
    return msgspec.json.decode(model.file("reference").read_bytes(), type=Reference), None


def score_reference(layout: Layout, champion: Champion) -> Column | None:
    """The champion's scores on its test rows, which no fit had seen; None when its report has none."""
    try:
        report = Dataset.open(layout.report("train", champion.day))
        verdict = msgspec.json.decode(report.file("verdict").read_bytes())
        if verdict["challenger"]["model"]["sha256"] != champion.sha256:
            return None
        return msgspec.json.decode(report.file("scores").read_bytes(), type=Column)
    except (MissingInput, DataError, KeyError, msgspec.MsgspecError):
        return None


def watch(reference: Reference, score: Column | None, rows: Dataset, predictions: Dataset) -> Drift:
    """Every column of the reference that the rows have, and the score."""
    there = {field.name for field in rows.manifest.schema}
    columns = [column for column in reference.columns if column.name in there]
    limits = reference.limits.shared(len(reference.columns), 1 if score is not None else 0)
    counts = _counted(columns, rows)
    found = [measure(column, counts[column.name], limits) for column in columns]
    found.sort(key=lambda each: (-("ok", "watch", "alarm").index(each.level), each.p, each.name))
    told = None
    if score is not None and score.name in {field.name for field in predictions.manifest.schema}:
        if predictions.manifest.named("rows")[0].path.endswith(".parquet"):
            told = measure(score, _counted([score], predictions)[score.name], limits)
        else:
            log.info("the score's drift is measured with predictions.format = parquet alone")
    levels = [each.level for each in found] + ([told.level] if told else [])
    return Drift(level=worst(levels), columns=found, score=told, without=None)


def _counted(columns: list[Column], dataset: Dataset) -> dict[str, Array]:
    counts: dict[str, Any] = {column.name: 0 for column in columns}
    for batch in dataset.batches([column.name for column in columns]):
        for column in columns:
            counts[column.name] += _count(column, batch)
    return {name: np.asarray(each) if np.ndim(each) else _nothing(columns, name) for name, each in counts.items()}


def _nothing(columns: list[Column], name: str) -> Array:
    return np.zeros(next(len(column.counts) for column in columns if column.name == name))


def _count(column: Column, batch: pa.RecordBatch) -> Array:
    if column.kind == "number":
        return count(column, codes(column, arrays(batch, [column.name])[column.name]))
    # by word, not by row: a batch has few of them
    words = batch.column(column.name).cast(pa.string())
    found = np.zeros(len(column.counts), dtype=np.int64)
    for each in pc.value_counts(words).to_pylist():
        place = codes(column, np.array([each["values"]], dtype=object))[0]
        found[place] += each["counts"]
    return found
