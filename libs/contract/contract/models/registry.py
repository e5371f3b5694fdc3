"""Reach the model registry (MLflow) without its package, which costs seconds of imports."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec

from contract.errors import ConfigError, NotPermitted, StepError, Unavailable
from contract.models.champion import CHAMPION, Champion

_BEHAVIOUR = {
    # a step calls home to nobody, and its log is for people
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
    # its own patience is minutes; whoever started the step tries again anyway
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "60",
}
_LOGIN_FILE = "MICROSTEP_MLFLOW_LOGIN_FILE"
_USER, _PASSWORD = "MLFLOW_TRACKING_USERNAME", "MLFLOW_TRACKING_PASSWORD"
_HEALTH_SECONDS = 5.0
_ALIAS_SECONDS = 10.0
_FORBIDDEN = 403
_REFUSED = (401, _FORBIDDEN)
"""HTTP codes. It may pass: replaced secrets reach the server a little later."""


class NoAnswer(Exception):
    """The registry names no champion; says why."""


class _Tag(msgspec.Struct):
    key: str
    value: str = ""


class _Version(msgspec.Struct):
    version: str
    tags: list[_Tag] = []


class _Answer(msgspec.Struct):
    model_version: _Version


def reach_registry() -> str | None:
    """The address in MLFLOW_TRACKING_URI; None when there is none. Call it before importing mlflow, which then logs in.

    Raises ConfigError for an address that is not HTTP, Unavailable when nothing answers there or the log-in is refused,
    NotPermitted when the log-in cannot be read.
    """
    if not (address := os.environ.get("MLFLOW_TRACKING_URI", "")):
        return None
    if not address.startswith(("http://", "https://")):
        raise ConfigError(f"MLFLOW_TRACKING_URI: must begin with http:// or https://, got {address!r}")
    for name, value in _BEHAVIOUR.items():
        os.environ.setdefault(name, value)
    if login := _login():
        os.environ[_USER], os.environ[_PASSWORD] = login
    try:
        _get(f"{address.rstrip('/')}/version", _HEALTH_SECONDS)
    except OSError as error:
        if getattr(error, "code", None) in _REFUSED:
            user = login[0] if login else "nobody"
            raise Unavailable(
                f"MLFLOW_TRACKING_URI: {address} refuses the log-in of {user}: {error}; `make rotate` makes new ones"
            ) from None
        raise Unavailable(f"MLFLOW_TRACKING_URI: {address} does not answer: {error}; is the server up?") from None
    return address


def failed_call(error: Exception, when: str) -> StepError:
    """The error that ends a step after one of MLflow's client: Unavailable, or NotPermitted for a forbidden call.

    The step's log-in may not make such a call, so trying again does not help.
    """
    status = getattr(getattr(error, "response", None), "status_code", None)
    if status == _FORBIDDEN or getattr(error, "error_code", None) == "PERMISSION_DENIED":
        return NotPermitted(
            f"MLflow forbids a call {when}: {error}; the server and this step must be of one version, and the step must"
            " use its own log-in: `make up` builds and starts both"
        )
    return Unavailable(f"MLflow failed {when}: {error}")


def registered_champion(address: str | None, name: str) -> Champion:
    """The version of a registered model that has the alias `champion`, by one call of MLflow's REST interface.

    Raises NoAnswer when there is no registry, when it is down, or knows no such model or alias;
    DataError when the version lacks the tags that train gives it.
    """
    if not address:
        raise NoAnswer("MLFLOW_TRACKING_URI is not set")
    if not address.startswith(("http://", "https://")):
        raise NoAnswer(f"MLFLOW_TRACKING_URI must begin with http:// or https://, got {address!r}")
    from urllib.parse import urlencode

    query = urlencode({"name": name, "alias": CHAMPION})
    try:
        answer = _get(f"{address.rstrip('/')}/api/2.0/mlflow/registered-models/alias?{query}", _ALIAS_SECONDS)
        version = msgspec.json.decode(answer, type=_Answer).model_version
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise NoAnswer(f"{address} names no champion of {name!r}: {error}") from None
    return Champion.from_tags({tag.key: tag.value for tag in version.tags}, version.version)


def _get(address: str, seconds: float) -> bytes:
    """The body of an answer. Raises OSError when there is none, or none that is well."""
    import http.client  # only here: as dear as all that a step needs to find itself up to date
    import urllib.request
    from base64 import b64encode

    try:
        request = urllib.request.Request(address)
        if login := _login():
            request.add_unredirected_header("Authorization", f"Basic {b64encode(':'.join(login).encode()).decode()}")
        with urllib.request.urlopen(request, timeout=seconds) as answer:
            content: bytes = answer.read()
    except (http.client.HTTPException, ValueError) as error:
        raise OSError(str(error) or type(error).__name__) from error
    return content


def _login() -> tuple[str, str] | None:
    """User and password, from the file that the stack made, else from MLflow's own variables; None without either.

    Raises NotPermitted when the file is somebody else's.
    """
    path = Path(os.environ.get(_LOGIN_FILE, "/run/registry/login"))
    try:
        user, _, password = path.read_text(encoding="utf-8").strip().partition(":")
    except (FileNotFoundError, NotADirectoryError):
        user, password = os.environ.get(_USER, ""), os.environ.get(_PASSWORD, "")
    except OSError as error:
        raise NotPermitted(
            f"{path}: the log-in to MLflow cannot be read: {error.strerror}; `make up` hands it to the owner of data/"
        ) from None
    return (user, password) if user and password else None
