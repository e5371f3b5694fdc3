"""Both models on the same rows, their scores, and the gate's verdict, as the report keeps it."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from sklearn.pipeline import Pipeline

from analysis.rows import classes
from contract.champion import Champion
from contract.config import Config
from contract.dataset import Dataset
from contract.errors import DataError
from contract.model_file import Unsigned
from validate.evaluation.calibration import Calibration, calibration
from validate.evaluation.evidence import Measure, gather
from validate.evaluation.gate import Rule, Slice, judge
from validate.evaluation.models import CannotCompare, load
from validate.evaluation.scored_rows import Outcome
from validate.evaluation.scoring import score

log = logging.getLogger("validate")


class Scored(msgspec.Struct, frozen=True, kw_only=True):
    """A model and what the test rows say about it."""

    model: Champion
    metrics: dict[str, float | None]
    calibration: Calibration | None
    """None for a regression."""
    confusion: list[list[int]] | None
    """Rows by true class and said class, in the order of `Report.classes`; None for a regression."""
    threshold: float | None
    """From which probability on it says the positive class, when the training chose one."""


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """The content of verdict.json."""

    day: str
    decision: str
    why: str
    metric: str
    """By which the two models are compared."""
    rows: int
    """Labelled test rows."""
    window: dict[str, Any]
    classes: list[str]
    """Of the target, the positive one of a binary task last; none for a regression."""
    rules: list[Rule]
    challenger: Scored
    champion: Scored | None
    """The champion before; None when there was none, or it could not be compared."""
    not_compared: str | None
    """Why the champion before could not be compared."""
    confidence: float
    measures: list[Measure]
    """Every score of both, with intervals; an end is null where a score's interval was not computed."""
    slices: list[Slice]
    costs: Measure | None


@dataclass(frozen=True)
class Comparison:
    """A report and what it was drawn from."""

    report: Report
    model: Pipeline
    """The challenger."""
    challenger: Outcome
    champion: Outcome | None


def compare(
    root: Path,
    config: Config,
    metric: str,
    wanted: list[str],
    challenger: Champion,
    before: Champion | None,
    days: list[Dataset],
) -> Comparison:
    """Score both and judge. Raises DataError when the challenger itself cannot be scored."""
    signed = config.training.sign
    try:
        model = load(root, challenger, signed=signed)
        outcome = score(model, days, config, "challenger")
    except CannotCompare as error:
        raise DataError(f"{challenger.file}: {error}; run train --force --day {challenger.day}") from None
    other, reason = None, None
    if before is not None:
        try:
            other = score(load(root, before, signed=signed), days, config, "champion")
        except (CannotCompare, Unsigned) as error:
            reason = f"the champion of {before.day} cannot be compared: {error}"
            log.warning("%s; the minimums alone decide", reason)
    found = gather(config, metric, wanted, outcome, other)
    verdict = judge(config.gate, found.evidence)
    report = Report(
        day=challenger.day,
        decision=verdict.decision,
        why=verdict.why,
        metric=metric,
        rows=len(outcome.target),
        window={"first": days[0].path.name, "last": days[-1].path.name, "days": len(days)},
        classes=classes(config),
        rules=verdict.rules,
        challenger=_scored(challenger, outcome, found.evidence.challenger),
        champion=_scored(before, other, found.evidence.champion or {}) if before and other else None,
        not_compared=reason,
        confidence=config.gate.confidence,
        measures=found.measures,
        slices=found.evidence.slices,
        costs=found.costs,
    )
    return Comparison(report, model, outcome, other)


def _scored(model: Champion, outcome: Outcome, metrics: Any) -> Scored:
    confusion = None
    if outcome.scores.ndim > 1:
        count = outcome.scores.shape[1]
        cells = np.bincount(outcome.target * count + outcome.answers, minlength=count * count)
        confusion = cells.reshape(count, count).tolist()
    return Scored(
        model=model,
        metrics=dict(metrics),
        calibration=calibration(outcome),
        confusion=confusion,
        threshold=outcome.threshold,
    )
