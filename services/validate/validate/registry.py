"""The alias `champion` of the registered model in MLflow."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from mlflow import MlflowClient
from mlflow.exceptions import MlflowException
from requests import RequestException

from contract.champion import CHAMPION, Champion
from contract.errors import Unavailable

log = logging.getLogger("validate")


def champion(name: str) -> Champion | None:
    """The version with the alias; None when no version has it. Raises Unavailable when the server fails."""
    with _explained():
        try:
            found = MlflowClient().get_model_version_by_alias(name, CHAMPION)
        except MlflowException as error:
            # an alias that nobody has is a wrong parameter to MLflow, a model that nobody has registered does not exist
            if error.error_code in ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"):
                return None
            raise
    return Champion.from_tags(found.tags, str(found.version))


def set_champion(name: str, version: str | None) -> None:
    """Move the alias to a version; None (a model that was never registered) takes it away from whichever has it."""
    with _explained():
        if version is not None:
            MlflowClient().set_registered_model_alias(name, CHAMPION, version)
        elif champion(name) is not None:
            log.warning("MLflow: %s: the new champion is not registered, so no version has its alias now", name)
            MlflowClient().delete_registered_model_alias(name, CHAMPION)


@contextmanager
def _explained() -> Iterator[None]:
    try:
        yield
    except (MlflowException, RequestException) as error:
        raise Unavailable(f"MLflow failed at the alias {CHAMPION!r}: {error}") from None
