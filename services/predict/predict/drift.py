"""Measure a day against the training of its champion, batch by batch: memory does not grow with the rows."""

from __future__ import annotations

import logging

import msgspec
import numpy as np

from analysis.drift import Array, Column, Finding, Level, measure, worst
from analysis.reference import Reference, codes, count
from analysis.rows import Columns
from analysis.rows import columns as columns_of
from contract.champion import Champion
from contract.dataset import Dataset
from contract.errors import DataError, MissingInput
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


class Counted:
    """Rows by bin of each column of a reference, gathered batch by batch."""

    def __init__(self, columns: list[Column]) -> None:
        self._columns = columns
        self.counts: dict[str, Array] = {each.name: np.zeros(len(each.counts), dtype=np.int64) for each in columns}

    def add(self, batch: Columns) -> None:
        """Take in more rows, which must have all the columns."""
        for column in self._columns:
            self.counts[column.name] += count(column, codes(column, batch[column.name]))


def counted(columns: list[Column], dataset: Dataset) -> Counted:
    """Of all rows of a dataset."""
    found = Counted(columns)
    for batch in dataset.batches([column.name for column in columns]):
        found.add(columns_of(batch, [column.name for column in columns]))
    return found


def watched(reference: Reference, rows: Dataset) -> list[Column]:
    """The columns of the reference that the rows have."""
    there = {field.name for field in rows.manifest.schema}
    return [column for column in reference.columns if column.name in there]


def watch(
    reference: Reference, score: Column | None, rows: Dataset, predictions: Dataset, already: Counted | None
) -> Drift:
    """Every column of the reference that the rows have, and the score; `already`: the rows, when they were counted."""
    columns = watched(reference, rows)
    limits = reference.limits.shared(len(reference.columns), 1 if score is not None else 0)
    counts = (already or counted(columns, rows)).counts
    found = [measure(column, counts[column.name], limits) for column in columns]
    found.sort(key=lambda each: (-("ok", "watch", "alarm").index(each.level), each.p, each.name))
    told = None
    if score is not None and score.name in {field.name for field in predictions.manifest.schema}:
        if predictions.manifest.named("rows")[0].path.endswith(".parquet"):
            told = measure(score, counted([score], predictions).counts[score.name], limits)
        else:
            log.info("the score's drift is measured with predictions.format = parquet alone")
    levels = [each.level for each in found] + ([told.level] if told else [])
    return Drift(level=worst(levels), columns=found, score=told, without=None)
