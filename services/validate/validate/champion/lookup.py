"""Find the model that a person names: by training day, version, or the beginning of its sha256."""

from __future__ import annotations

from collections.abc import Iterable

from contract.errors import UsageError
from contract.models.champion import Champion

_LEAST_HASH = 8
"""Characters; a version has fewer, and a day has dashes."""


def look_up(to: str, models: Iterable[Champion], known_as: str) -> Champion:
    """The one of `models` that `to` names. Raises UsageError when it names none, or several that differ."""
    models = list(models)
    named = {model.sha256: model for model in reversed(models) if _is_named(model, to)}
    if len(named) > 1:
        # a registry that was reset counts from 1 again, and a day may be trained twice
        ways = " or ".join(f"{sha256[:12]} ({model.label})" for sha256, model in sorted(named.items()))
        raise UsageError(f"--to: {to} names {len(named)} models; name one by its sha256: {ways}")
    if not named:
        known = ", ".join(dict.fromkeys(model.label for model in models)) or "none yet"
        raise UsageError(
            f"--to: must be the version or the training day of {known_as} ({known}), or the beginning of its sha256, "
            f"got {to!r}"
        )
    (model,) = named.values()
    return model


def _is_named(model: Champion, to: str) -> bool:
    # a version also as tables and messages write it
    names = (model.version, f"v{model.version}", model.day, model.label)
    return to in names or (len(to) >= _LEAST_HASH and model.sha256.startswith(to))
