"""The gate: whether a challenger may become the champion. Pure: evidence in, a verdict with every rule's own out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Literal

import msgspec

from contract.config.model import Gate
from validate.evaluation.bootstrap import Interval

Scores = Mapping[str, float | None]
"""By scorer, greater is better; None where these rows cannot tell."""


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """One rule and how the challenger stands to it."""

    name: str
    limit: float
    value: float | None
    verdict: Literal["passed", "failed", "unknown"]
    text: str
    """The rule as a sentence with its numbers."""


class Slice(msgspec.Struct, frozen=True, kw_only=True):
    """The training metric on the rows that have one word in one column."""

    column: str
    value: str
    rows: int
    challenger: float | None
    champion: float | None
    difference: Interval | None
    judged: bool
    """Has rows enough."""


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """What the rules are held against. Differences are challenger less champion; None without a champion."""

    metric: str
    rows: int
    challenger: Scores
    champion: Scores | None
    difference: Interval | None = None
    """Of the training metric."""
    slices: list[Slice] = []
    calibration_error: float | None = None
    """The challenger's."""
    brier: Interval | None = None
    """Difference of the Brier scores; above 0 is worse."""
    cost: Interval | None = None
    """Difference of the mean costs of a row; above 0 is worse."""


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What follows from all rules together."""

    decision: Literal["promoted", "refused", "undecided", "proposed"]
    why: str
    """The rules that decided."""
    rules: list[Rule]


def judge(gate: Gate, evidence: Evidence, order: Rule | None = None) -> Verdict:
    """The verdict on a challenger; `order`: what `not_older` says, where there is a champion.

    Without a champion the challenger's own scores alone decide. Too few rows, or a score that they cannot tell,
    leave the question open: nobody is promoted on a guess. The comparison must show that the challenger is not
    worse; the guards (slices, Brier score, cost) must show harm to refuse it, or chance alone would.
    """
    rules = [*_absolute(gate, evidence)]
    if evidence.champion is not None:
        rules += _against_champion(gate, evidence)
    if order is not None:
        rules.append(order)
        if order.verdict == "failed":  # whatever the scores say, or cannot say
            return Verdict(decision="refused", why=order.text, rules=rules)
    for word, decision in (("unknown", "undecided"), ("failed", "refused")):
        if deciding := [rule for rule in rules if rule.verdict == word]:
            return Verdict(decision=decision, why="; ".join(rule.text for rule in deciding), rules=rules)  # type: ignore[arg-type]
    return Verdict(
        decision="proposed" if gate.approval == "manual" else "promoted",
        why="; ".join(rule.text for rule in rules),
        rules=rules,
    )


def _absolute(gate: Gate, evidence: Evidence) -> Iterator[Rule]:
    least, rows = gate.min_test_rows, evidence.rows
    yield Rule(
        name="min_test_rows",
        limit=least,
        value=rows,
        verdict="passed" if rows >= least else "unknown",
        text=f"{rows} labelled test rows {'reach' if rows >= least else 'are fewer than'} gate.min_test_rows {least}",
    )
    for name, limit in gate.minimums.items():
        yield _minimum(name, limit, evidence.challenger[name])
    if (most := gate.max_calibration_error) is not None:
        yield _at_most("max_calibration_error", "calibration error", evidence.calibration_error, most)


def _against_champion(gate: Gate, evidence: Evidence) -> Iterator[Rule]:
    yield _comparison(gate, evidence)
    for column in gate.slices:
        yield _slices(gate, evidence.metric, column, [part for part in evidence.slices if part.column == column])
    if gate.brier_margin is not None:
        yield _guard("brier_margin", "Brier score", evidence.brier, gate.brier_margin)
    if evidence.cost is not None:
        yield _guard("cost_margin", "mean cost", evidence.cost, gate.cost_margin)


def _minimum(name: str, least: float, value: float | None) -> Rule:
    rule = f"minimums.{name}"
    if value is None:
        text = f"{name} cannot be told from these rows, and must reach gate.{rule} {least:g}"
        return Rule(name=rule, limit=least, value=None, verdict="unknown", text=text)
    if value >= least:
        text = f"{name} {value:.4f} reaches gate.{rule} {least:g}"
        return Rule(name=rule, limit=least, value=value, verdict="passed", text=text)
    text = f"{name} {value:.4f} misses gate.{rule} {least:g} by {least - value:.4f}"
    return Rule(name=rule, limit=least, value=value, verdict="failed", text=text)


def _at_most(name: str, subject: str, value: float | None, most: float) -> Rule:
    if value is None:
        text = f"{subject} cannot be told from these rows, and must not exceed gate.{name} {most:g}"
        return Rule(name=name, limit=most, value=None, verdict="unknown", text=text)
    if value <= most:
        text = f"{subject} {value:.4f} is within gate.{name} {most:g}"
        return Rule(name=name, limit=most, value=value, verdict="passed", text=text)
    text = f"{subject} {value:.4f} exceeds gate.{name} {most:g} by {value - most:.4f}"
    return Rule(name=name, limit=most, value=value, verdict="failed", text=text)


def _comparison(gate: Gate, evidence: Evidence) -> Rule:
    difference, metric = evidence.difference, evidence.metric
    better = gate.require == "better"
    name, limit = ("better", 0.0) if better else ("not_worse", -gate.margin)
    words = "0, which gate.require = better asks for" if better else f"-gate.margin {-gate.margin:g}"
    if difference is None:
        text = f"the difference of {metric} to the champion's cannot be told from these rows"
        return Rule(name=name, limit=limit, value=None, verdict="unknown", text=text)
    summary = f"{metric} {difference.value:+.4f} against the champion, {_interval_text(gate, difference)}"
    passed = difference.low > 0 if better else difference.low >= limit
    if passed:
        quality = "better" if difference.low > 0 else "not worse"
        text = f"{summary}: {quality}, the lower end is above {words}"
    else:
        text = f"{summary}: the lower end misses {words} by {limit - difference.low:.4f}"
    return Rule(name=name, limit=limit, value=difference.low, verdict="passed" if passed else "failed", text=text)


def _slices(gate: Gate, metric: str, column: str, slices: list[Slice]) -> Rule:
    name, limit = f"slices.{column}", -gate.slice_margin
    judged = [part for part in slices if part.judged and part.difference is not None]
    if not judged:
        text = f"no slice of {column} has gate.min_slice_rows {gate.min_slice_rows} rows that can be told apart"
        return Rule(name=name, limit=limit, value=None, verdict="passed", text=text)
    fallen = [part for part in judged if _harm(part.difference, gate.slice_margin, sign=-1)]
    worst = min(fallen or judged, key=lambda part: part.difference.value if part.difference else 0)
    interval = worst.difference
    assert interval is not None
    rows = f"{worst.rows} rows, {_interval_text(gate, interval)}"
    summary = f"{metric} {interval.value:+.4f} in {column} = {worst.value} ({rows})"
    if fallen:
        more = f", and {len(fallen) - 1} more slices" if len(fallen) > 1 else ""
        text = f"{summary} drops by more than gate.slice_margin {gate.slice_margin:g}{more}"
    else:
        text = f"{summary}: no slice of {column} is shown to drop by more than gate.slice_margin {gate.slice_margin:g}"
    return Rule(name=name, limit=limit, value=interval.value, verdict="failed" if fallen else "passed", text=text)


def _guard(name: str, subject: str, interval: Interval | None, margin: float) -> Rule:
    if interval is None:
        text = f"the difference of the {subject} cannot be told from these rows"
        return Rule(name=name, limit=margin, value=None, verdict="unknown", text=text)
    harmed = _harm(interval, margin, sign=1)
    summary = (
        f"{subject} {interval.value:+.4f} against the champion (interval {interval.low:+.4f} to {interval.high:+.4f})"
    )
    finding = "is worse by more than" if harmed else "is not shown to be worse by more than"
    text = f"{summary} {finding} gate.{name} {margin:g}"
    return Rule(name=name, limit=margin, value=interval.value, verdict="failed" if harmed else "passed", text=text)


def _harm(interval: Interval | None, margin: float, *, sign: int) -> bool:
    """Worse by more than the margin, and the interval excludes that it is none the worse."""
    if interval is None:
        return False
    return interval.value > margin and interval.low > 0 if sign > 0 else interval.value < -margin and interval.high < 0


def _interval_text(gate: Gate, interval: Interval) -> str:
    return f"{gate.confidence * 100:g} % interval {interval.low:+.4f} to {interval.high:+.4f}"
