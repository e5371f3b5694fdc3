"""From the files of an inbox to processed rows, row by row: what generate and preprocess must come to."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import pandas as pd
from plain import arrivals, values
from plain.settings import Settings


class Refusal(Exception):
    """A step must end with a code, for a reason."""

    def __init__(self, code: int, why: str) -> None:
        super().__init__(f"{code}: {why}")
        self.code = code


@dataclass(frozen=True)
class Raw:
    """What generate has brought in."""

    data: pd.DataFrame
    """All rows, with `_file`."""
    key: str
    labels: pd.DataFrame | None = None
    """Key and target of each label, in the order in which they came; None before the first one."""
    asked: frozenset[tuple[str | None, str]] = frozenset()
    """By which key, and for which target, the rows were read, and the labels."""
    labels_asked: frozenset[tuple[str | None, str]] = frozenset()
    """The same of the labels alone."""
    left_out: frozenset[tuple[str, str]] = frozenset()
    """Files, by name and content, whose labels are of another key or target."""


@dataclass(frozen=True)
class Day:
    """A processed day."""

    rows: pd.DataFrame
    """Key, features, slices that no model sees, target (where labels are there at all), group, split."""
    rejected: int
    settings: Settings
    labelled: bool
    """It has a column of labels."""
    identity: str = ""
    """Of what the product has written: rows that come again are other ones."""
    source: str = ""
    """The same of the rows that it was made from, without their labels."""

    def as_read(self, settings: Settings) -> str:
        """By which it is told whether each row is still in the part that it was in."""
        return self.source if settings.stays else self.identity


def generate(
    inbox: Path, settings: Settings, earlier: Raw | None, asked: frozenset[tuple[str | None, str]] = frozenset()
) -> Raw:
    """The rows and labels of the files of a day; `asked`: by which keys and for which targets any day has been read."""
    key, target = settings.key or "row_key", settings.target
    left_out = set()
    files = sorted(path for path in inbox.glob("*") if path.suffix in (".csv", ".parquet"))
    data, found, number = [], [], 1
    for path in files:
        frame = arrivals.read(path)
        alone = settings.key is not None and set(frame.columns) == {key, target}
        if not alone:
            needed = [*([settings.key] if settings.key else []), *settings.features]
            if lacking := [name for name in needed if name not in frame.columns]:
                file = path.name, sha256(path.read_bytes()).hexdigest()
                if (earlier is not None and file in earlier.left_out) or of_before(frame, settings, asked):
                    left_out.add(file)
                    continue
                raise Refusal(65, f"{path.name} lacks {lacking}")
            if settings.key is None:
                frame = frame.assign(row_key=[f"{inbox.name}-{number + row}" for row in range(len(frame))])
                number += len(frame)
            data.append(frame.drop(columns=target, errors="ignore"))
        if target in frame.columns:
            given = [values.identity(value, words_of(settings)) is not None for value in frame[target]]
            found.append(frame.loc[given, [key, target]])
    if not data:
        raise Refusal(66, "no file with rows")
    labels = pd.concat(found, ignore_index=True) if found else pd.DataFrame()
    if labels.empty and settings.key is None and earlier is not None and earlier.labels is not None:
        raise Refusal(65, "numbered rows come again without the labels that they had")
    now = frozenset({(settings.key, target)})
    labels_asked, kept = now, labels
    if labels.empty:
        labels_asked, kept = (frozenset(), None) if earlier is None else (earlier.labels_asked, earlier.labels)
    rows = pd.concat(data, ignore_index=True)
    return Raw(rows, key, kept, now | labels_asked, labels_asked, frozenset(left_out))


def of_before(frame: pd.DataFrame, settings: Settings, asked: frozenset[tuple[str | None, str]]) -> bool:
    """Whether a file has nothing but labels by a key, or of a target, that was asked for before."""
    there, now = set(frame.columns), {settings.key or "row_key", settings.target}
    return not now <= there and any(
        key is not None and {key, target} <= there and not there & set(settings.kept) - {key, target}
        for key, target in asked
        if {key, target} != now
    )


def words_of(settings: Settings) -> tuple[str, ...]:
    """What stands for a missing value."""
    return (*values.MISSING, *settings.missing)


def checked(value: Any, column: dict[str, Any], settings: Settings, *, label: bool = False) -> Any:
    """A value as its column's type has it, None where it is missing. Raises values.Broken."""
    words = words_of(settings)
    if column["type"] == "text":
        return values.identity(value, words)
    if column["type"] == "category":
        allowed = column.get("values")
        return values.category(value, words, None if allowed is None else tuple(allowed), closed=label)
    found = values.integer(value, words) if column["type"] == "integer" else values.number(value, words)
    if found is not None and found < column.get("min", found):
        raise values.Broken("below")
    return found


def preprocess(raw: Raw | None, settings: Settings, day: str) -> Day:
    """The rows that stay, and how many do not."""
    if raw is None:
        raise Refusal(66, "no raw data")
    key, target, words = settings.key or "row_key", settings.target, words_of(settings)
    group = settings.group or settings.key
    needed = [name for name in (key, group, *settings.features) if name is not None]
    if lacking := [name for name in needed if name not in raw.data.columns]:
        raise Refusal(65, f"raw data lacks {lacking}")
    labels = None
    if raw.labels is not None:
        if not {key, target} <= set(raw.labels.columns):
            raise Refusal(65, f"labels are {list(raw.labels.columns)}")
        labels = labels_of(raw.labels, settings)
    kept: list[dict[str, Any]] = []
    seen: set[str] = set()
    for _, cells in raw.data.iterrows():
        name = values.identity(cells[key], words)
        row, label = row_of(cells, settings), None if labels is None else labels.get(name)
        if name is None or name in seen or row is None or label is BAD:
            seen |= {name} - {None}
            continue
        seen.add(name)
        features = {column: row[column] for column in settings.features}
        others = {column: row[column] for column in settings.kept}
        kept.append({key: name} | others | ({} if labels is None else {target: label}))
        kept[-1]["_group"] = group_of(name, cells, features, settings)
    fitting = labels and {values.identity(value, words) for value in raw.data[key]} & set(labels)
    if labels and not fitting:
        raise Refusal(65, "no label fits a row")
    total = len(raw.data)
    if total - len(kept) > 0.6 * total or not kept:
        raise Refusal(65, f"{total - len(kept)} of {total} rows are rejected")
    rows = pd.DataFrame(kept, dtype=object)
    rows["split"] = ["test" if values.is_test(one, settings.test_fraction) else "train" for one in rows["_group"]]
    return Day(rows, total - len(kept), settings, labels is not None)


def row_of(cells: Any, settings: Settings) -> dict[str, Any] | None:
    """The values of a row but its label; None when one breaks a rule."""
    names = [name for name in cells.index if not name.startswith("_") and name not in ("row_key", settings.target)]
    try:
        return {name: checked(cells[name], settings.column_of(name), settings) for name in names}
    except values.Broken:
        return None


BAD = object()
"""A label that breaks a rule."""


def labels_of(frame: pd.DataFrame, settings: Settings) -> dict[str, Any]:
    """The first label of each key."""
    column, found = settings.column_of(settings.target), {}
    for _, cells in frame.iterrows():
        name = values.identity(cells.iloc[0], words_of(settings))
        try:
            label = checked(cells.iloc[1], column, settings, label=True)
        except values.Broken:
            label = BAD
        if name is not None and label is not None:
            found.setdefault(name, label)
    return found


def group_of(key: str, cells: Any, features: dict[str, Any], settings: Settings) -> int:
    """The number of the entity that a row is of."""
    content = values.content_text(features)
    if settings.group is not None:
        name = values.identity(cells[settings.group], words_of(settings))
        if name is not None:
            return values.hash_of(name)
    return values.hash_of(content if settings.key is None else key)
