"""Both models on the same rows, their scores, and the gate's verdict, as the report keeps it."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa
from sklearn.pipeline import Pipeline

from analysis.rows import classes
from contract.config import Config
from contract.datasets.dataset import Dataset
from contract.errors import DataError
from contract.layout import Layout
from contract.models.champion import Champion
from contract.models.model_file import Unsigned
from validate.evaluation.anchor import Anchored, anchored, score_anchor
from validate.evaluation.baseline import best_baseline
from validate.evaluation.evidence import Measure, gather
from validate.evaluation.judged_rows import of_both, of_challenger
from validate.evaluation.models import CannotCompare, load
from validate.evaluation.sample import Sample
from validate.evaluation.scoring import score
from validate.gate.above_baseline import Baseline
from validate.gate.gate import judge
from validate.gate.order import not_older
from validate.gate.rules import Rule, Slice
from validate.measures.calibration import Calibration, calibration
from validate.measures.scored_rows import ScoredRows

SAMPLE_ROWS = 1000
"""The test rows to sample, for what a few of them tell well enough."""

log = logging.getLogger("validate")


class ModelEvaluation(msgspec.Struct, frozen=True, kw_only=True):
    """A model and its scores on the test rows."""

    model: Champion
    metrics: dict[str, float | None]
    calibration: Calibration | None
    """None for a regression."""
    confusion: list[list[int]] | None
    """Rows by true class and predicted class, in the order of `Report.classes`; None for a regression."""
    threshold: float | None
    """The probability from which it predicts the positive class, when the training chose one."""


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """The content of verdict.json."""

    day: str
    decision: str
    why: str
    metric: str
    """The score by which the two models are compared."""
    rows: int
    """Labelled test rows."""
    groups: int
    """The groups of these rows: as many are independent of each other."""
    window: dict[str, Any]
    """Of the training: first, last and number of days; `judged`, those whose test rows decided, and why, as `text`;
    `left_out`, days that lacked, and why."""
    classes: list[str]
    """The target's classes, the positive one of a binary task last; none for a regression."""
    rules: list[Rule]
    challenger: ModelEvaluation
    champion: ModelEvaluation | None
    """The champion before; None when there was none, or it could not be compared."""
    not_compared: str | None
    """Why the champion before could not be compared."""
    anchor: Anchored | None
    """None without a champion."""
    baseline: Baseline | None
    """None where the training recorded none, or `gate.baseline` asks for none."""
    confidence: float
    measures: list[Measure]
    """Every score of both, with intervals; an end is null where a score's interval was not computed."""
    slices: list[Slice]
    costs: Measure | None
    live: str | None = None
    """When the champion's live score fell far below the gate's, in words; None: no such day is known."""


@dataclass(frozen=True)
class Comparison:
    """A report and what it was drawn from."""

    report: Report
    model: Pipeline
    """The challenger."""
    challenger: ScoredRows
    champion: ScoredRows | None
    sample: pa.Table | None
    """The challenger's features and the target of some test rows; None when there are none."""


def compare(
    root: Path,
    config: Config,
    metric: str,
    wanted: list[str],
    challenger: Champion,
    before: Champion | None,
    days: list[Dataset],
    anchor: Champion | None = None,
    constants: Mapping[str, Any] | None = None,
) -> Comparison:
    """Score both, the anchor of the champion and the baseline (`constants`, as train wrote them), and judge.

    Raises DataError when the challenger cannot be scored.
    """
    part, champion_rows, reason = of_challenger(config, challenger, days), None, None
    try:
        model = load(root, challenger, config)
    except CannotCompare as error:
        raise DataError(f"{challenger.file}: {error}; run train --force --day {challenger.day}") from None
    if before is not None:
        try:
            champion = load(root, before, config)
            both = of_both(config, Layout(root), before, part)
            champion_rows = score(champion, both.days, config, "champion", both.fraction)
            part = both
        except (CannotCompare, Unsigned) as error:
            reason = f"the champion of {before.day} cannot be compared: {error}"
            log.warning("%s; the minimums alone decide", reason)
    log.info("%s", part.text)
    sample = Sample(SAMPLE_ROWS)
    try:
        challenger_rows = score(model, part.days, config, "challenger", part.fraction, sample)
    except CannotCompare as error:
        raise DataError(f"{challenger.file}: {error}; run train --force --day {challenger.day}") from None
    rival, anchor_rows = None, None
    if before is not None and champion_rows is not None and anchor is not None:
        rival, anchor_rows = score_anchor(root, config, part, before, anchor)
    baseline = best_baseline(config, metric, constants, part, days, challenger_rows)
    gathered = gather(config, metric, wanted, challenger_rows, champion_rows, anchor_rows, baseline)
    evidence = msgspec.structs.replace(gathered.evidence, anchor=rival)
    verdict = judge(config.gate, evidence, None if before is None else not_older(challenger, before))
    report = Report(
        day=challenger.day,
        decision=verdict.decision,
        why=verdict.why,
        metric=metric,
        rows=evidence.rows,
        groups=evidence.groups,
        window=part.window(days),
        classes=classes(config),
        rules=verdict.rules,
        challenger=_evaluation(config, challenger, challenger_rows, evidence.challenger),
        champion=_evaluation(config, before, champion_rows, evidence.champion or {})
        if before and champion_rows
        else None,
        not_compared=reason,
        anchor=anchored(before if anchor_rows is None else anchor, evidence) if champion_rows else None,
        baseline=evidence.baseline,
        confidence=config.gate.confidence,
        measures=gathered.measures,
        slices=evidence.slices,
        costs=gathered.costs,
    )
    return Comparison(report, model, challenger_rows, champion_rows, sample.table())


def _evaluation(
    config: Config, model: Champion, scored: ScoredRows, metrics: Mapping[str, float | None]
) -> ModelEvaluation:
    confusion = None
    if scored.scores.ndim > 1:
        count = scored.scores.shape[1]
        cells = np.bincount(scored.target * count + scored.predicted, minlength=count * count)
        confusion = cells.reshape(count, count).tolist()
    return ModelEvaluation(
        model=model,
        metrics=dict(metrics),
        calibration=calibration(scored, config.gate.confidence, config.training.seed),
        confusion=confusion,
        threshold=scored.threshold,
    )
