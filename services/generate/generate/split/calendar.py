"""The days of a column of dates."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from contract.texts.dates import EPOCHS, DateForm
from contract.texts.numbers import NumberForm
from contract.texts.values import as_text

Ordinals = npt.NDArray[np.int64]
"""Days as `date.toordinal` counts them."""

NO_DAY = 0
"""The ordinal of what has none."""
_EPOCH_DAY = date(1970, 1, 1).toordinal()
_FAR = 366
"""Days: dates that are so far from all others, and few, stand for no time at all (1900-01-01, 9999-12-31)."""
_FEW = 0.01
_TELLING = 28
"""Days: a weekday that has no row in four weeks has none."""


@dataclass(frozen=True)
class DayReader:
    """Reads the days of one column."""

    form: DateForm
    missing: Sequence[str]
    """Texts that stand for a missing value."""

    def days(self, column: pa.Array) -> Ordinals:
        """The day of each value in the form's time zone, NO_DAY for what is missing or no date.

        Raises DataError for a type that has no day in it.
        """
        if pa.types.is_temporal(column.type):
            moments = self.form.of_typed(column)
        else:
            texts = pc.utf8_trim_whitespace(as_text(column))
            gone = pc.is_in(texts, value_set=pa.array(self.missing, pa.string()))
            encoded = pc.if_else(gone, pa.scalar(None, pa.string()), texts).dictionary_encode()
            moments = self._moments(encoded.dictionary).take(encoded.indices)
        days = moments.cast(pa.date32(), safe=False).cast(pa.int32()).cast(pa.int64())
        ordinals = pc.add(days, _EPOCH_DAY).fill_null(NO_DAY)
        result: Ordinals = np.array(ordinals)
        return result

    def _moments(self, words: pa.Array) -> pa.Array:
        if self.form.format in EPOCHS:
            return self.form.of_epoch(NumberForm().plain(words).cast(pa.float64()))
        return self.form.moments(words)


class Calendar:
    """How many rows each day has."""

    def __init__(self) -> None:
        self.rows: Counter[int] = Counter()
        """How many rows each day has, by its ordinal."""
        self.undated = 0

    def add(self, days: Ordinals) -> None:
        """Count the next rows."""
        found, counts = np.unique(days, return_counts=True)
        self.rows.update(dict(zip(found.tolist(), counts.tolist(), strict=True)))
        self.undated += self.rows.pop(NO_DAY, 0)

    @property
    def total(self) -> int:
        """Rows that have a day."""
        return self.rows.total()

    def span(self) -> tuple[int, int]:
        """The first and the last day, without the few rows that are years away from all others.

        Raises ValueError where no row has a day.
        """
        days = sorted(self.rows)
        if not days:
            raise ValueError("no row has a day")
        few, most = _FEW * self.total, max(_FAR, self._core(days) / 2)
        while len(days) > 1 and days[1] - days[0] > most and self.rows[days[0]] <= few:
            days.pop(0)
        while len(days) > 1 and days[-1] - days[-2] > most and self.rows[days[-1]] <= few:
            days.pop()
        return days[0], days[-1]

    def _core(self, days: list[int]) -> int:
        """How many days there are between the few first rows and the few last ones."""
        before = np.cumsum([self.rows[day] for day in days])
        first, last = np.searchsorted(before, [_FEW * self.total, (1 - _FEW) * self.total])
        return int(days[last] - days[first])

    def gaps(self) -> int:
        """Days of the span that have no row."""
        first, last = self.span()
        return last - first + 1 - sum(first <= day <= last for day in self.rows)

    def weekdays(self) -> list[int]:
        """The days of the week that have rows, as `date.weekday` counts them; all where a few weeks cannot tell."""
        first, last = self.span()
        found = {(day - 1) % 7 for day in self.rows if first <= day <= last}
        return sorted(found) if last - first + 1 >= _TELLING else list(range(7))

    def in_parts(self, count: int) -> dict[int, int]:
        """Each day of the span to one of `count` parts, in the order of time, with about as many rows each.

        No part is empty. Raises ValueError where there are fewer days than parts.
        """
        first, last = self.span()
        days = [day for day in sorted(self.rows) if first <= day <= last]
        if len(days) < count:
            raise ValueError(f"{len(days)} different days")
        total, before, part = sum(self.rows[day] for day in days), 0, -1
        parts = {}
        for number, day in enumerate(days):
            middle = (before + self.rows[day] / 2) * count / total
            # every later part needs a day of its own, and none may be left out
            part = min(max(int(middle), count - (len(days) - number), part), part + 1)
            parts[day] = part
            before += self.rows[day]
        return parts
