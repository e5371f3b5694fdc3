"""Open model files, and only those whose content is the one that was promised: opening a pickle runs it."""

from __future__ import annotations

import hashlib
from pathlib import Path

import joblib
import sklearn
from sklearn.pipeline import Pipeline

from contract.champion import Champion
from contract.errors import DataError, MissingInput, NotPermitted


class CannotCompare(Exception):
    """A champion that these rows, or this scikit-learn, cannot score any more."""


def load(root: Path, model: Champion) -> Pipeline:
    """The model of a pointer.

    Raises MissingInput when the file is gone, NotPermitted when its content is another one,
    CannotCompare when another scikit-learn wrote it.
    """
    path = root / model.file
    try:
        file = path.open("rb")
    except FileNotFoundError:
        raise MissingInput(
            f"{model.file}: the model of {model.day} is not there; run train --force --day {model.day}, "
            f"or begin without a champion: remove models/champion.json, and the alias in MLflow"
        ) from None
    with file:
        # the very bytes that were hashed are opened: nobody can change the file in between
        found = hashlib.file_digest(file, "sha256").hexdigest()
        if found != model.sha256:
            raise NotPermitted(f"{model.file}: must have sha256 {model.sha256}, got {found}; it is not opened")
        if model.sklearn != sklearn.__version__:
            raise CannotCompare(f"scikit-learn {model.sklearn} wrote it, this is {sklearn.__version__}")
        file.seek(0)
        opened = joblib.load(file)
    if not isinstance(opened, Pipeline):
        raise DataError(f"{model.file}: must be a scikit-learn Pipeline, got {type(opened).__name__}")
    return opened
