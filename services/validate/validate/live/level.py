"""Whether a model's live score lies far below the one that let it through the gate, by more than chance."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import msgspec
import numpy as np
from scipy import special, stats

from contract.config import Config
from contract.models.champion import Champion
from contract.models.ledger import read
from validate.gate.rules import of_groups
from validate.measures.bootstrap import Interval, draw, interval
from validate.measures.clusters import degrees_of_freedom
from validate.measures.scored_rows import ScoredRows
from validate.measures.weighted import affordable, by_class, one_by_one, weighted

LiveLevel = Literal["ok", "unmeasured", "alarm"]

_LEAST_GROUPS = 20
"""For a score without a lowest value: the spread of a few errors is not known, and a bootstrap of two has none."""
_SHARES = ("accuracy", "top_k_accuracy")
"""Scores between 0 and 1, besides those that give every class the same weight."""


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """A day's live score beside the gate's."""

    level: LiveLevel
    text: str
    gate: float | None = None
    """The model's score when the gate judged it."""
    interval: Interval | None = None
    """The interval of the live score, by groups."""


def gate_score(ledger: Path, model: Champion, metric: str) -> Interval | None:
    """A model's score when it was first judged, which no later judgement changes; None where no line tells.

    Only judgements for this question count: with another positive class, the same file has other scores. Raises
    DataError for a damaged ledger.
    """
    judged = (line.metrics for line in read(ledger) if _same_answers(line.model, model))
    score = next(
        (found["interval"] for found in judged if found.get("metric") == metric and found.get("interval")), None
    )
    return None if score is None or score["low"] is None else msgspec.convert(score, Interval)


def _same_answers(one: Champion, other: Champion) -> bool:
    questions = [about and (about.target, about.task, about.positive) for about in (one.trained_for, other.trained_for)]
    return one.sha256 == other.sha256 and (None in questions or questions[0] == questions[1])


def standing(config: Config, metric: str, scored: ScoredRows, gate: Interval | None) -> Standing:
    """How the live rows' score compares with the gate's.

    It is an alarm if it is lower by more than `gate.slice_margin`, by more than both intervals together allow by chance
    on `drift.false_alarms` of all days, and by more than so few rows allow, whatever their own interval says: that of
    two rows, or of rows none of which is right, has no width.
    """
    if gate is None:
        return Standing(
            level="unmeasured", text="the gate's score of this model is not known: no line of the ledger tells it"
        )
    live = _interval(config, metric, scored)
    if live is None:
        return Standing(level="unmeasured", text=f"{metric} has no interval: too few rows", gate=gate.value)
    rate = config.drift.false_alarms
    if _by_few_rows(metric, scored, gate.value) > rate:
        rows, groups = len(scored.target), scored.clusters.count
        text = f"{metric} {live.value:.4f}: too few rows to tell: {rows} rows{of_groups(rows, groups)}"
        return Standing(level="unmeasured", text=text, gate=gate.value, interval=live)
    tails = stats.norm.isf(rate) / stats.norm.isf((1 - config.gate.confidence) / 2)
    chance = tails * float(((live.high - live.value) ** 2 + (gate.value - gate.low) ** 2) ** 0.5)
    drop, margin = gate.value - live.value, config.gate.slice_margin
    text = f"{metric} {live.value:.4f} ({live.low:.4f} to {live.high:.4f}), {gate.value:.4f} when the gate judged it"
    if drop <= margin:
        finding = f"not lower by more than gate.slice_margin {margin:g}" if drop > 0 else "not lower"
        return Standing(level="ok", text=f"{text}: {finding}", gate=gate.value, interval=live)
    if drop <= chance or _by_few_rows(metric, scored, gate.value, live.value) > rate:
        most = f"{chance:.4f} " if drop <= chance else ""
        text = f"{text}: chance alone may give so much, {most}with so few rows"
        return Standing(level="ok", text=text, gate=gate.value, interval=live)
    text = f"{text}: lower by {drop:.4f}, where chance gives at most {chance:.4f}"
    return Standing(level="alarm", text=text, gate=gate.value, interval=live)


def _by_few_rows(metric: str, scored: ScoredRows, gate: float, value: float | None = None) -> float:
    """The most that chance gives to a score of `value` or less, where the gate's is the true one; None: to the least.

    No mean of so many values between 0 and 1 spreads wider than that of as many yes or no, and neither does an area
    under a curve, by its rarer class (Birnbaum and Klose, 1957): the binomial law, for numbers that are none whole.
    """
    if not (by_class(metric) or metric.startswith(_SHARES)):
        return float(scored.clusters.count < _LEAST_GROUPS)
    least = -1.0 if metric == "matthews_corrcoef" else 0.0
    true, share = (min(max((one - least) / (1 - least), 0.0), 1.0) for one in (gate, least if value is None else value))
    count = _answers(metric, scored)
    hits = count * share
    return 1.0 if hits >= count else float(special.betainc(count - hits, hits + 1, 1 - true))


def _answers(metric: str, scored: ScoredRows) -> float:
    """How many groups decide a score between 0 and 1: all, or those of the class of which there are fewest.

    None where one of two classes is not there: scikit-learn's score is 0 then, right or wrong. A precision is about
    the rows that are said to be of a class; f1 and Jaccard's are about both.
    """
    if not by_class(metric):
        return scored.clusters.effective()
    there = np.unique(scored.target)
    if len(there) < min(scored.scores.shape[1], 2):
        return 0.0
    true, said = (
        np.array([scored.clusters.inside(of_row == code).effective() for code in there])
        for of_row in (scored.target, scored.predicted)
    )
    if metric.startswith("precision"):
        return float(said.min())
    return float((true + said).min() / 2 if metric.startswith(("f1", "jaccard")) else true.min())


def _interval(config: Config, metric: str, scored: ScoredRows) -> Interval | None:
    classes = scored.scores.shape[1] if scored.scores.ndim > 1 else 0
    statistic, resamples = weighted(metric, scored, classes), config.gate.resamples
    if statistic is None:
        statistic = one_by_one(metric, scored, classes)
        resamples = affordable(resamples, scored.clusters.rows)
    drawn = draw({metric: statistic}, scored.clusters, resamples=resamples, seed=config.training.seed)
    target = scored.target if classes and by_class(metric) else None
    return interval(drawn[metric], degrees_of_freedom(scored.clusters, target), config.gate.confidence)
