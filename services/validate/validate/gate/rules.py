"""What a rule of the gate says, and how its sentences put numbers."""

from __future__ import annotations

from typing import Literal

import msgspec

from contract.config.model import Gate
from validate.measures.bootstrap import Interval

Word = Literal["passed", "failed", "unknown", "unjudged"]


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """One rule and how the challenger stands to it."""

    name: str
    limit: float
    value: float | None
    verdict: Word
    """`unknown` leaves the question open; `unjudged` does not: the rule had nothing that it is for."""
    text: str
    """The rule as a sentence with its numbers."""


class Slice(msgspec.Struct, frozen=True, kw_only=True):
    """The training metric on the rows that have one word in one column."""

    column: str
    value: str
    rows: int
    groups: int
    challenger: float | None
    champion: float | None
    difference: Interval | None
    """It and those of all other judged slices hold at once."""
    judged: bool
    """Has groups enough."""


def interval_text(gate: Gate, interval: Interval) -> str:
    """With the confidence that it has."""
    return f"{gate.confidence * 100:g} % interval {interval.low:+.4f} to {interval.high:+.4f}"


def of_groups(rows: int, groups: int) -> str:
    """How many groups the rows are of, where that says more than how many there are."""
    return "" if groups == rows else f" of {groups} groups"
