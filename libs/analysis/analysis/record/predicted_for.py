"""What a day's predictions answer, and by which model: light, for those who only decide whether to read them."""

from __future__ import annotations

from typing import Any

import msgspec

from contract.config import Config
from contract.datasets.dataset import Dataset
from contract.errors import DataError
from contract.models.champion import Champion


def predicted_for(config: Config) -> dict[str, Any]:
    """What predictions answer, and the key that they are found by, as the settings of their manifest keep it."""
    table = config.table
    return {
        "table": {"key": config.key, "target": table.target, "task": table.task, "positive": table.positive},
        "classes": config.columns[table.target].values,
    }


def predicted_by(predictions: Dataset) -> Champion:
    """The model that made them. Raises DataError where their manifest does not say."""
    try:
        return msgspec.convert(predictions.manifest.notes["champion"], Champion)
    except (KeyError, msgspec.ValidationError) as error:
        raise DataError(
            f"{name_of(predictions)}: its manifest must say which model predicted, notes.champion is not there or "
            f"another version's ({error}); {again(predictions)}"
        ) from None


def mismatch(predictions: Dataset, config: Config) -> str | None:
    """Why predictions answer another question than pipeline.toml asks, in words; None when it is the same."""
    then, now = predictions.manifest.settings, predicted_for(config)
    if "table" not in then:
        return f"{name_of(predictions)}: its manifest does not say what was predicted; {again(predictions)}"
    for setting, asked in now["table"].items():
        if (answered := then["table"].get(setting)) != asked:
            return (
                f"{name_of(predictions)}: was predicted with table.{setting} {answered or 'none'}, pipeline.toml has "
                f"{asked or 'none'}; give it back, or {again(predictions)}"
            )
    if set(then.get("classes") or ()) != set(now["classes"] or ()):
        return (
            f"{name_of(predictions)}: was predicted with the classes {', '.join(then.get('classes') or ())}, "
            f"columns.{config.table.target}.values has {', '.join(now['classes'] or ())}; give them back, or "
            f"{again(predictions)}"
        )
    return None


def again(predictions: Dataset) -> str:
    """The way out for predictions that cannot be used."""
    return f"predict the day again: run predict --day {predictions.path.name}"


def name_of(predictions: Dataset) -> str:
    """As messages name them."""
    return f"predictions/{predictions.path.name}"
