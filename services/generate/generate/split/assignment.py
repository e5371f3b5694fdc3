"""Which day each row of a table goes to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from hashlib import blake2b
from typing import Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from contract.config import Config
from contract.texts.values import canonical
from generate.split.calendar import NO_DAY, DayReader, Ordinals


class Assignment(Protocol):
    """A rule for the days of rows."""

    def days(self, rows: pa.RecordBatch) -> Ordinals:
        """The day of each row, NO_DAY for none."""


def expected_days(config: Config, count: int) -> list[int]:
    """The ordinals of the first so many days that data is expected of. Raises OverflowError beyond the calendar."""
    day, days = config.schedule.first_day, list[int]()
    while len(days) < count:
        if config.schedule.expects(day):
            days.append(day.toordinal())
        day += timedelta(days=1)
    return days


@dataclass(frozen=True)
class ByDate:
    """To the day that a column says."""

    column: str
    reader: DayReader

    def days(self, rows: pa.RecordBatch) -> Ordinals:
        """The day of each row, NO_DAY where its date cannot be read."""
        return self.reader.days(rows.column(self.column))


@dataclass(frozen=True)
class Within:
    """To the day that a column says, where that is between the first and the last that count."""

    by: ByDate
    first: int
    last: int

    def days(self, rows: pa.RecordBatch) -> Ordinals:
        """The day of each row, NO_DAY where its date cannot be read or is far from all others."""
        days = self.by.days(rows)
        days[(days < self.first) | (days > self.last)] = NO_DAY
        return days


@dataclass(frozen=True)
class InOrder:
    """To the days that data is expected of, in the order of a column's dates."""

    by: ByDate
    parts: dict[int, int]
    """Each day of the column, as the number of one of those days."""
    expected: Sequence[int]

    def days(self, rows: pa.RecordBatch) -> Ordinals:
        """The day of each row, NO_DAY where its date cannot be read or is far from all others."""
        found, places = np.unique(self.by.days(rows), return_inverse=True)
        days = [self.expected[self.parts[day]] if day in self.parts else NO_DAY for day in found.tolist()]
        return np.array(days, dtype=np.int64)[places]


@dataclass(frozen=True)
class ByHash:
    """To expected days, by a hash of the key, or else of all that is known about a row except its label.

    A row keeps its day whatever other rows, or its label, come; equal rows without a key share one.
    """

    config: Config
    expected: Sequence[int]

    def days(self, rows: pa.RecordBatch) -> Ordinals:
        """The day of each row."""
        key = self.config.table.key
        texts = self._content(rows) if key is None else canonical(rows.column(key))
        if key is not None and texts.null_count:
            texts = pc.coalesce(texts, self._content(rows))
        hashes = (int.from_bytes(blake2b(text.encode(), digest_size=8).digest()) for text in texts.to_pylist())
        return np.array([self.expected[number % len(self.expected)] for number in hashes], dtype=np.int64)

    def _content(self, rows: pa.RecordBatch) -> pa.Array:
        names = sorted(name for name in rows.schema.names if name != self.config.table.target)
        texts: Sequence[pa.Array] = [canonical(rows.column(name)) for name in names]
        return pc.binary_join_element_wise(*texts, "\x1f", null_handling="replace", null_replacement="\0")
