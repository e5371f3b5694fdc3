"""Open the files of models that are to be scored."""

from __future__ import annotations

from pathlib import Path

from sklearn.pipeline import Pipeline

from contract.champion import Champion
from contract.errors import DataError
from contract.model_file import OtherScikitLearn, open_model


class CannotCompare(Exception):
    """A champion that these rows, or this scikit-learn, cannot score any more."""


def load(root: Path, model: Champion, *, signed: bool) -> Pipeline:
    """The model of a pointer, checked as `contract.model_file` says.

    Raises CannotCompare when another scikit-learn wrote it, DataError when it is no pipeline.
    """
    try:
        opened = open_model(root, model, signed=signed)
    except OtherScikitLearn as error:
        raise CannotCompare(str(error)) from None
    if not isinstance(opened, Pipeline):
        raise DataError(f"{model.file}: must be a scikit-learn Pipeline, got {type(opened).__name__}")
    return opened
