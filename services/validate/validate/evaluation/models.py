"""Open the files of models that are to be scored, or put in use."""

from __future__ import annotations

from pathlib import Path

from sklearn.pipeline import Pipeline

from analysis.record.trained_for import misfit
from contract.config import Config
from contract.errors import DataError, NotPermitted
from contract.layout import Layout
from contract.models.champion import Champion
from contract.models.model_file import OtherScikitLearn, open_model


class CannotCompare(Exception):
    """A model that these rows, this target, or this scikit-learn, cannot score any more."""


class OtherQuestion(CannotCompare):
    """A model that was trained to answer something else than pipeline.toml asks now."""


def load(root: Path, model: Champion, config: Config) -> Pipeline:
    """The model of a pointer, checked as `contract.models.model_file` says.

    Raises OtherQuestion, CannotCompare when another scikit-learn wrote it, DataError when it is no pipeline.
    """
    if reason := misfit(Layout(root), model, config):
        raise OtherQuestion(f"it {reason}")
    try:
        opened = open_model(root, model, signed=config.training.sign)
    except OtherScikitLearn as error:
        raise CannotCompare(str(error)) from None
    if not isinstance(opened, Pipeline):
        raise DataError(f"{model.file}: must be a scikit-learn Pipeline, got {type(opened).__name__}")
    check_answers(opened, config)
    return opened


def load_to_serve(root: Path, model: Champion, config: Config) -> Pipeline:
    """The same for a model that a person puts in use; what forbids that ends the command, and names a way out."""
    try:
        return load(root, model, config)
    except OtherQuestion as error:
        raise DataError(
            f"{model.label}: predict could not serve it: {error}; give the old setting back to pipeline.toml, or train "
            f"and validate for the new one: train --force --day {model.day}, then validate --day {model.day}"
        ) from None
    except CannotCompare as error:
        raise NotPermitted(str(error)) from None


def check_answers(model: Pipeline, config: Config) -> None:
    """Raise OtherQuestion when a model's own classes are not pipeline.toml's, whatever its training's manifest says."""
    own = [str(word) for word in getattr(model, "classes_", ())]
    asked = list(config.columns[config.table.target].values or ()) if config.table.task != "regression" else []
    strange = [word for word in own if word not in asked]
    if strange or (asked and not own):
        raise OtherQuestion(
            f"it knows the classes {', '.join(own) or 'none'}, pipeline.toml: columns.{config.table.target}.values "
            f"has {', '.join(asked) or 'none'}"
        )
