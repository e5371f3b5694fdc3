"""Open the champion's file, and only that."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from contract.champion import Champion
from contract.errors import DataError, MissingInput, NotPermitted


def load(root: Path, champion: Champion) -> Any:
    """The model that a champion names.

    Raises NotPermitted for a file outside the data root, with another hash than the champion's, or
    of another scikit-learn: a joblib file runs code when it is opened, so it is not.
    """
    here = version("scikit-learn")
    if champion.sklearn != here:
        raise NotPermitted(
            f"{champion.file}: must be from scikit-learn {here}, this image's, was written by {champion.sklearn}; "
            f"train again with these images (train --day {champion.day} --force, then validate --day {champion.day}), "
            "or predict with the image of that time"
        )
    path = root / champion.file
    if not path.resolve().is_relative_to(root.resolve()):
        raise NotPermitted(
            f"{champion.file}: the champion's file must lie below the data root {root}; run validate again"
        )
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise MissingInput(
            f"{champion.file}: the champion's file is not there; bring it back, or train and validate again"
        ) from None
    if (found := hashlib.sha256(content).hexdigest()) != champion.sha256:
        raise NotPermitted(
            f"{champion.file}: must have sha256 {champion.sha256}, got {found}; it is not opened: bring the right file "
            "back, or train and validate again"
        )
    import joblib

    try:
        # the very bytes that were checked
        return joblib.load(io.BytesIO(content))
    except (ImportError, AttributeError) as error:
        raise DataError(f"{champion.file}: needs what this image has not: {error}; add it, or train again") from None


def features_of(model: Any, there: Sequence[str], file: str) -> list[str]:
    """The columns that a model wants. Raises DataError unless all are there."""
    names = getattr(model, "feature_names_in_", None)
    if names is None:
        raise DataError(f"{file}: must know its columns (feature_names_in_), fitted on a data frame; train again")
    if missing := [name for name in names if name not in there]:
        raise DataError(
            f"{file}: the champion must find its columns in the processed rows, {', '.join(missing)} is not there; "
            f"got {', '.join(there)}; give the column back to pipeline.toml, or train and validate again"
        )
    return list(names)
