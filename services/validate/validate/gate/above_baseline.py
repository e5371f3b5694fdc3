"""Whether a challenger is better than an answer without a model. That must be shown, as against the champion."""

from __future__ import annotations

import msgspec

from contract.config.model import Gate
from validate.gate.rules import Rule
from validate.measures.bootstrap import Interval


class Baseline(msgspec.Struct, frozen=True, kw_only=True):
    """The best answer without a model, on the same rows."""

    text: str
    """What it answers."""
    metrics: dict[str, float | None]
    lift: Interval | None
    """The share of its error that the challenger takes away, by the training metric; None: the rows cannot tell it."""
    least: float
    """What the lower end of `lift` must reach."""
    of_group: str | None = None
    """The column whose known labels are the answer; None for a constant."""


def above_baseline(gate: Gate, metric: str, score: float | None, baseline: Baseline | None) -> Rule:
    """The interval of the lift must reach the least one, and lie above 0.

    Without a baseline the rule has nothing to look at: a model of an earlier version has none on record.
    """
    name = "baseline"
    if baseline is None:
        text = (
            "no baseline is on record: the model was trained by an earlier version, so it is not known whether it is "
            "better than a constant answer; train again to know"
        )
        return Rule(name=name, limit=0.0, value=None, verdict="unjudged", text=text)
    limit, other, interval = baseline.least, baseline.metrics.get(metric), baseline.lift
    if score is not None and other is None:
        text = f"{metric} of the baseline ({baseline.text}) cannot be told from these rows: nothing to compare with"
        return Rule(name=name, limit=limit, value=None, verdict="unjudged", text=text)
    if score is None or other is None or interval is None:
        text = f"whether {metric} is better than the baseline's ({baseline.text}) cannot be told from these rows"
        return Rule(name=name, limit=limit, value=None, verdict="unknown", text=text)
    summary = (
        f"{metric} {score:.4f} against {other:.4f} of the baseline ({baseline.text}): {interval.value:.1%} of its "
        f"error is gone, {gate.confidence * 100:g} % interval {interval.low:.1%} to {interval.high:.1%}"
    )
    asked = f"gate.min_lift {limit:g}"
    if interval.low >= limit and interval.low > 0:
        return Rule(name=name, limit=limit, value=interval.low, verdict="passed", text=f"{summary}, reaches {asked}")
    finding = "no better" if interval.value <= 0 else "hardly better" if interval.value < limit else "not shown better"
    way_out = 'set gate.baseline = "off"'
    if baseline.of_group is not None:
        way_out = f'where most of tomorrow\'s {baseline.of_group!r} are new ones, set gate.baseline = "constant"'
    text = (
        f"{summary}: {finding}, the lower end misses {asked}; bring columns that tell more, or more rows, or {way_out}"
    )
    return Rule(name=name, limit=limit, value=interval.low, verdict="failed", text=text)
