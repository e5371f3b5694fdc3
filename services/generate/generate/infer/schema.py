"""Decide what a table's columns are, from what was seen in them. Tomorrow's honest values must pass."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from contract.errors import DataError, UsageError
from generate.infer.column_stats import ColumnStats

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
class ColumnSchema:
    """A column's table in pipeline.toml, and a summary of its values for the comment above it."""

    name: str
    settings: dict[str, Any]
    summary: str


@dataclass(frozen=True)
class TableSchema:
    """What pipeline.toml will say about a table."""

    file: str
    rows: int
    key: str | None
    target: str
    task: Literal["binary", "multiclass", "regression"]
    positive: str | None
    columns: tuple[ColumnSchema, ...]
    max_rejected_fraction: float

    @property
    def classes(self) -> tuple[str, ...]:
        """The target's values; none for a regression."""
        values = next(column for column in self.columns if column.name == self.target).settings.get("values", ())
        return tuple(values)


def infer_schema(file: str, columns: Sequence[ColumnStats], target: str, key: str | None) -> TableSchema:
    """Raises DataError or UsageError when nothing can be predicted from the file."""
    by_name = {stats.name: stats for stats in columns}
    if key == target:
        raise UsageError(f"--key: must differ from --target, got {key!r} twice")
    rows = columns[0].rows
    key = key if key is not None else _key([stats for stats in columns if stats.name != target])
    task, labels = _target(file, by_name[target])
    schemas = tuple(
        labels if stats.name == target else _key_column(stats) if stats.name == key else _column(stats)
        for stats in columns
    )
    if all(column.settings.get("role") == "ignore" or column.name == target for column in schemas):
        raise DataError(f"{file}: must have a number or a category to predict {target!r} from, got none")
    return TableSchema(
        file=file,
        rows=rows,
        key=key,
        target=target,
        task=task,
        positive=_positive(by_name[target]) if task == "binary" else None,
        columns=schemas,
        max_rejected_fraction=_rejected(rows, schemas, by_name, key),
    )


def _key(columns: Sequence[ColumnStats]) -> str | None:
    keys = sorted((stats for stats in columns if stats.identifies), key=lambda stats: not stats.is_named_id)
    return keys[0].name if keys else None


def _target(file: str, stats: ColumnStats) -> tuple[Literal["binary", "multiclass", "regression"], ColumnSchema]:
    if stats.distinct < 2 and not stats.free:
        raise DataError(
            f"{file}: column {stats.name!r} must have at least two different values to be predicted, "
            f"got {stats.distinct}"
        )
    whole = all(float(level).is_integer() for level in stats.levels) if stats.strays == 0 else False
    classes = MOST_CLASS_NUMBERS if whole else MOST_CLASSES
    numeric = stats.kind in ("integer", "number")
    if stats.distinct == 2 or (whole and stats.distinct <= classes) or not numeric:
        if stats.distinct > classes or stats.free:
            raise DataError(
                f"{file}: column {stats.name!r} must have at most {classes} different texts to be predicted, "
                f"got {'long texts' if stats.free else stats.distinct}; give another --target"
            )
        order = sorted(stats.levels, key=float if whole else str)
        counts = ", ".join(f"{level!r} in {stats.levels[level]:,} rows" for level in order[:10])
        counts += f" and {len(order) - 10} more" if len(order) > 10 else ""
        column = ColumnSchema(stats.name, {"type": "category", "values": order}, f"to predict: {counts}")
        return ("binary" if stats.distinct == 2 else "multiclass"), column
    column = _column(stats)
    return "regression", ColumnSchema(stats.name, column.settings, f"to predict; {column.summary}")


def _positive(stats: ColumnStats) -> str:
    """The class whose name says yes, or else the rarer one: mostly it is the event that matters."""
    affirmative = [level for level in stats.levels if level.lower() in POSITIVE]
    return affirmative[0] if len(affirmative) == 1 else min(sorted(stats.levels), key=lambda level: stats.levels[level])


def _key_column(stats: ColumnStats) -> ColumnSchema:
    repeated = stats.counted - stats.distinct
    summary = f"the key: {stats.distinct:,} distinct in {stats.counted:,} rows"
    if repeated:
        summary += "; of rows with the same key on one day only the first is kept"
    return ColumnSchema(stats.name, {"type": "text", "role": "ignore"}, summary)


def _column(stats: ColumnStats) -> ColumnSchema:
    summary = f"{stats.distinct:,}{'' if stats.counted == stats.given else ' or more'} distinct"
    if stats.missing:
        summary = f"{stats.missing:,} of {stats.rows:,} missing, {summary}"
    if not stats.given:
        return _ignored(stats, "text", "empty in every row")
    if stats.distinct == 1:
        return _ignored(stats, stats.kind, f"always {next(iter(stats.levels))!r}")
    if stats.kind == "datetime":
        return _ignored(stats, "datetime", f"{summary}; a model cannot use a time as it is")
    if stats.kind == "text":
        return _text(stats, summary)
    if stats.kind == "integer" and stats.is_named_id and stats.distinct > MOST_LEVELS:
        return _ignored(stats, "integer", f"{summary}; a number that names a thing says nothing about the next one")
    settings: dict[str, Any] = {"type": stats.kind}
    if stats.low >= 0:
        settings["min"] = 0
    if stats.kind == "integer" and stats.low == 0 and stats.high == 1:
        settings["max"] = 1
    summary += f", {stats.low:g} to {stats.high:g}"
    if stats.strays:
        summary += f"; {stats.strays:,} rows are rejected, they hold no number: {stats.odd!r}"
    return ColumnSchema(stats.name, settings, summary)


def _text(stats: ColumnStats, summary: str) -> ColumnSchema:
    if stats.free:
        return _ignored(stats, "text", "free text")
    if stats.distinct > MOST_LEVELS or stats.given < TYPICAL_ROWS * stats.distinct:
        return _ignored(stats, "text", f"{summary}; too many for a category")
    if stats.distinct > MOST_LISTED or min(stats.levels.values()) < TYPICAL_ROWS:
        rare = min(stats.levels, key=lambda level: (stats.levels[level], level))
        why = f"{rare!r} in only {stats.levels[rare]:,} rows: there may be more, so any value is allowed"
        return ColumnSchema(stats.name, {"type": "category"}, f"{summary}, {why}")
    return ColumnSchema(stats.name, {"type": "category", "values": sorted(stats.levels)}, summary)


def _ignored(stats: ColumnStats, kind: str, why: str) -> ColumnSchema:
    return ColumnSchema(stats.name, {"type": kind, "role": "ignore"}, why)


def _rejected(rows: int, columns: Sequence[ColumnSchema], by_name: dict[str, ColumnStats], key: str | None) -> float:
    """Twice the share of rows that today's rules reject, at least the default: dirt does not come evenly."""
    strays = sum(by_name[column.name].strays for column in columns if column.settings["type"] in ("number", "integer"))
    # a key that was given may repeat from day to day, which no day rejects
    repeated = by_name[key].counted - by_name[key].distinct if key is not None and by_name[key].identifies else 0
    return max(0.05, math.ceil(200 * (strays + repeated) / max(rows, 1)) / 100)
