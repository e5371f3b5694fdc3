"""Words of earlier versions on disk. This is the one place that knows them: they are read, and never written again.

A dataset's identity and a ledger line's hash stay what they were: `run` is no part of an identity, and a line keeps its
own word.
"""

from __future__ import annotations

from typing import Any, Literal

_IN_RUN = {"seen": "observed"}
"""In a manifest's `run`."""

OldDecision = Literal["moved"]
OLD_IN_USE: tuple[OldDecision, ...] = ("moved",)
"""Decisions in a ledger that put a model in use. `moved`: the alias was moved in the registry; today a person says so
with `validate adopt`, and it is `adopted`."""


def renamed(run: dict[str, Any]) -> dict[str, Any]:
    """A manifest's `run` with today's words; where it has both, today's stands."""
    old = {new: run[name] for name, new in _IN_RUN.items() if name in run}
    return old | {name: value for name, value in run.items() if name not in _IN_RUN}
