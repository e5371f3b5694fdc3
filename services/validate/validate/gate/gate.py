"""The gate: whether a challenger may become the champion. Pure: evidence in, a verdict with every rule's own out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Literal

import msgspec

from contract.config.model import Gate
from validate.gate.above_baseline import Baseline, above_baseline
from validate.gate.guards import calibrated, guard, in_slices
from validate.gate.rules import Rule, Slice, Word, interval_text, of_groups
from validate.measures.bootstrap import Interval
from validate.measures.calibration import Calibration

Scores = Mapping[str, float | None]
"""The score of each scorer, greater is better; None where these rows cannot tell."""


class Anchor(msgspec.Struct, frozen=True, kw_only=True):
    """The model that challengers must not fall below, however many steps they take; see `anchor.Anchored`."""

    label: str
    not_compared: str | None = None
    """Why it could not be; then the champion takes its place."""


class Rarer(msgspec.Struct, frozen=True, kw_only=True):
    """The class, or classes, with the fewest groups: their number limits what rows can tell about classes."""

    text: str
    groups: int


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """What the rules are held against. Differences are challenger less champion; None without a champion."""

    metric: str
    rows: int
    groups: int
    """The groups of rows that are not independent evidence."""
    challenger: Scores
    champion: Scores | None
    difference: Interval | None = None
    """The difference of the training metric."""
    anchor: Anchor | None = None
    """None where the champion is the anchor."""
    to_anchor: Interval | None = None
    """The same difference to the anchor."""
    baseline: Baseline | None = None
    """None where none is on record, or asked for."""
    rarer: Rarer | None = None
    """None for a regression."""
    slices: list[Slice] = []
    more_slices: dict[str, int] = {}
    """For each column, how many more slices with enough groups there are."""
    calibration: Calibration | None = None
    """The challenger's."""
    brier: Interval | None = None
    """Difference of the Brier scores; above 0 is worse."""
    absent: list[str] = []
    """Classes that no test row has; some scores cannot do without."""
    untold: str | None = None
    """Why the metric is not defined for these rows, in scikit-learn's words."""
    has_costs: bool = False
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
            why = "; ".join(rule.text for rule in deciding)
            if word == "unknown" and evidence.absent:
                why += (
                    f"; no test row is of the class {', '.join(evidence.absent)}, which some scores cannot do without: "
                    "bring rows of it, take it out of the values of the target's column, or choose another score"
                )
            if word == "unknown" and evidence.untold:
                why += f"; {evidence.untold}; mend these rows, or take another training.metric"
            return Verdict(decision=decision, why=why, rules=rules)  # type: ignore[arg-type]
    return Verdict(
        decision="proposed" if gate.approval == "manual" else "promoted",
        why="; ".join(rule.text for rule in rules),
        rules=rules,
    )


def _absolute(gate: Gate, evidence: Evidence) -> Iterator[Rule]:
    least, groups = gate.min_test_rows, evidence.groups
    counted = f"{evidence.rows} labelled test rows{of_groups(evidence.rows, groups)}"
    yield Rule(
        name="min_test_rows",
        limit=least,
        value=groups,
        verdict="passed" if groups >= least else "unknown",
        text=f"{counted} {'reach' if groups >= least else 'are fewer than'} gate.min_test_rows {least}",
    )
    if (rarer := evidence.rarer) is not None and groups >= least:
        yield _of_rarer(rarer, least, "rows" if evidence.rows == groups else "groups")
    if gate.baseline != "off":
        metric = evidence.metric
        yield above_baseline(gate, metric, evidence.challenger.get(metric), evidence.baseline)
    for name, limit in gate.minimums.items():
        yield _minimum(name, limit, evidence.challenger[name])
    if (most := gate.max_calibration_error) is not None:
        yield calibrated(evidence.calibration, most)


def _of_rarer(rarer: Rarer, least: int, unit: str) -> Rule:
    enough = rarer.groups >= least
    text = f"{rarer.groups} labelled test {unit} are of {rarer.text}, which "
    text += f"{'reach' if enough else 'are fewer than'} gate.min_test_rows {least}"
    if not enough:
        text += ": bring more of them, hold out more days (training.test_days), or lower gate.min_test_rows"
    verdict: Word = "passed" if enough else "unknown"
    return Rule(name="min_test_rows.rarer_class", limit=least, value=rarer.groups, verdict=verdict, text=text)


def _against_champion(gate: Gate, evidence: Evidence) -> Iterator[Rule]:
    yield _comparison(gate, evidence)
    if evidence.anchor is not None and gate.require == "not_worse":
        yield _to_anchor(gate, evidence.metric, evidence.anchor, evidence.to_anchor)
    for column in gate.slices:
        parts = [part for part in evidence.slices if part.column == column]
        yield in_slices(gate, evidence.metric, column, parts, evidence.more_slices.get(column, 0))
    if gate.brier_margin is not None:
        yield guard("brier_margin", "Brier score", evidence.brier, gate.brier_margin)
    if evidence.has_costs:
        yield guard("cost_margin", "mean cost", evidence.cost, gate.cost_margin)


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


def _comparison(gate: Gate, evidence: Evidence) -> Rule:
    better = gate.require == "better"
    name, limit = ("better", 0.0) if better else ("not_worse", -gate.margin)
    words = "0, which gate.require = better asks for" if better else f"-gate.margin {-gate.margin:g}"
    return _shown(gate, name, limit, words, evidence.metric, "the champion", evidence.difference)


def _to_anchor(gate: Gate, metric: str, anchor: Anchor, difference: Interval | None) -> Rule:
    name, limit, rival = "not_worse_than_anchor", -gate.margin, f"the anchor, the model of {anchor.label}"
    if anchor.not_compared is None:
        return _shown(gate, name, limit, f"-gate.margin {-gate.margin:g}", metric, rival, difference)
    text = f"{rival}, cannot be compared: {anchor.not_compared}; the champion takes its place"
    return Rule(name=name, limit=limit, value=None, verdict="unjudged", text=text)


def _shown(
    gate: Gate, name: str, limit: float, words: str, metric: str, rival: str, difference: Interval | None
) -> Rule:
    """The interval of the difference must lie above the limit."""
    if difference is None:
        text = f"the difference of {metric} to {rival}'s cannot be told from these rows"
        return Rule(name=name, limit=limit, value=None, verdict="unknown", text=text)
    summary = f"{metric} {difference.value:+.4f} against {rival}, {interval_text(gate, difference)}"
    passed = difference.low > 0 if name == "better" else difference.low >= limit
    if passed:
        quality = "better" if difference.low > 0 else "not worse"
        text = f"{summary}: {quality}, the lower end is above {words}"
    else:
        text = f"{summary}: the lower end misses {words} by {limit - difference.low:.4f}"
    return Rule(name=name, limit=limit, value=difference.low, verdict="passed" if passed else "failed", text=text)
