"""What predict must know about a model before it scores."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from analysis.record.trained_for import misfit
from contract.config import Config
from contract.errors import DataError
from contract.layout import Layout
from contract.models.champion import Champion


def features_of(model: Any, present: Sequence[str], file: str) -> list[str]:
    """The columns that a model wants. Raises DataError unless all are present."""
    names = getattr(model, "feature_names_in_", None)
    if names is None:
        raise DataError(f"{file}: must know its columns (feature_names_in_), fitted on a data frame; train again")
    if missing := [name for name in names if name not in present]:
        raise DataError(
            f"{file}: the champion must find its columns in the processed rows, {', '.join(missing)} is not there; "
            f"got {', '.join(present)}; give the column back to pipeline.toml, or train and validate again"
        )
    return list(names)


def check_fit(layout: Layout, champion: Champion, config: Config) -> None:
    """Raise DataError when the champion was trained for another target, task or class than pipeline.toml's."""
    if reason := misfit(layout, champion, config):
        raise DataError(
            f"champion {champion.label}: {reason}; train and validate again, or give the old setting back to "
            f"pipeline.toml"
        )
