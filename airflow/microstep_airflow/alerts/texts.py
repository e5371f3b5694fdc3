"""Lines of a step's log, made fit to be passed on."""

from __future__ import annotations

from contract.visible import visible

LONGEST = 1000
"""Of one line that is passed on."""


def line(text: str) -> str:
    """A line in which every character can be seen, of bounded length."""
    shown = visible(text[:LONGEST], keep="\t")
    return shown if max(len(text), len(shown)) <= LONGEST else f"{shown[:LONGEST]}…"
