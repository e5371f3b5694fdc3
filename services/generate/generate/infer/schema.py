"""Decide what a table's columns are, from what was seen in them. Tomorrow's honest values must pass."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from contract.errors import DataError, UsageError
from generate.infer.column_stats import Look

MOST_CLASSES = 50
MOST_CLASS_NUMBERS = 20
"""A whole-number target with more different values is a quantity."""
MOST_LEVELS = 50
MOST_LISTED = 20
"""A category with more levels will have new ones: any value is allowed."""
TYPICAL_ROWS = 5
"""Per level: with fewer the levels are names, not kinds; a level with fewer is no proof that all were seen."""
POSITIVE = ("yes", "y", "true", "t", "1", "1.0", "positive", "pos")


@dataclass(frozen=True)
class DraftColumn:
    """A column's table in pipeline.toml and what was seen, for the comment above it."""

    name: str
    settings: dict[str, Any]
    seen: str


@dataclass(frozen=True)
class Draft:
    """What pipeline.toml will say about a table."""

    file: str
    rows: int
    key: str | None
    target: str
    task: Literal["binary", "multiclass", "regression"]
    positive: str | None
    columns: tuple[DraftColumn, ...]
    max_rejected_fraction: float

    @property
    def classes(self) -> tuple[str, ...]:
        """The target's values; none for a regression."""
        values = next(each for each in self.columns if each.name == self.target).settings.get("values", ())
        return tuple(values)


def decide(file: str, looks: Sequence[Look], target: str, key: str | None) -> Draft:
    """Raises DataError or UsageError when nothing can be predicted from the file."""
    by_name = {look.name: look for look in looks}
    if key == target:
        raise UsageError(f"--key: must differ from --target, got {key!r} twice")
    rows = looks[0].rows
    key = key if key is not None else _key([look for look in looks if look.name != target])
    task, labels = _target(file, by_name[target])
    columns = tuple(
        labels if look.name == target else _key_column(look) if look.name == key else _column(look) for look in looks
    )
    if all(each.settings.get("role") == "ignore" or each.name == target for each in columns):
        raise DataError(f"{file}: must have a number or a category to predict {target!r} from, got none")
    return Draft(
        file=file,
        rows=rows,
        key=key,
        target=target,
        task=task,
        positive=_positive(by_name[target]) if task == "binary" else None,
        columns=columns,
        max_rejected_fraction=_rejected(rows, columns, by_name, key),
    )


def _key(looks: Sequence[Look]) -> str | None:
    found = sorted((look for look in looks if look.identifies), key=lambda look: not look.is_named_id)
    return found[0].name if found else None


def _target(file: str, look: Look) -> tuple[Literal["binary", "multiclass", "regression"], DraftColumn]:
    if look.distinct < 2 and not look.free:
        raise DataError(
            f"{file}: column {look.name!r} must have at least two different values to be predicted, got {look.distinct}"
        )
    whole = all(float(level).is_integer() for level in look.levels) if look.strays == 0 else False
    classes = MOST_CLASS_NUMBERS if whole else MOST_CLASSES
    numeric = look.kind in ("integer", "number")
    if look.distinct == 2 or (whole and look.distinct <= classes) or not numeric:
        if look.distinct > classes or look.free:
            raise DataError(
                f"{file}: column {look.name!r} must have at most {classes} different texts to be predicted, "
                f"got {'long texts' if look.free else look.distinct}; give another --target"
            )
        order = sorted(look.levels, key=float if whole else str)
        counts = ", ".join(f"{level!r} in {look.levels[level]:,} rows" for level in order[:10])
        counts += f" and {len(order) - 10} more" if len(order) > 10 else ""
        column = DraftColumn(look.name, {"type": "category", "values": order}, f"to predict: {counts}")
        return ("binary" if look.distinct == 2 else "multiclass"), column
    column = _column(look)
    return "regression", DraftColumn(look.name, column.settings, f"to predict; {column.seen}")


def _positive(look: Look) -> str:
    """The class whose name says yes, or else the rarer one: mostly it is the event that matters."""
    said = [level for level in look.levels if level.lower() in POSITIVE]
    return said[0] if len(said) == 1 else min(sorted(look.levels), key=lambda level: look.levels[level])


def _key_column(look: Look) -> DraftColumn:
    repeated = look.counted - look.distinct
    seen = f"the key: {look.distinct:,} distinct in {look.counted:,} rows"
    if repeated:
        seen += "; of rows with the same key on one day only the first is kept"
    return DraftColumn(look.name, {"type": "text", "role": "ignore"}, seen)


def _column(look: Look) -> DraftColumn:
    seen = f"{look.distinct:,}{'' if look.counted == look.given else ' or more'} distinct"
    if look.missing:
        seen = f"{look.missing:,} of {look.rows:,} missing, {seen}"
    if not look.given:
        return _ignored(look, "text", "empty in every row")
    if look.distinct == 1:
        return _ignored(look, look.kind, f"always {next(iter(look.levels))!r}")
    if look.kind == "datetime":
        return _ignored(look, "datetime", f"{seen}; a model cannot use a time as it is")
    if look.kind == "text":
        return _text(look, seen)
    if look.kind == "integer" and look.is_named_id and look.distinct > MOST_LEVELS:
        return _ignored(look, "integer", f"{seen}; a number that names a thing says nothing about the next one")
    settings: dict[str, Any] = {"type": look.kind}
    if look.low >= 0:
        settings["min"] = 0
    if look.kind == "integer" and look.low == 0 and look.high == 1:
        settings["max"] = 1
    seen += f", {look.low:g} to {look.high:g}"
    if look.strays:
        seen += f"; {look.strays:,} rows are rejected, they hold no number: {look.odd!r}"
    return DraftColumn(look.name, settings, seen)


def _text(look: Look, seen: str) -> DraftColumn:
    if look.free:
        return _ignored(look, "text", "free text")
    if look.distinct > MOST_LEVELS or look.given < TYPICAL_ROWS * look.distinct:
        return _ignored(look, "text", f"{seen}; too many for a category")
    if look.distinct > MOST_LISTED or min(look.levels.values()) < TYPICAL_ROWS:
        rare = min(look.levels, key=lambda level: (look.levels[level], level))
        why = f"{rare!r} in only {look.levels[rare]:,} rows: there may be more, so any value is allowed"
        return DraftColumn(look.name, {"type": "category"}, f"{seen}, {why}")
    return DraftColumn(look.name, {"type": "category", "values": sorted(look.levels)}, seen)


def _ignored(look: Look, kind: str, why: str) -> DraftColumn:
    return DraftColumn(look.name, {"type": kind, "role": "ignore"}, why)


def _rejected(rows: int, columns: Sequence[DraftColumn], looks: dict[str, Look], key: str | None) -> float:
    """Twice the share of rows that today's rules reject, at least the default: dirt does not come evenly."""
    strays = sum(looks[each.name].strays for each in columns if each.settings["type"] in ("number", "integer"))
    # a key that was given may repeat from day to day, which no day rejects
    repeated = looks[key].counted - looks[key].distinct if key is not None and looks[key].identifies else 0
    return max(0.05, math.ceil(200 * (strays + repeated) / max(rows, 1)) / 100)
