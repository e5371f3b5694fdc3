"""Whether a model's live score lies far below the one that let it through the gate, by more than chance."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import msgspec
from scipy import stats

from contract.config import Config
from contract.models.champion import Champion
from contract.models.ledger import read
from validate.measures.bootstrap import Interval, draw, interval
from validate.measures.clusters import degrees_of_freedom
from validate.measures.scored_rows import ScoredRows
from validate.measures.weighted import affordable, by_class, one_by_one, weighted

LiveLevel = Literal["ok", "unmeasured", "alarm"]


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """A day's live score beside the gate's."""

    level: LiveLevel
    text: str
    gate: float | None = None
    """The model's score when the gate judged it."""
    interval: Interval | None = None
    """Of the live score, by groups."""


def gate_score(ledger: Path, model: Champion, metric: str) -> Interval | None:
    """What a model scored when it was judged first, which no later judgement changes; None where no line tells.

    Raises DataError for a damaged ledger.
    """
    judged = (line.metrics for line in read(ledger) if line.model.sha256 == model.sha256)
    score = next(
        (found["interval"] for found in judged if found.get("metric") == metric and found.get("interval")), None
    )
    return None if score is None or score["low"] is None else msgspec.convert(score, Interval)


def standing(config: Config, metric: str, scored: ScoredRows, gate: Interval | None) -> Standing:
    """How the live rows' score stands to the gate's.

    An alarm: it is lower by more than `gate.slice_margin`, and by more than the two intervals together give by chance
    to a part of `drift.false_alarms` of all days.
    """
    if gate is None:
        return Standing(
            level="unmeasured", text="the gate's score of this model is not known: no line of the ledger tells it"
        )
    live = _interval(config, metric, scored)
    if live is None:
        return Standing(level="unmeasured", text=f"{metric} has no interval: too few rows", gate=gate.value)
    tails = stats.norm.isf(config.drift.false_alarms) / stats.norm.isf((1 - config.gate.confidence) / 2)
    chance = tails * float(((live.high - live.value) ** 2 + (gate.value - gate.low) ** 2) ** 0.5)
    drop, margin = gate.value - live.value, config.gate.slice_margin
    text = f"{metric} {live.value:.4f} ({live.low:.4f} to {live.high:.4f}), {gate.value:.4f} when the gate judged it"
    if drop <= margin:
        finding = f"not lower by more than gate.slice_margin {margin:g}" if drop > 0 else "not lower"
        return Standing(level="ok", text=f"{text}: {finding}", gate=gate.value, interval=live)
    if drop <= chance:
        text = f"{text}: chance alone may give so much, {chance:.4f} with so few rows"
        return Standing(level="ok", text=text, gate=gate.value, interval=live)
    text = f"{text}: lower by {drop:.4f}, where chance gives at most {chance:.4f}"
    return Standing(level="alarm", text=text, gate=gate.value, interval=live)


def _interval(config: Config, metric: str, scored: ScoredRows) -> Interval | None:
    classes = scored.scores.shape[1] if scored.scores.ndim > 1 else 0
    statistic, resamples = weighted(metric, scored, classes), config.gate.resamples
    if statistic is None:
        statistic = one_by_one(metric, scored, classes)
        resamples = affordable(resamples, scored.clusters.rows)
    drawn = draw({metric: statistic}, scored.clusters, resamples=resamples, seed=config.training.seed)
    target = scored.target if classes and by_class(metric) else None
    return interval(drawn[metric], degrees_of_freedom(scored.clusters, target), config.gate.confidence)
