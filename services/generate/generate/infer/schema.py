"""Decide what a table's columns are, from what was seen in them. Tomorrow's honest values must pass."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from contract.errors import DataError, UsageError
from generate.infer.column_stats import MOST_LEVELS, ColumnStats

MOST_CLASSES = 50
MOST_CLASS_NUMBERS = 20
"""A whole-number target with more different values is a quantity."""
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
    group: str | None = None
    """Whose a row is, where several are of one."""
    maybe_groups: tuple[str, ...] = ()
    """Columns that may say it as well, or better."""
    repeated: int = 0
    """Rows whose features equal those of an earlier one, where nothing else says which rows belong together."""

    @property
    def features(self) -> tuple[str, ...]:
        """The columns that a model will see."""
        outside = (self.key, self.target)
        return tuple(
            column.name
            for column in self.columns
            if column.settings.get("role") != "ignore" and column.name not in outside
        )

    @property
    def classes(self) -> tuple[str, ...]:
        """The target's values; none for a regression."""
        values = next(column for column in self.columns if column.name == self.target).settings.get("values", ())
        return tuple(values)


def infer_schema(
    file: str, columns: Sequence[ColumnStats], target: str, key: str | None, group: str | None = None
) -> TableSchema:
    """Raises DataError or UsageError when nothing can be predicted from the file."""
    by_name = {stats.name: stats for stats in columns}
    for option, name in (("--key", key), ("--group", group)):
        if name == target:
            raise UsageError(f"{option}: must differ from --target, got {name!r} twice")
    rows = columns[0].rows
    key = key if key is not None else _key([stats for stats in columns if stats.name != target])
    group, maybe = _groups([stats for stats in columns if stats.name != target], key, group)
    task, labels = _target(file, by_name[target])
    special = {target: labels}
    if group is not None:
        special[group] = _group_column(by_name[group])
    if key is not None:
        special[key] = _key_column(by_name[key])
    schemas = tuple(special.get(stats.name) or _column(stats) for stats in columns)
    schema = TableSchema(
        file=file,
        rows=rows,
        key=key,
        target=target,
        task=task,
        positive=_positive(by_name[target]) if task == "binary" else None,
        columns=schemas,
        max_rejected_fraction=_rejected(rows, schemas, by_name, key),
        group=group,
        maybe_groups=maybe,
    )
    if not schema.features:
        raise DataError(f"{file}: must have a number or a category to predict {target!r} from, got none")
    return schema


def _key(columns: Sequence[ColumnStats]) -> str | None:
    named = [stats for stats in columns if stats.identifies and stats.name.strip()]  # pandas' index has no name
    keys = sorted(named, key=lambda stats: not stats.is_named_id)
    return keys[0].name if keys else None


def _groups(columns: Sequence[ColumnStats], key: str | None, group: str | None) -> tuple[str | None, tuple[str, ...]]:
    """Whose a row is, and other columns that may say so.

    Taken is one that is named like it, of many things: a group that is none costs a little, one that is not seen makes
    each score too good. Others stay a question: few things may leave a part without any. A key that repeats says itself
    whose its rows are.
    """
    own = next((stats for stats in columns if stats.name == key), None)
    if own is not None and not own.identifies:
        return group, ()
    several = [stats for stats in columns if stats.returns and stats.name not in (key, group)]
    # of several the finest: what it keeps together, the others do as well where they nest
    several.sort(key=lambda stats: (not stats.is_named_owner, not stats.is_named_id, -stats.distinct))
    names = [stats.name for stats in several]
    named = [stats.name for stats in several if stats.is_named_owner or stats.is_named_id]
    enough = [stats.name for stats in several if stats.name in named and stats.distinct > MOST_LEVELS]
    if group is None and enough:
        group = enough[0]
        names.remove(group)
    return group, tuple(names)


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


def _group_column(stats: ColumnStats) -> ColumnSchema:
    summary = f"whose a row is: {stats.distinct:,} in {stats.counted:,} rows"
    return ColumnSchema(stats.name, {"type": stats.kind, "role": "ignore"}, summary)


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
