"""From both models' scored rows to what the gate's rules are held against."""

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
from validate.evaluation.scored_rows import Array, ScoredRows
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
class Gathered:
    """The gate's evidence, and what is shown beside it."""

    evidence: Evidence
    measures: list[Measure]
    costs: Measure | None
    """Mean cost of a row; smaller is better."""


def gather(
    config: Config, metric: str, wanted: list[str], challenger: ScoredRows, champion: ScoredRows | None
) -> Gathered:
    """All scores in `wanted` (the training's `metric` among them), with intervals where they are affordable."""
    classes = challenger.scores.shape[1] if challenger.scores.ndim > 1 else 0
    rows, gate = len(challenger.target), config.gate
    own = values(wanted, challenger, classes)
    old = None if champion is None else values(wanted, champion, classes)

    statistics: dict[str, Weighted] = {}
    # a rule of its own, whether it is among the scores that are shown or not
    for name in dict.fromkeys([*wanted, *(["neg_brier_score"] if classes else [])]):
        statistics |= _pair(name, name, challenger, champion, classes)
    if config.decision.costs is not None:
        costs = config.decision.costs
        statistics |= _named("cost", _cost(challenger, costs), None if champion is None else _cost(champion, costs))
    slices = list(_slices(config, challenger))
    for column, word, inside in slices:
        if inside.sum() >= gate.min_slice_rows:
            old_part = None if champion is None else _part(champion, inside)
            statistics |= _pair(f"{column}={word}", metric, _part(challenger, inside), old_part, classes, inside)
    estimated = intervals(
        statistics,
        rows,
        differences=_differences(statistics),
        confidence=gate.confidence,
        resamples=gate.resamples,
        seed=config.training.seed,
    )
    if f"{metric}:challenger" not in statistics:
        estimated |= _one_by_one(config, metric, challenger, champion, classes)

    measures = [_measure(name, estimated, own[name], None if old is None else old[name]) for name in wanted]
    cost = _measure("cost", estimated, None, None) if config.decision.costs is not None else None
    brier = estimated.get("neg_brier_score:difference")
    reliability = calibration(challenger)
    evidence = Evidence(
        metric=metric,
        rows=rows,
        challenger=own,
        champion=old,
        difference=estimated.get(f"{metric}:difference"),
        slices=[_slice(part, metric, challenger, champion, classes, estimated, gate.min_slice_rows) for part in slices],
        calibration_error=None if reliability is None else reliability.error,
        brier=brier and Interval(value=-brier.value, low=-brier.high, high=-brier.low),
        cost=estimated.get("cost:difference"),
    )
    return Gathered(evidence, measures, cost)


def _pair(
    key: str, name: str, challenger: ScoredRows, champion: ScoredRows | None, classes: int, inside: Array | None = None
) -> dict[str, Weighted]:
    """The statistics of one score of both models; none when it has no form that takes weights."""
    first = weighted(name, challenger, classes)
    second = weighted(name, champion, classes) if champion is not None else None
    return {} if first is None else _named(key, _within(first, inside), second and _within(second, inside))


def _named(key: str, first: Weighted, second: Weighted | None) -> dict[str, Weighted]:
    both = {f"{key}:challenger": first}
    if second is not None:
        both[f"{key}:champion"] = second
    return both


def _differences(statistics: dict[str, Weighted]) -> dict[str, tuple[str, str]]:
    """Of all that both models have."""
    keys = [name.removesuffix(":champion") for name in statistics if name.endswith(":champion")]
    return {f"{key}:difference": (f"{key}:challenger", f"{key}:champion") for key in keys}


def _within(statistic: Weighted, inside: Array | None) -> Weighted:
    if inside is None:
        return statistic
    indices = np.flatnonzero(inside)
    return lambda weights: statistic(weights[:, indices])


def _cost(scored: ScoredRows, costs: Costs) -> Weighted:
    wrong = scored.predicted != scored.target
    cost_of_row = np.where(scored.target == 1, costs.false_negative, costs.false_positive) * wrong
    return lambda weights: (weights @ cost_of_row) / weights.sum(axis=1)


def _slices(config: Config, scored: ScoredRows) -> Iterator[tuple[str, str, Array]]:
    """Column, word and rows of each slice, those with the most rows first."""
    for column in config.gate.slices:
        words, codes, rows = np.unique(scored.slices[column].astype(str), return_inverse=True, return_counts=True)
        for code in np.argsort(-rows, kind="stable")[:MOST_SLICES]:
            yield column, str(words[code]), codes == code


def _part(scored: ScoredRows, inside: Array) -> ScoredRows:
    return ScoredRows(scored.target[inside], scored.scores[inside], scored.threshold)


def _slice(
    part: tuple[str, str, Array],
    metric: str,
    challenger: ScoredRows,
    champion: ScoredRows | None,
    classes: int,
    estimated: dict[str, Interval | None],
    least: int,
) -> Slice:
    column, word, inside = part
    own = values([metric], _part(challenger, inside), classes)[metric]
    old = values([metric], _part(champion, inside), classes)[metric] if champion is not None else None
    rows = int(inside.sum())
    difference = estimated.get(f"{column}={word}:difference")
    return Slice(
        column=column, value=word, rows=rows, challenger=own, champion=old, difference=difference, judged=rows >= least
    )


def _measure(
    name: str, estimated: dict[str, Interval | None], challenger: float | None, champion: float | None
) -> Measure:
    def interval(key: str, value: float | None) -> Interval | None:
        if (known := estimated.get(f"{name}:{key}")) is not None:
            return known
        return None if value is None else Interval(value=value, low=np.nan, high=np.nan)

    difference = None if challenger is None or champion is None else challenger - champion
    return Measure(
        name=name,
        challenger=interval("challenger", challenger),
        champion=interval("champion", champion),
        difference=interval("difference", difference),
    )


def _one_by_one(
    config: Config, metric: str, challenger: ScoredRows, champion: ScoredRows | None, classes: int
) -> dict[str, Interval | None]:
    """For a metric without a form of its own: scikit-learn's scorer anew for every resample, so fewer of them."""

    def statistic(scored: ScoredRows) -> Weighted:
        def of_weights(weights: Array) -> Array:
            draws = [np.repeat(np.arange(weights.shape[1]), counts.astype(np.intp)) for counts in weights]
            scores = [values([metric], _part(scored, draw), classes)[metric] for draw in draws]
            return np.array([np.nan if score is None else score for score in scores])

        return of_weights

    rows = len(challenger.target)
    statistics = _named(metric, statistic(challenger), statistic(champion) if champion is not None else None)
    return intervals(
        statistics,
        rows,
        differences=_differences(statistics),
        confidence=config.gate.confidence,
        resamples=affordable(config.gate.resamples, rows),
        seed=config.training.seed,
    )
