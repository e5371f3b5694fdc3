"""Both models on the same rows, their scores, and the gate's verdict, as the report keeps it."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import msgspec

from contract.champion import Champion
from contract.config import Config
from contract.dataset import Dataset
from contract.errors import DataError
from validate.gate import Rule, judge
from validate.metrics import values
from validate.models import CannotCompare, load
from validate.scoring import classes, score

log = logging.getLogger("validate")


class Scored(msgspec.Struct, frozen=True, kw_only=True):
    """A model and its scores on the test rows."""

    model: Champion
    metrics: dict[str, float | None]


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
    rules: list[Rule]
    challenger: Scored
    champion: Scored | None
    """The champion before; None when there was none, or it could not be compared."""
    not_compared: str | None
    """Why the champion before could not be compared."""


def compare(
    root: Path,
    config: Config,
    metric: str,
    wanted: list[str],
    challenger: Champion,
    before: Champion | None,
    days: list[Dataset],
) -> Report:
    """Score both and judge. Raises DataError when the challenger itself cannot be scored."""
    count = len(classes(config))
    try:
        outcome = score(load(root, challenger), days, config, "challenger")
    except CannotCompare as error:
        raise DataError(f"{challenger.file}: {error}; run train --force --day {challenger.day}") from None
    new = Scored(model=challenger, metrics=values(wanted, outcome, count))
    old, reason = None, None
    if before is not None:
        try:
            old = Scored(
                model=before, metrics=values(wanted, score(load(root, before), days, config, "champion"), count)
            )
        except CannotCompare as error:
            reason = f"the champion of {before.day} cannot be compared: {error}"
            log.warning("%s; the minimums alone decide", reason)
    rows = len(outcome.target)
    verdict = judge(config.gate, metric, rows, new.metrics, old.metrics if old else None)
    return Report(
        day=challenger.day,
        decision=verdict.decision,
        why=verdict.why,
        metric=metric,
        rows=rows,
        window={"first": days[0].path.name, "last": days[-1].path.name, "days": len(days)},
        rules=verdict.rules,
        challenger=new,
        champion=old,
        not_compared=reason,
    )
