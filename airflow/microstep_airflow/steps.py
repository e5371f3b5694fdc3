"""What each step reads and writes, by the names of `contract.layout`: the DAGs are held against this table."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # the docs' test loads this file where there is no contract
    from contract.layout import Layout


@dataclass(frozen=True)
class Step:
    """A step's place in the flow of data; names are those of `contract.layout.Layout`, or of steps besides the five."""

    reads: tuple[str, ...]
    """Must be there before the step starts."""
    writes: tuple[str, ...]
    may_read: tuple[str, ...] = ()
    """Used when there."""
    uses_registry: bool = False
    """Talks to MLflow; all other steps have no network."""


STEPS = {
    "generate": Step(reads=("inbox",), writes=("raw_data", "raw_target")),
    "preprocess": Step(reads=("raw_data",), may_read=("raw_target",), writes=("processed",)),
    "train": Step(reads=("processed",), writes=("model",), uses_registry=True),
    "validate": Step(
        reads=("processed", "model"),
        # the predictions: to judge them when the target of their day has come
        may_read=("champion", "predictions"),
        writes=("champion", "ledger", "report"),
        uses_registry=True,
    ),
    "predict": Step(
        reads=("processed", "champion"),
        may_read=("ledger",),  # there whenever the champion is
        writes=("predictions", "report"),
        uses_registry=True,
    ),
}


def path_of(name: str, step: str, day: str, layout: Layout) -> Path:
    """Where one of the things lies that a step reads or writes."""
    if name in STEPS:
        return layout.derived(name, day)
    if name == "report":  # that of validate is about a training
        return layout.report("train" if step == "validate" else "predict", day)
    path = getattr(layout, name)
    return path if isinstance(path, Path) else Path(path(day))
