"""The rows of a day that broke a rule, and days that were predicted though these were more than may be."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from contract.datasets.dataset import Dataset
from contract.errors import StepError
from contract.layout import Layout

NOTE = "too_many_rejected"
"""As preprocess names it in the manifest of a processed day."""
MOST_KNOWN = 60
"""Days that are remembered."""


def too_many_rejected(root: Path, day: str) -> str:
    """What preprocess says about such a day; empty for any other."""
    try:
        return str(Dataset.open(Layout(root).processed(day)).manifest.notes.get(NOTE, ""))
    except StepError:
        return ""


def degraded_news(known: Mapping[str, str], day: str, reason: str) -> tuple[bool, dict[str, str]]:
    """Whether a day is to be mailed, and what people know after that, by day.

    A day is mailed once for the same rows, however often it is predicted.
    """
    after = dict(known)
    if not reason:
        after.pop(day, None)
        return False, after
    after[day] = reason
    return known.get(day) != reason, dict(sorted(after.items())[-MOST_KNOWN:])


def rejected_rows(root: Path, day: str) -> list[tuple[str, str]]:
    """How many of a day's rows broke the contract: none, or one line with the count of each rule."""
    try:
        path = Layout(root).processed(day)
        counts = Dataset.open(path).manifest.counts
    except StepError:
        return []
    if not counts["rejected"]:
        return []
    rules = ", ".join(f"{rule} {count:,}" for rule, count in counts["rejected_by_rule"].items())
    text = f"{counts['rejected']:,} of {counts['rows_in']:,} rows of {day} are rejected: {rules}"
    return [("rejected", text)]
