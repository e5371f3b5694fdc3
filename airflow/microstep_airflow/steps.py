"""What each step reads and writes, by the names of `contract.layout`: the DAGs are held against this table."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Step:
    """A step's place in the flow of data; every name is one of `contract.layout.Layout`."""

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
