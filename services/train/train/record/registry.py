"""Tell MLflow about a training: one run, a nested one for each candidate, one version with the alias `challenger`."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import mlflow
import pandas as pd
from mlflow.data.code_dataset_source import CodeDatasetSource
from mlflow.data.meta_dataset import MetaDataset
from mlflow.entities import Experiment, LifecycleStage
from mlflow.exceptions import MlflowException
from mlflow.models import ModelSignature
from mlflow.types import ColSpec, Schema
from mlflow.utils.mlflow_tags import MLFLOW_PARENT_RUN_ID
from requests import RequestException
from sklearn.pipeline import Pipeline

from contract.config.parse import read, text_of
from contract.errors import ConfigError
from contract.models.champion import CHALLENGER
from contract.models.registry import failed_call
from train.record.card import LIBRARIES, version

EXAMPLE_ROWS = 5
_DIGEST = 36
"""Characters that MLflow takes for a dataset's digest."""
_FORM_OF_A_DAY = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}")

log = logging.getLogger("train")


@dataclass(frozen=True)
class Training:
    """What MLflow is told about a training, besides the model."""

    name: str
    """The name of the experiment and of the registered model."""
    card: dict[str, Any]
    seconds: dict[str, Any]
    tags: dict[str, str]
    """The version's tags: all that predict must know to find and check the file below the data root."""
    origin: dict[str, str]
    """Data, code, revision and image."""
    days: list[str]
    """The datasets that were read."""
    config_file: Path | None


def prepare(name: str, at_work: Callable[[str], bool]) -> None:
    """Have experiment and registered model there, and close the runs that killed trainings have left open.

    `at_work` tells whether another training of a day is. Raises as `register` does, but before the fits.
    """
    _quiet()
    with _explained(name):
        client = mlflow.MlflowClient()
        experiment = _experiment(client, name)
        _ensure_registered(client, name)
        left = client.search_runs([experiment.experiment_id], "attributes.status = 'RUNNING'")
        # a nested run has no day of its own
        days = {run.info.run_id: run.data.tags["day"] for run in left if {"day", "fingerprint"} <= run.data.tags.keys()}
        for run in left:
            day = days.get(run.data.tags.get(MLFLOW_PARENT_RUN_ID, run.info.run_id))
            if day is not None and _FORM_OF_A_DAY.fullmatch(day) and not at_work(day):
                client.set_terminated(run.info.run_id, "KILLED")
                log.info("MLflow: the run %s of a training that was killed is closed", run.info.run_name)


def register(training: Training, model: Pipeline, examples: pd.DataFrame) -> dict[str, str]:
    """Log and register a model, with some rows as examples; gives the run's id and the version, for the manifest.

    Raises Unavailable when the server fails, ConfigError when it refuses what we ask for.
    """
    _quiet()
    card, tags = training.card, {**training.tags, **training.origin}
    with _explained(training.name):
        _experiment(mlflow.MlflowClient(), training.name)
        with mlflow.start_run(run_name=f"train {training.tags['day']}", tags=tags) as active:
            mlflow.log_params(_params(card))
            mlflow.log_metrics(_metrics(card, training.seconds))
            mlflow.log_input(_dataset(training, examples, card), context="training")
            mlflow.log_dict(card, "card.json")
            if training.config_file is not None:
                mlflow.log_text(text_of(training.config_file.name, read(training.config_file)), "pipeline.toml")
            for name, candidate in card["candidates"].items():
                _log_candidate(name, candidate, training.seconds["candidates"][name])
            logged = mlflow.sklearn.log_model(
                model,
                name="model",
                # its default format needs a package of its own; who loads this one trusts our registry anyway
                serialization_format=mlflow.sklearn.SERIALIZATION_FORMAT_CLOUDPICKLE,
                # or it would start a process to find them out, for seconds
                pip_requirements=[f"{library}=={version(library)}" for library in LIBRARIES],
                signature=_signature(examples, card["task"]),
                input_example=examples,
            )
            client = mlflow.MlflowClient()
            _ensure_registered(client, training.name)
            created = client.create_model_version(
                training.name, logged.model_uri, run_id=active.info.run_id, tags=tags, model_id=logged.model_id
            )
            client.set_registered_model_alias(training.name, CHALLENGER, created.version)
    return {"mlflow_run": active.info.run_id, "version": str(created.version)}


def _experiment(client: mlflow.MlflowClient, name: str) -> Experiment:
    """The one of this name, brought back when somebody has deleted it: nothing of that name could be made any more."""
    known = client.get_experiment_by_name(name)
    if known is not None and known.lifecycle_stage == LifecycleStage.DELETED:
        client.restore_experiment(known.experiment_id)
        log.warning(
            "MLflow: the experiment %s was deleted there, and is restored with its runs, because a training needs it",
            name,
        )
    return mlflow.set_experiment(name)


def _quiet() -> None:
    # it warns of the format that we chose, and of a version of pip that nobody asks for
    logging.getLogger("mlflow").setLevel(logging.ERROR)


@contextmanager
def _explained(name: str) -> Iterator[None]:
    try:
        yield
    except (RequestException, MlflowException) as error:
        if getattr(error, "error_code", None) == "INVALID_PARAMETER_VALUE":
            raise ConfigError(f"MLflow refuses the run of pipeline.name {name!r}: {error}") from None
        raise failed_call(error, "while the model was registered") from None


def _log_candidate(name: str, candidate: dict[str, Any], seconds: float) -> None:
    """A nested run: parameters, the score of each fold as a step, and of each trial of a search."""
    with mlflow.start_run(run_name=name, nested=True):
        params = {"estimator": candidate["estimator"], **candidate["params"]}
        mlflow.log_params({_key(key): str(value)[:6000] for key, value in params.items()})
        mlflow.log_metrics({"cv_mean": candidate["mean"], "cv_std": candidate["std"], "seconds": seconds})
        for step, score in enumerate(candidate["folds"]):
            mlflow.log_metric("cv", score, step=step)
        if candidate["trials"]:
            mlflow.log_dict({"trials": candidate["trials"]}, "trials.json")


def _dataset(training: Training, frame: pd.DataFrame, card: dict[str, Any]) -> MetaDataset:
    """The rows by their origin: they stay below the data root."""
    source = CodeDatasetSource(tags={"days": ", ".join(training.days), "rows": str(card["rows"])})
    schema = _signature(frame, card["task"]).inputs
    return MetaDataset(  # type: ignore[abstract] # what it lacks has a default where it is used
        source, name=training.name, digest=training.origin["data"][:_DIGEST], schema=schema
    )


def _signature(frame: pd.DataFrame, task: str) -> ModelSignature:
    """By the frame's types, not by examples: any value may be missing one day."""
    kinds = {name: {"f": "double", "M": "datetime"}.get(dtype.kind, "string") for name, dtype in frame.dtypes.items()}
    inputs = Schema([ColSpec(kind, str(name), required=False) for name, kind in kinds.items()])
    return ModelSignature(inputs, Schema([ColSpec("double" if task == "regression" else "string")]))


def _ensure_registered(client: mlflow.MlflowClient, name: str) -> None:
    try:
        client.create_registered_model(name)
    except MlflowException as error:
        if error.error_code != "RESOURCE_ALREADY_EXISTS":
            raise


def _params(card: dict[str, Any]) -> dict[str, Any]:
    """As text that MLflow takes: names in its alphabet, values of at most 6,000 characters."""
    own = {"chosen": card["chosen"], "metric": card["metric"], "rows": card["rows"], "task": card["task"]}
    own |= {"window": f"{card['window']['first']} to {card['window']['last']}"}
    for name, candidate in card["candidates"].items():
        own[f"{name}.estimator"] = candidate["estimator"]
        own |= {f"{name}.{key}": value for key, value in candidate["params"].items()}
    return {_key(name): str(value)[:6000] for name, value in own.items()}


def _metrics(card: dict[str, Any], seconds: dict[str, Any]) -> dict[str, float]:
    metrics = {"cv_mean": card["candidates"][card["chosen"]]["mean"], "fit_seconds": seconds["fit"]}
    for name, candidate in card["candidates"].items():
        metrics |= {f"{name}.cv_{key}": candidate[key] for key in ("mean", "std")}
        metrics |= {f"{name}.train_mean": candidate["train_mean"], f"{name}.seconds": seconds["candidates"][name]}
    return {_key(name): value for name, value in metrics.items()}


def _key(name: str) -> str:
    return re.sub(r"[^\w\-./ ]", "_", name)
