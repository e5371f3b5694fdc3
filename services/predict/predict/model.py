"""What predict must know about a model before it scores."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

from contract.champion import Champion
from contract.config import Config
from contract.errors import DataError, MissingInput
from contract.layout import Layout
from contract.manifest import read_manifest

log = logging.getLogger("predict")


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


def check_target(layout: Layout, champion: Champion, config: Config) -> None:
    """Raise DataError when the champion was trained for another target than pipeline.toml's.

    Nothing else would tell: with the same classes, or as a regression, its answers look like those for the new target.
    Its training's manifest says so; where that is gone, or another training's, a warning says that nothing can tell.
    """
    try:
        manifest = read_manifest(layout.model(champion.day))
    except (MissingInput, DataError):
        manifest = None
    target = manifest.settings.get("target") if manifest and manifest.identity == champion.manifest else None
    wanted = config.table.target
    if target is None:
        log.warning(
            "champion %s: its training's manifest is not in models/%s any more, so nothing tells whether it was "
            "trained for %s",
            champion.label,
            champion.day,
            wanted,
        )
    elif target["name"] != wanted:
        raise DataError(
            f"champion {champion.label}: was trained for the target {target['name']}, pipeline.toml: table.target is "
            f"{wanted}; train and validate again, or give the old target back to pipeline.toml"
        )
