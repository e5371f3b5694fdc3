"""Ask the registry which model is the champion: one call of MLflow's REST interface.

The mlflow package does the same, and costs seconds of imports in every run.
"""

from __future__ import annotations

from http.client import HTTPException
from urllib.parse import urlencode, urlsplit
from urllib.request import urlopen

import msgspec

from contract.champion import CHAMPION, Champion

TIMEOUT_SECONDS = 10.0


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


def registered_champion(uri: str | None, name: str) -> Champion:
    """The version of a registered model that has the alias `champion`.

    Raises NoAnswer when there is no registry, when it is down, or knows no such model or alias;
    DataError when the version lacks the tags that train gives it.
    """
    if not uri:
        raise NoAnswer("MLFLOW_TRACKING_URI is not set")
    if urlsplit(uri).scheme not in ("http", "https"):
        raise NoAnswer(f"MLFLOW_TRACKING_URI must begin with http:// or https://, got {uri!r}")
    query = urlencode({"name": name, "alias": CHAMPION})
    try:
        address = f"{uri.rstrip('/')}/api/2.0/mlflow/registered-models/alias?{query}"
        with urlopen(address, timeout=TIMEOUT_SECONDS) as answer:
            found = msgspec.json.decode(answer.read(), type=_Answer).model_version
    except (OSError, HTTPException, ValueError, msgspec.MsgspecError) as error:
        raise NoAnswer(f"{uri} names no champion of {name!r}: {error}") from None
    return Champion.from_tags({tag.key: tag.value for tag in found.tags}, found.version)
