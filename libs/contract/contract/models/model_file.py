"""Open a model file only if it is the promised one, because opening a joblib file runs whatever code it holds."""

from __future__ import annotations

import hashlib
import hmac
import io
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from contract.errors import DataError, MissingInput, NotPermitted

if TYPE_CHECKING:
    from contract.models.champion import Champion

_KEY = "MICROSTEP_MODEL_KEY"
_KEY_FILE = "MICROSTEP_MODEL_KEY_FILE"
_LEAST_KEY = 32


class OtherScikitLearn(NotPermitted):
    """Another version of scikit-learn wrote the file: opened here, it might answer differently without warning."""


class Unsigned(NotPermitted):
    """A signature is required and the model has none: it is older than the requirement, or not ours."""


def signing_key(*, demanded: bool) -> bytes | None:
    """The key in the environment, else in the secret file `model_key`; None when there is none.

    Raises NotPermitted when there is none and `demanded` (`training.sign`), or when it is too short to protect.
    """
    source, text = _KEY, os.environ.get(_KEY, "")
    if not text:
        path = Path(os.environ.get(_KEY_FILE, "/run/secrets/model_key"))
        source, text = str(path), path.read_text().strip() if path.is_file() else ""
    if text and len(text) < _LEAST_KEY:
        raise NotPermitted(f"{source}: must have at least {_LEAST_KEY} characters, got {len(text)}")
    if not text and demanded:
        raise NotPermitted(
            f"pipeline.toml: training.sign is true, and there is no key: give it in {_KEY}, or as the file {source} "
            f"(openssl rand -hex 32 makes one)"
        )
    return text.encode() or None


def signature(sha256: str, key: bytes) -> str:
    """HMAC-SHA256 (RFC 2104) over a model file's sha256, as hex."""
    return hmac.new(key, sha256.encode(), hashlib.sha256).hexdigest()


def open_model(root: Path, model: Champion, *, signed: bool) -> Any:
    """The object in a model's file. Raises what `read_model` raises, DataError when a module it needs is missing."""
    content = read_model(root, model, signed=signed)
    import joblib

    try:
        # the very bytes that were checked
        return joblib.load(io.BytesIO(content))
    except (ImportError, AttributeError) as error:
        raise DataError(f"{model.file}: needs what this image lacks: {error}; add it, or train again") from None


def read_model(root: Path, model: Champion, *, signed: bool) -> bytes:
    """A model's file, checked; `signed` is `training.sign`. If there is a key, a signature is required as well.

    Raises OtherScikitLearn, Unsigned, MissingInput when it is gone, NotPermitted for a file outside the data root, with
    another content than was promised, or with a wrong signature.
    """
    from importlib.metadata import version  # a run that finds nothing to do opens no model

    here = version("scikit-learn")
    if model.sklearn != here:
        raise OtherScikitLearn(
            f"{model.file}: must be from scikit-learn {here}, this image's, was written by {model.sklearn}; train "
            f"again with these images ({_again(model)}), or use the images of that time"
        )
    path = root / model.file
    if not path.resolve().is_relative_to(root.resolve()):
        raise NotPermitted(f"{model.file}: a model's file must lie below the data root {root}; run validate again")
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise MissingInput(
            f"{model.file}: the model of {model.day} is not there; bring it back, or train and validate again "
            f"(train --force --day {model.day}); a lost champion: validate rollback puts the one before in use"
        ) from None
    actual = hashlib.sha256(content).hexdigest()
    if actual != model.sha256:
        raise NotPermitted(
            f"{model.file}: must have sha256 {model.sha256}, got {actual}; it is not opened: bring the right file "
            f"back, or train and validate again"
        )
    if key := signing_key(demanded=signed):
        if model.signature is None:
            raise Unsigned(f"{model.file}: must be signed, is not; train again with the key: {_again(model)}")
        if not hmac.compare_digest(model.signature, signature(actual, key)):
            raise NotPermitted(f"{model.file}: its signature is of another key; it is not opened: {_again(model)}")
    return content


def _again(model: Champion) -> str:
    return f"train --force --day {model.day}, then validate --day {model.day}"
