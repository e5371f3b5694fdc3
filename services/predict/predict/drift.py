"""Measure a day against the training of its champion, batch by batch: memory does not grow with the rows."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec
import numpy as np
import pyarrow as pa

from analysis.drift import Array, Column, Finding, Level, measure, worst
from analysis.predictions import prediction_batches
from analysis.reference import Reference, codes, count
from analysis.rows import Columns, columns
from contract.datasets.dataset import Dataset
from contract.errors import DataError, MissingInput
from contract.layout import Layout
from contract.models.champion import Champion


class Drift(msgspec.Struct, frozen=True, kw_only=True):
    """The content of drift.json."""

    level: Level
    columns: list[Finding]
    """The worst first."""
    score: Finding | None
    """Of the champion's scores on the day's rows against those on its test rows."""
    without: str | None
    """Why nothing was measured."""
    score_rows: str | None = None
    """Why the score was measured on some rows only, or not at all."""

    def drifted(self) -> list[Finding]:
        """The columns, and the score, that are not `ok`."""
        findings = [*self.columns, *([self.score] if self.score else [])]
        return [finding for finding in findings if finding.level != "ok"]


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


class Histograms:
    """Rows by bin of each column of a reference, counted batch by batch."""

    def __init__(self, references: list[Column]) -> None:
        self._references = references
        self.counts: dict[str, Array] = {
            reference.name: np.zeros(len(reference.counts), dtype=np.int64) for reference in references
        }

    def add(self, values: Columns) -> None:
        """Take in more rows, which must have all the columns."""
        for reference in self._references:
            self.counts[reference.name] += count(reference, codes(reference, values[reference.name]))


def histograms_of(references: list[Column], batches: Iterable[pa.RecordBatch], only: Array | None = None) -> Histograms:
    """Of all rows, or of those that the mask `only` has, row by row."""
    histograms, names, start = Histograms(references), [reference.name for reference in references], 0
    for batch in batches:
        here = slice(start, start := start + batch.num_rows)
        histograms.add(columns(batch if only is None else batch.filter(pa.array(only[here])), names))
    return histograms


def watched(reference: Reference, rows: Dataset) -> list[Column]:
    """The columns of the reference that the rows have."""
    names = {field.name for field in rows.manifest.schema}
    return [column for column in reference.columns if column.name in names]


def measure_drift(
    reference: Reference,
    score: Column | None,
    rows: Dataset,
    predictions: Dataset,
    histograms: Histograms | None,
    *,
    only: Array | None = None,
    why: str | None = None,
) -> Drift:
    """Every column of the reference that the rows have, and the score; `histograms`: of the rows, if there are any.

    `only`: the mask of the rows whose score counts; `why`: why not that of all.
    """
    references = watched(reference, rows)
    limits = reference.limits.shared(len(reference.columns), 1 if score is not None else 0)
    if histograms is None:
        histograms = histograms_of(references, rows.batches([column.name for column in references]))
    counts = histograms.counts
    findings = [measure(column, counts[column.name], limits) for column in references]
    findings.sort(key=lambda finding: (-("ok", "watch", "alarm").index(finding.level), finding.p, finding.name))
    score_finding = None
    if score is not None and score.name in {field.name for field in predictions.manifest.schema}:
        scores = histograms_of([score], prediction_batches(predictions, [score.name]), only)
        score_finding = measure(score, scores.counts[score.name], limits)
    levels = [finding.level for finding in findings] + ([score_finding.level] if score_finding else [])
    return Drift(level=worst(levels), columns=findings, score=score_finding, without=None, score_rows=why)
