"""The gate: whether a challenger may become the champion. Pure: scores in, a verdict with every rule's own out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import msgspec

from contract.modelling import Gate

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


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What follows from all rules together."""

    decision: Literal["promoted", "refused", "undecided"]
    why: str
    """The rules that decided."""
    rules: list[Rule]


def judge(gate: Gate, metric: str, rows: int, challenger: Scores, champion: Scores | None) -> Verdict:
    """The verdict on a challenger by its scores on `rows` labelled test rows.

    `champion` None: there is none to compare with, and the minimums alone decide. Too few rows, or a
    score that they cannot tell, leave the question open: nobody is promoted on a guess.
    """
    rules = [_enough(gate, rows)]
    rules += [_minimum(name, least, challenger[name]) for name, least in gate.minimums.items()]
    if champion is not None:
        rules.append(_not_worse(gate, metric, challenger[metric], champion[metric]))
    unknown = [rule for rule in rules if rule.verdict == "unknown"]
    failed = [rule for rule in rules if rule.verdict == "failed"]
    if unknown:
        return Verdict(decision="undecided", why="; ".join(rule.text for rule in unknown), rules=rules)
    if failed:
        return Verdict(decision="refused", why="; ".join(rule.text for rule in failed), rules=rules)
    return Verdict(decision="promoted", why="; ".join(rule.text for rule in rules), rules=rules)


def _enough(gate: Gate, rows: int) -> Rule:
    least = gate.min_test_rows
    return Rule(
        name="min_test_rows",
        limit=least,
        value=rows,
        verdict="passed" if rows >= least else "unknown",
        text=f"{rows} labelled test rows {'reach' if rows >= least else 'are fewer than'} gate.min_test_rows {least}",
    )


def _minimum(name: str, least: float, value: float | None) -> Rule:
    return _rule(f"minimums.{name}", name, value, least, f"gate.minimums.{name} {least:g}")


def _not_worse(gate: Gate, metric: str, value: float | None, champion: float | None) -> Rule:
    if champion is None:
        text = f"the champion's {metric} cannot be told from these rows"
        return Rule(name="not_worse", limit=gate.margin, value=None, verdict="unknown", text=text)
    limit = champion - gate.margin
    return _rule("not_worse", metric, value, limit, f"the champion's {champion:.4f} less gate.margin {gate.margin:g}")


def _rule(name: str, score: str, value: float | None, limit: float, words: str) -> Rule:
    if value is None:
        text = f"{score} cannot be told from these rows, and must reach {words}"
        return Rule(name=name, limit=limit, value=None, verdict="unknown", text=text)
    if value >= limit:
        return Rule(name=name, limit=limit, value=value, verdict="passed", text=f"{score} {value:.4f} reaches {words}")
    text = f"{score} {value:.4f} misses {words} by {limit - value:.4f}"
    return Rule(name=name, limit=limit, value=value, verdict="failed", text=text)
