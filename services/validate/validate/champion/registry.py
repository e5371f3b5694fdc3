"""The registered model in MLflow: which version has the alias `champion`, and moving it to a model.

A model is found by its hash and training, which train put on its version as tags. Numbers are not asked: a registry
that was reset gives them a second time.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from mlflow import MlflowClient
from mlflow.entities.model_registry import ModelVersion
from mlflow.exceptions import MlflowException
from requests import RequestException

from contract.datasets.files import sha256_of
from contract.errors import MissingInput, NotPermitted
from contract.layout import Layout
from contract.models.champion import CHAMPION, Champion
from contract.models.registry import failed_call

_UNKNOWN = ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE")
"""What MLflow says of a model or version that is not there, and of an alias that nobody has."""

log = logging.getLogger("validate")


@dataclass(frozen=True)
class Version:
    """A registered version as the registry describes it: anybody may have made it."""

    number: str
    tags: dict[str, str]

    def of(self, model: Champion) -> bool:
        """Whether it is a version of this very model."""
        return (self.tags.get("sha256"), self.tags.get("manifest")) == (model.sha256, model.manifest)


def aliased(name: str) -> Version | None:
    """The version with the alias; None when no version has it. Raises Unavailable when the server fails."""
    with _explained(f"at the alias {CHAMPION!r}"):
        try:
            return _version(MlflowClient().get_model_version_by_alias(name, CHAMPION))
        except MlflowException as error:
            if error.error_code in _UNKNOWN:
                return None
            raise


def numbered(name: str, number: str) -> Champion | None:
    """The model of a version; None when there is no such version. Raises DataError without train's tags."""
    with _explained(f"at version {number}"):
        try:
            version = _version(MlflowClient().get_model_version(name, number))
        except MlflowException as error:
            if error.error_code in _UNKNOWN:
                return None
            raise
    return Champion.from_tags(version.tags, version.number)


def set_champion(name: str, model: Champion, layout: Layout) -> None:
    """Move the alias to the version of a model, which is registered anew when the registry does not know it.

    A model without a version takes it away from whichever other model has it. Raises Unavailable when the server fails,
    MissingInput or NotPermitted when the model must be registered anew, and its file is gone or another one.
    """
    alias = aliased(name)
    if alias is not None and alias.of(model):
        return
    if model.version is not None:
        number = _find(name, model) or _register(name, model, layout)
        with _explained(f"at the alias {CHAMPION!r}"):
            MlflowClient().set_registered_model_alias(name, CHAMPION, number)
    elif alias is not None:
        log.warning("MLflow: %s: the new champion is not registered, so no version has its alias now", name)
        with _explained(f"at the alias {CHAMPION!r}"):
            MlflowClient().delete_registered_model_alias(name, CHAMPION)


def _find(name: str, model: Champion) -> str | None:
    with _explained(f"at the versions of {name}"):
        registered = MlflowClient().search_model_versions(f"tags.sha256 = '{model.sha256}'")
    versions = [_version(version) for version in registered if version.name == name]
    same = [version for version in versions if version.of(model)]
    if not same:
        return None
    # registered twice, by two runs of the same training: rather the one that the ledger names
    return max(same, key=lambda version: (version.number == model.version, int(version.number))).number


def _register(name: str, model: Champion, layout: Layout) -> str:
    """Register a model of ours again from its file below the data root, with train's tags; gives the version."""
    path = layout.root / model.file
    way_out = (
        f"bring the right file back, or put another model in use: validate rollback, or validate adopt --to "
        f"<training day>; {name} has no version of this one in MLflow"
    )
    if not path.is_file():
        raise MissingInput(f"{model.file}: must be there to be registered again; {way_out}")
    if (sha256 := sha256_of(path)) != model.sha256:
        raise NotPermitted(
            f"{model.file}: must have sha256 {model.sha256} to be registered again, got {sha256}; {way_out}"
        )
    with _explained(f"while {model.label} was registered again"):
        client = MlflowClient()
        experiment = client.get_experiment_by_name(name)
        tags = model.tags()
        run = client.create_run(
            experiment.experiment_id if experiment else client.create_experiment(name),
            tags=tags,
            run_name=f"registered again {model.day}",
        )
        # the file as it is: opening it here, to log it as train does, would ask for train's packages
        client.log_artifact(run.info.run_id, str(path), "model")
        client.set_terminated(run.info.run_id)
        try:
            client.create_registered_model(name)
        except MlflowException as error:
            if error.error_code != "RESOURCE_ALREADY_EXISTS":
                raise
        created = client.create_model_version(
            name, f"{run.info.artifact_uri}/model", run_id=run.info.run_id, tags=tags, await_creation_for=0
        )
    log.warning(
        "MLflow: no version of %s is the model of %s: registered again from %s, as version %s",
        name,
        model.label,
        model.file,
        created.version,
    )
    return str(created.version)


def _version(registered: ModelVersion) -> Version:
    return Version(str(registered.version), dict(registered.tags))


@contextmanager
def _explained(when: str) -> Iterator[None]:
    try:
        yield
    except (MlflowException, RequestException) as error:
        raise failed_call(error, when) from None
