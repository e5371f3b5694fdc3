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


def judge(gate: Gate, evidence: Evidence) -> Verdict:
    """The verdict on a challenger.

    Without a champion the challenger's own scores alone decide. Too few rows, or a score that they cannot tell,
    leave the question open: nobody is promoted on a guess. The comparison must show that the challenger is not
    worse; the guards (slices, Brier score, cost) must show harm to refuse it, or chance alone would.
    """
    rules = [*_absolute(gate, evidence)]
    if evidence.champion is not None:
        rules += _against_champion(gate, evidence)
    for word, decision in (("unknown", "undecided"), ("failed", "refused")):
        if found := [rule for rule in rules if rule.verdict == word]:
            return Verdict(decision=decision, why="; ".join(rule.text for rule in found), rules=rules)  # type: ignore[arg-type]
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
        yield _slices(gate, evidence.metric, column, [each for each in evidence.slices if each.column == column])
    if gate.brier_margin is not None:
        yield _guard("brier_margin", "Brier score", evidence.brier, gate.brier_margin)
    if evidence.cost is not None:
        yield _guard("cost_margin", "mean cost", evidence.cost, gate.cost_margin)


def _minimum(name: str, least: float, value: float | None) -> Rule:
    place = f"minimums.{name}"
    if value is None:
        text = f"{name} cannot be told from these rows, and must reach gate.{place} {least:g}"
        return Rule(name=place, limit=least, value=None, verdict="unknown", text=text)
    if value >= least:
        text = f"{name} {value:.4f} reaches gate.{place} {least:g}"
        return Rule(name=place, limit=least, value=value, verdict="passed", text=text)
    text = f"{name} {value:.4f} misses gate.{place} {least:g} by {least - value:.4f}"
    return Rule(name=place, limit=least, value=value, verdict="failed", text=text)


def _at_most(name: str, what: str, value: float | None, most: float) -> Rule:
    if value is None:
        text = f"{what} cannot be told from these rows, and must not exceed gate.{name} {most:g}"
        return Rule(name=name, limit=most, value=None, verdict="unknown", text=text)
    if value <= most:
        text = f"{what} {value:.4f} is within gate.{name} {most:g}"
        return Rule(name=name, limit=most, value=value, verdict="passed", text=text)
    text = f"{what} {value:.4f} exceeds gate.{name} {most:g} by {value - most:.4f}"
    return Rule(name=name, limit=most, value=value, verdict="failed", text=text)


def _comparison(gate: Gate, evidence: Evidence) -> Rule:
    found, metric = evidence.difference, evidence.metric
    better = gate.require == "better"
    name, limit = ("better", 0.0) if better else ("not_worse", -gate.margin)
    words = "0, which gate.require = better asks for" if better else f"-gate.margin {-gate.margin:g}"
    if found is None:
        text = f"the difference of {metric} to the champion's cannot be told from these rows"
        return Rule(name=name, limit=limit, value=None, verdict="unknown", text=text)
    said = f"{metric} {found.value:+.4f} against the champion, {_spoken(gate, found)}"
    passed = found.low > 0 if better else found.low >= limit
    if passed:
        quality = "better" if found.low > 0 else "not worse"
        text = f"{said}: {quality}, the lower end is above {words}"
    else:
        text = f"{said}: the lower end misses {words} by {limit - found.low:.4f}"
    return Rule(name=name, limit=limit, value=found.low, verdict="passed" if passed else "failed", text=text)


def _slices(gate: Gate, metric: str, column: str, slices: list[Slice]) -> Rule:
    name, limit = f"slices.{column}", -gate.slice_margin
    judged = [each for each in slices if each.judged and each.difference is not None]
    if not judged:
        text = f"no slice of {column} has gate.min_slice_rows {gate.min_slice_rows} rows that can be told apart"
        return Rule(name=name, limit=limit, value=None, verdict="passed", text=text)
    fallen = [each for each in judged if _harm(each.difference, gate.slice_margin, sign=-1)]
    worst = min(fallen or judged, key=lambda each: each.difference.value if each.difference else 0)
    found = worst.difference
    assert found is not None
    said = f"{metric} {found.value:+.4f} in {column} = {worst.value} ({worst.rows} rows, {_spoken(gate, found)})"
    if fallen:
        more = f", and {len(fallen) - 1} more slices" if len(fallen) > 1 else ""
        text = f"{said} drops by more than gate.slice_margin {gate.slice_margin:g}{more}"
    else:
        text = f"{said}: no slice of {column} is shown to drop by more than gate.slice_margin {gate.slice_margin:g}"
    return Rule(name=name, limit=limit, value=found.value, verdict="failed" if fallen else "passed", text=text)


def _guard(name: str, what: str, found: Interval | None, margin: float) -> Rule:
    if found is None:
        text = f"the difference of the {what} cannot be told from these rows"
        return Rule(name=name, limit=margin, value=None, verdict="unknown", text=text)
    harmed = _harm(found, margin, sign=1)
    said = f"{what} {found.value:+.4f} against the champion (interval {found.low:+.4f} to {found.high:+.4f})"
    outcome = "is worse by more than" if harmed else "is not shown to be worse by more than"
    text = f"{said} {outcome} gate.{name} {margin:g}"
    return Rule(name=name, limit=margin, value=found.value, verdict="failed" if harmed else "passed", text=text)


def _harm(found: Interval | None, margin: float, *, sign: int) -> bool:
    """Worse by more than the margin, and the interval excludes that it is none the worse."""
    if found is None:
        return False
    return found.value > margin and found.low > 0 if sign > 0 else found.value < -margin and found.high < 0


def _spoken(gate: Gate, found: Interval) -> str:
    return f"{gate.confidence * 100:g} % interval {found.low:+.4f} to {found.high:+.4f}"
