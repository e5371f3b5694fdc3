"""From both models' outcomes to what the gate's rules are held against."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import msgspec
import numpy as np

from contract.config import Config
from contract.config.model import Costs
from validate.evaluation.bootstrap import Interval, Weighted, intervals
from validate.evaluation.calibration import calibration
from validate.evaluation.gate import Evidence, Slice
from validate.evaluation.metrics import values
from validate.evaluation.scored_rows import Array, Outcome
from validate.evaluation.weighted import affordable, weighted

MOST_SLICES = 20
"""Of one column, those with the most rows."""


class Measure(msgspec.Struct, frozen=True, kw_only=True):
    """One score of both models, with the interval of each and of the difference."""

    name: str
    challenger: Interval | None
    champion: Interval | None
    difference: Interval | None


@dataclass(frozen=True)
class Judged:
    """The gate's evidence, and what is shown beside it."""

    evidence: Evidence
    measures: list[Measure]
    costs: Measure | None
    """Mean cost of a row; smaller is better."""


def gather(config: Config, metric: str, wanted: list[str], challenger: Outcome, champion: Outcome | None) -> Judged:
    """All scores in `wanted` (the training's `metric` among them), with intervals where they are affordable."""
    classes = challenger.scores.shape[1] if challenger.scores.ndim > 1 else 0
    rows, gate = len(challenger.target), config.gate
    own = values(wanted, challenger, classes)
    old = None if champion is None else values(wanted, champion, classes)

    asked: dict[str, Weighted] = {}
    # a rule of its own, whether it is among the scores that are shown or not
    for name in dict.fromkeys([*wanted, *(["neg_brier_score"] if classes else [])]):
        asked |= _pair(name, name, challenger, champion, classes)
    if config.decision.costs is not None:
        costs = config.decision.costs
        asked |= _named("cost", _cost(challenger, costs), None if champion is None else _cost(champion, costs))
    places = list(_slices(config, challenger))
    for column, word, inside in places:
        if inside.sum() >= gate.min_slice_rows:
            old_part = None if champion is None else _part(champion, inside)
            asked |= _pair(f"{column}={word}", metric, _part(challenger, inside), old_part, classes, inside)
    found = intervals(
        asked,
        rows,
        differences=_differences(asked),
        confidence=gate.confidence,
        resamples=gate.resamples,
        seed=config.training.seed,
    )
    if f"{metric}:challenger" not in asked:
        found |= _one_by_one(config, metric, challenger, champion, classes)

    measures = [_measure(name, found, own[name], None if old is None else old[name]) for name in wanted]
    cost = _measure("cost", found, None, None) if config.decision.costs is not None else None
    brier = found.get("neg_brier_score:difference")
    reliability = calibration(challenger)
    evidence = Evidence(
        metric=metric,
        rows=rows,
        challenger=own,
        champion=old,
        difference=found.get(f"{metric}:difference"),
        slices=[_slice(each, metric, challenger, champion, classes, found, gate.min_slice_rows) for each in places],
        calibration_error=None if reliability is None else reliability.error,
        brier=brier and Interval(value=-brier.value, low=-brier.high, high=-brier.low),
        cost=found.get("cost:difference"),
    )
    return Judged(evidence, measures, cost)


def _pair(
    key: str, name: str, one: Outcome, other: Outcome | None, classes: int, inside: Array | None = None
) -> dict[str, Weighted]:
    """The statistics of one score of both models; none when it has no form that takes weights."""
    first = weighted(name, one, classes)
    second = weighted(name, other, classes) if other is not None else None
    return {} if first is None else _named(key, _within(first, inside), second and _within(second, inside))


def _named(key: str, first: Weighted, second: Weighted | None) -> dict[str, Weighted]:
    both = {f"{key}:challenger": first}
    if second is not None:
        both[f"{key}:champion"] = second
    return both


def _differences(asked: dict[str, Weighted]) -> dict[str, tuple[str, str]]:
    """Of all that both models have."""
    keys = [name.removesuffix(":champion") for name in asked if name.endswith(":champion")]
    return {f"{key}:difference": (f"{key}:challenger", f"{key}:champion") for key in keys}


def _within(statistic: Weighted, inside: Array | None) -> Weighted:
    if inside is None:
        return statistic
    places = np.flatnonzero(inside)
    return lambda weights: statistic(weights[:, places])


def _cost(outcome: Outcome, costs: Costs) -> Weighted:
    wrong = outcome.answers != outcome.target
    each = np.where(outcome.target == 1, costs.false_negative, costs.false_positive) * wrong
    return lambda weights: (weights @ each) / weights.sum(axis=1)


def _slices(config: Config, outcome: Outcome) -> Iterator[tuple[str, str, Array]]:
    """Column, word and rows of each slice, those with the most rows first."""
    for column in config.gate.slices:
        words, places, rows = np.unique(outcome.slices[column].astype(str), return_inverse=True, return_counts=True)
        for place in np.argsort(-rows, kind="stable")[:MOST_SLICES]:
            yield column, str(words[place]), places == place


def _part(outcome: Outcome, inside: Array) -> Outcome:
    return Outcome(outcome.target[inside], outcome.scores[inside], outcome.threshold)


def _slice(
    place: tuple[str, str, Array],
    metric: str,
    challenger: Outcome,
    champion: Outcome | None,
    classes: int,
    found: dict[str, Interval | None],
    least: int,
) -> Slice:
    column, word, inside = place
    own = values([metric], _part(challenger, inside), classes)[metric]
    old = values([metric], _part(champion, inside), classes)[metric] if champion is not None else None
    rows = int(inside.sum())
    apart = found.get(f"{column}={word}:difference")
    return Slice(
        column=column, value=word, rows=rows, challenger=own, champion=old, difference=apart, judged=rows >= least
    )


def _measure(name: str, found: dict[str, Interval | None], own: float | None, old: float | None) -> Measure:
    def said(which: str, value: float | None) -> Interval | None:
        if (interval := found.get(f"{name}:{which}")) is not None:
            return interval
        return None if value is None else Interval(value=value, low=np.nan, high=np.nan)

    apart = None if own is None or old is None else own - old
    return Measure(
        name=name,
        challenger=said("challenger", own),
        champion=said("champion", old),
        difference=said("difference", apart),
    )


def _one_by_one(
    config: Config, metric: str, one: Outcome, other: Outcome | None, classes: int
) -> dict[str, Interval | None]:
    """For a metric without a form of its own: scikit-learn's scorer anew for every resample, so fewer of them."""

    def statistic(outcome: Outcome) -> Weighted:
        def scored(weights: Array) -> Array:
            drawn = [np.repeat(np.arange(weights.shape[1]), line.astype(np.intp)) for line in weights]
            told = [values([metric], _part(outcome, each), classes)[metric] for each in drawn]
            return np.array([np.nan if value is None else value for value in told])

        return scored

    rows = len(one.target)
    asked = _named(metric, statistic(one), statistic(other) if other is not None else None)
    return intervals(
        asked,
        rows,
        differences=_differences(asked),
        confidence=config.gate.confidence,
        resamples=affordable(config.gate.resamples, rows),
        seed=config.training.seed,
    )
