"""What the good rows look like, column by column, gathered batch by batch."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

TOP = 50
"""Categories that a profile names."""
TRACKED = 10_000
"""Different categories that are counted one by one; later newcomers go to `other`, so that memory stays flat."""
_FIRST, _LAST = (np.datetime64(end) for end in ("0001-01-01T00:00:00.000000", "9999-12-31T23:59:59.999999"))


class Profile:
    """The statistics of the columns of a dataset's rows."""

    def __init__(self) -> None:
        self.rows = 0
        self._columns: dict[str, _Numbers | _Categories | _Dates | _Texts] = {}

    def add(self, rows: pa.RecordBatch, names: list[str], texts: Collection[str] = ()) -> None:
        """Take in the named columns of more rows; those in `texts` are told by their lengths, not by their words."""
        self.rows += rows.num_rows
        for name in names:
            column = rows.column(name)
            if name not in self._columns:
                self._columns[name] = _Texts() if name in texts else _kind(column.type)()
            self._columns[name].add(column)

    def missing(self) -> dict[str, int]:
        """Missing values by column."""
        return {name: column.missing for name, column in self._columns.items()}

    def categories(self, name: str) -> dict[str, int]:
        """The rows of each category of a column; of the most frequent ones where there are many."""
        column = self._columns.get(name)
        return column.to_builtins()["categories"] if isinstance(column, _Categories) else {}

    def new_words(self, name: str, known: Collection[str]) -> dict[str, int]:
        """The rows of each category that is not among the known ones, the most frequent first."""
        column = self._columns.get(name)
        return column.without(known) if isinstance(column, _Categories) else {}

    def to_builtins(self) -> dict[str, Any]:
        """Everything, as profile.json writes it."""
        return {"rows": self.rows, "columns": {name: column.to_builtins() for name, column in self._columns.items()}}


class _Numbers:
    """Count, range and moments; batches are joined by Chan's formula, which does not lose digits."""

    def __init__(self) -> None:
        self.count = self.missing = 0
        self._min, self._max, self._mean, self._squares = math.inf, -math.inf, 0.0, 0.0

    def add(self, column: pa.Array) -> None:
        self.missing += column.null_count
        if not (count := len(column) - column.null_count):
            return
        floats = column.cast(pa.float64(), safe=False)
        mean = pc.mean(floats).as_py()
        # the mean in place of missing values changes neither the range nor the squares
        values: npt.NDArray[np.float64] = floats.fill_null(mean).to_numpy()
        total, apart = self.count + count, mean - self._mean
        self._squares += float(np.square(values - mean).sum()) + apart * apart * self.count * count / total
        self._mean += apart * count / total
        self.count = total
        self._min, self._max = min(self._min, float(values.min())), max(self._max, float(values.max()))

    def to_builtins(self) -> dict[str, Any]:
        moments = {
            "min": self._min,
            "max": self._max,
            "mean": self._mean,
            "std": math.sqrt(self._squares / self.count) if self.count else math.nan,
        }
        # 12 digits: the last ones depend on the processor's way of adding up
        rounded = {name: float(f"{value:.12g}") if self.count else None for name, value in moments.items()}
        return {"kind": "number", "count": self.count, "missing": self.missing, **rounded}


class _Dates:
    """Count, the earliest and the latest."""

    def __init__(self) -> None:
        self.count = self.missing = 0
        self._ends: list[int] = []

    def add(self, column: pa.Array) -> None:
        self.missing += column.null_count
        self.count += len(column) - column.null_count
        # by the clock of Tokyo the last second of 9999 in UTC is one of the year 10000, which Python has not
        since = pc.min_max(column.cast(pa.timestamp("us")).cast(pa.int64())).as_py()
        ends = [*self._ends, *(end for end in since.values() if end is not None)]
        self._ends = [min(ends), max(ends)] if ends else []

    def to_builtins(self) -> dict[str, Any]:
        within = np.clip(np.array(self._ends, "datetime64[us]"), _FIRST, _LAST).tolist()
        ends: list[str | None] = [end.isoformat(" ") for end in within]
        earliest, latest = ends or [None, None]
        return {
            "kind": "datetime",
            "count": self.count,
            "missing": self.missing,
            "earliest": earliest,
            "latest": latest,
        }


class _Texts:
    """Count, and how many characters they have."""

    def __init__(self) -> None:
        self._characters = _Numbers()

    @property
    def missing(self) -> int:
        return self._characters.missing

    def add(self, column: pa.Array) -> None:
        self._characters.add(pc.utf8_length(column))

    def to_builtins(self) -> dict[str, Any]:
        own = self._characters.to_builtins()
        names = ("min", "max", "mean")
        return {
            "kind": "text",
            "count": own["count"],
            "missing": own["missing"],
            "characters": {name: own[name] for name in names},
        }


class _Categories:
    """Count of each category."""

    def __init__(self) -> None:
        self.count = self.missing = 0
        self._counts: Counter[str] = Counter()

    def add(self, column: pa.Array) -> None:
        self.missing += column.null_count
        self.count += len(column) - column.null_count
        encoded = column if pa.types.is_dictionary(column.type) else column.dictionary_encode()
        categories = encoded.dictionary.to_pylist()
        counts = np.bincount(encoded.indices.fill_null(len(categories)), minlength=len(categories))
        for category, count in zip(categories, counts.tolist(), strict=False):
            if count and (category in self._counts or len(self._counts) < TRACKED):
                self._counts[category] += count

    def without(self, known: Collection[str]) -> dict[str, int]:
        others = [(category, count) for category, count in self._counts.items() if category not in known]
        return dict(sorted(others, key=lambda item: (-item[1], item[0])))

    def to_builtins(self) -> dict[str, Any]:
        top = dict(sorted(self._counts.items(), key=lambda item: (-item[1], item[0]))[:TOP])
        return {
            "kind": "category",
            "count": self.count,
            "missing": self.missing,
            "different": len(self._counts),
            "categories": top,
            "other": self.count - sum(top.values()),
        }


def _kind(type_: pa.DataType) -> type[_Numbers | _Dates | _Categories]:
    if pa.types.is_timestamp(type_):
        return _Dates
    return _Numbers if pa.types.is_integer(type_) or pa.types.is_floating(type_) else _Categories
