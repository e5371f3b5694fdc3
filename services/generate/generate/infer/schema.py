"""Decide what a table's columns are, from what was seen in them. Tomorrow's honest values must pass."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from contract.errors import DataError, UsageError
from generate.infer.column_stats import ColumnStats
from generate.infer.types import names
from generate.infer.types.column_schema import ColumnSchema, column_of, group_column, key_column
from generate.infer.types.kinds import MOST_LEVELS, comes_back, identifies, numbers_rows
from generate.infer.types.missing import Missing, settle
from generate.infer.types.target import task_of

Task = Literal["binary", "multiclass", "regression"]


@dataclass(frozen=True)
class TableSchema:
    """What pipeline.toml will say about a table."""

    file: str
    rows: int
    key: str | None
    target: str
    task: Task
    positive: str | None
    columns: tuple[ColumnSchema, ...]
    max_rejected_fraction: float
    group: str | None = None
    """The column that says which entity a row belongs to, where several share one."""
    returning: str | None = None
    """Was the group and is a feature: whose a row is, where the same ones come back and their labels are alike."""
    maybe_groups: tuple[str, ...] = ()
    """Columns that may say it as well, or better."""
    repeated: int = 0
    """Rows whose features equal those of an earlier one, where nothing else says which rows belong together."""
    copies: int = 0
    """Rows that equal an earlier one in everything but the key, where no group says which rows belong together."""
    delivered_again: int = 0
    """Rows that a file before theirs has, too."""
    missing: Missing = field(default_factory=Missing)
    positives: int = 0
    """Rows of the positive class."""

    @property
    def features(self) -> tuple[str, ...]:
        """The columns that a model will see."""
        outside = (self.key, self.target)
        return tuple(column.name for column in self.columns if not column.ignored and column.name not in outside)

    @property
    def classes(self) -> tuple[str, ...]:
        """The target's values; none for a regression."""
        return tuple(self.column(self.target).settings.get("values", ()))

    @property
    def suspicions(self) -> tuple[tuple[str, str], ...]:
        """What a person should look at: a column's name (empty for the whole table), and what about it."""
        whole = [f"{note}: table.missing_values says so" for note in self.missing.notes]
        if self.delivered_again:
            whole.append(
                f"{self.delivered_again:,} rows equal one of an earlier file in everything: was a day delivered twice?"
            )
        if self.repeated:
            whole.append(f"{self.repeated:,} rows equal an earlier one in all features, and no key tells them apart")
        if self.copies:
            whole.append(
                f"{self.copies:,} rows equal an earlier one in everything but {self.key!r}: where they are copies "
                "of it, leave them out, or one trains and the other tests"
            )
        columns = [(column.name, suspicion) for column in self.columns for suspicion in column.suspicions]
        return (*(("", note) for note in whole), *columns)

    def column(self, name: str) -> ColumnSchema:
        """The column of that name."""
        return next(column for column in self.columns if column.name == name)


def infer_schema(
    file: str, columns: Sequence[ColumnStats], target: str, key: str | None, group: str | None = None
) -> TableSchema:
    """Raises DataError or UsageError when nothing can be predicted from the file."""
    by_name = {stats.name: stats for stats in columns}
    for option, name in (("--key", key), ("--group", group)):
        if name == target:
            raise UsageError(f"{option}: must differ from --target, got {name!r} twice")
    missing = settle(columns, target)
    others = [stats for stats in columns if stats.name != target]
    key = key if key is not None else _key(others)
    group, maybe = _groups(others, key, group)
    found = task_of(file, by_name[target])
    special = {target: found.column}
    if group is not None:
        special[group] = group_column(by_name[group])
    if key is not None:
        special[key] = key_column(by_name[key])
    schemas = tuple(special.get(stats.name) or _checked(column_of(stats), stats) for stats in columns)
    rows = columns[0].rows
    schema = TableSchema(
        file=file,
        rows=rows,
        key=key,
        target=target,
        task=found.task,
        positive=found.positive,
        columns=schemas,
        max_rejected_fraction=_rejected(rows, schemas, by_name, key, found.rejected),
        group=group,
        maybe_groups=maybe,
        missing=missing,
        positives=found.positives,
    )
    if not schema.features:
        raise DataError(
            f"{file}: must have a number, a category, a time or a text to predict {target!r} from, got none; "
            f"left out are: {'; '.join(f'{column.name!r} ({column.summary})' for column in schemas if column.ignored)}"
        )
    return schema


def _checked(column: ColumnSchema, stats: ColumnStats) -> ColumnSchema:
    if column.ignored or not names.is_id(stats.name) or column.settings["type"] == "datetime":
        return column
    doubt = "is named like an id, yet has few different values and is a feature: if it only names things, ignore it"
    return replace(column, suspicions=(*column.suspicions, doubt))


def _key(columns: Sequence[ColumnStats]) -> str | None:
    keys = sorted(
        (stats for stats in columns if identifies(stats)),
        key=lambda stats: (not names.is_id(stats.name), names.is_row_number(stats.name)),
    )
    return keys[0].name if keys else None


def _groups(columns: Sequence[ColumnStats], key: str | None, group: str | None) -> tuple[str | None, tuple[str, ...]]:
    """Whose a row is, and other columns that may say so.

    Taken is one that is named like it, of many things: a group that is none costs a little, one that is not seen makes
    each score too good. Others stay a question: few things may leave a part without any. A key that repeats says itself
    whose its rows are.
    """
    own = next((stats for stats in columns if stats.name == key), None)
    if own is not None and not identifies(own) and not numbers_rows(own):
        return group, ()
    several = [stats for stats in columns if comes_back(stats) and stats.name not in (key, group)]
    # of several the finest: what it keeps together, the others do as well where they nest
    several.sort(key=lambda stats: (not names.is_owner(stats.name), not names.is_id(stats.name), -stats.distinct))
    found = [stats.name for stats in several]
    named = [stats.name for stats in several if names.is_owner(stats.name) or names.is_id(stats.name)]
    enough = [stats.name for stats in several if stats.name in named and stats.distinct > MOST_LEVELS]
    if group is None and enough:
        group = enough[0]
        found.remove(group)
    return group, tuple(found)


def _rejected(
    rows: int, columns: Sequence[ColumnSchema], by_name: dict[str, ColumnStats], key: str | None, labels: int
) -> float:
    """Twice the share of rows that today's rules reject, at least the default: dirt does not come evenly."""
    strays = sum(column.rejected for column in columns)
    # a key that was given may repeat from day to day, which no day rejects
    own = by_name[key] if key is not None and identifies(by_name[key]) else None
    repeated = own.counted - own.distinct + own.missing if own is not None else 0
    return min(1.0, max(0.05, math.ceil(200 * (strays + repeated + labels) / max(rows, 1)) / 100))
