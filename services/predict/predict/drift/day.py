"""Measure a day against the training of its champion, batch by batch: memory does not grow with the rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import msgspec
import numpy as np

from analysis.drift.drawn_days import Part, measured
from analysis.drift.findings import LEVELS, Array, Column, Finding, Level, unmeasured, worst
from analysis.drift.measures import other_kind
from analysis.drift.reference import SAMPLE_ROWS, Reference
from analysis.drift.unusual import Volume, unusual, volume
from analysis.predictions import prediction_batches
from contract.config import Config
from contract.datasets.dataset import Dataset
from contract.layout import Layout
from contract.models.champion import Champion
from predict.drift.histograms import Histograms, histograms_of, histograms_of_rows
from predict.drift.reference_files import Found, of_columns, of_score
from predict.drift.score_rows import EVERY_ROW, ScoreRows

T = TypeVar("T")

ROWS = "(rows)"
"""The name of the day's number of rows beside those of columns."""


class Drift(msgspec.Struct, frozen=True, kw_only=True):
    """The content of drift.json."""

    level: Level
    """`unmeasured` where something could not be measured and nothing that was measured has drifted."""
    columns: list[Finding]
    """The worst first."""
    score: Finding | None
    """How the champion's scores on the day's rows compare with those on its test rows."""
    without: str | None
    """What was not measured and why."""
    score_rows: str | None = None
    """Why the score was measured on some rows only, or not at all."""
    volume: Volume | None = None
    """How many rows the day has; None without a reference, or with an earlier version's, which has no rows by day."""

    def findings(self) -> list[Finding]:
        """The columns and the score."""
        return [*self.columns, *([self.score] if self.score else [])]

    def drifted(self) -> list[Finding]:
        """The findings in watch or alarm."""
        return [finding for finding in self.findings() if finding.level in ("watch", "alarm")]

    def levels(self) -> dict[str, Level]:
        """What is in watch or alarm, by column; `ROWS` for how many rows there are."""
        of_rows = {ROWS: self.volume.level} if self.volume and self.volume.level in ("watch", "alarm") else {}
        return of_rows | {finding.name: finding.level for finding in self.drifted()}


def watched(reference: Reference, rows: Dataset) -> list[Column]:
    """The columns of the reference that the rows have, and have as they were in the training."""
    return [column for column in reference.columns if obstacle(column, rows) is None]


class Known(msgspec.Struct, frozen=True):
    """What a day is held against, or the reasons why it cannot be."""

    reference: Reference | None
    score: Column | None
    reasons: tuple[str, ...]


def read_references(layout: Layout, champion: Champion) -> Known:
    """The champion's references; whatever is wrong with them is a reason, and stops no prediction."""
    reference, why_not = _decoded(of_columns(layout, champion), Reference)
    if reference is not None and reference.rows and not reference.sample:
        why_not = f"models/{champion.day}: its drift reference is of an older version and has no rows; train again"
        reference = None
    score, why_no_score = _decoded(of_score(layout, champion), Column)
    return Known(reference, score, tuple(reason for reason in (why_not, why_no_score) if reason))


def _decoded(found: Found, kind: type[T]) -> tuple[T | None, str | None]:
    if found.file is None:
        return None, found.reason
    try:
        return msgspec.json.decode(found.file.read_bytes(), type=kind), None
    except (msgspec.MsgspecError, UnicodeDecodeError, OSError) as error:
        return None, f"{found.file}: cannot be read: {error}; train and validate again"


def measure_drift(
    known: Known,
    rows: Dataset,
    predictions: Dataset,
    seen: Histograms | None,
    config: Config,
    score_rows: ScoreRows = EVERY_ROW,
) -> Drift:
    """Every column of the reference, and the score; `seen`: of the rows that are watched, if they were counted.

    `score_rows`: of which rows the score counts.
    """
    none = Part([], np.empty((0, 0), dtype=np.uint8), [], None)
    of_rows, of_score, volume_ = none, none, None
    here: list[Column] = []
    lacking: list[Finding] = []
    score: Finding | None = None
    if known.reference is not None:
        every = known.reference.columns
        here = watched(known.reference, rows)
        training = known.reference.sampled()[:, [number for number, column in enumerate(every) if column in here]]
        seen = seen or histograms_of_rows(here, rows, known.reference.part)
        of_rows = seen.part(training)
        if known.reference.day_rows:
            volume_ = volume(rows.rows(), known.reference.day_rows, config.drift)
        lacking = [unmeasured(column, why) for column in every if (why := obstacle(column, rows))]
    if known.score is not None:
        if why := obstacle(known.score, predictions) or score_rows.obstacle:
            score = unmeasured(known.score, why)
        else:
            batches = prediction_batches(predictions, [known.score.name])
            of_score = histograms_of([known.score], batches, score_rows.only).part(_expanded(known.score))
    columns_, scores = measured([of_rows, of_score], config.drift, config.training.seed)
    score = scores[0] if scores else score
    if seen is not None:
        columns_ = unusual(columns_, here, seen.watches, seen.counts, config.drift)
    columns_ = sorted([*lacking, *columns_], key=lambda found: (-LEVELS.index(found.level), found.p, -found.effect))
    findings = [*columns_, *([score] if score else [])]
    levels: list[Level] = [finding.level for finding in findings] + ([volume_.level] if volume_ else [])
    level = worst([*levels, "unmeasured"] if known.reasons else levels)
    return Drift(
        level=level,
        columns=columns_,
        score=score,
        without="; ".join([*known.reasons, *_unmeasured_rows(volume_), *_reasons(findings)]) or None,
        score_rows=score_rows.why,
        volume=volume_,
    )


def _unmeasured_rows(of_day: Volume | None) -> list[str]:
    return [f"how many rows there are: {of_day.reason}"] if of_day and of_day.level == "unmeasured" else []


def _reasons(findings: Sequence[Finding]) -> list[str]:
    """Each reason once, with the columns that it holds for."""
    by_reason: dict[str, list[str]] = {}
    for finding in findings:
        if finding.level == "unmeasured" and finding.reason:
            by_reason.setdefault(finding.reason, []).append(finding.name)
    return [
        reason if len(names) == len(findings) else f"{', '.join(names)}: {reason}"
        for reason, names in by_reason.items()
    ]


def obstacle(column: Column, dataset: Dataset) -> str | None:
    """Why a dataset's column cannot be held against a reference; None when it can."""
    types = {field.name: field.type for field in dataset.manifest.schema}
    if column.column not in types:
        return f"no such column in {'/'.join(dataset.path.parts[-2:])}"
    return other_kind(column, types[column.column])


def _expanded(column: Column) -> Array:
    """Rows as a column's counts have them, at most as many as days are drawn from (rows x 1)."""
    rows = np.repeat(np.arange(len(column.counts), dtype=np.uint8), column.counts)
    chosen = np.linspace(0, len(rows) - 1, min(len(rows), SAMPLE_ROWS)).astype(int)
    return np.asarray(rows[chosen, None])
