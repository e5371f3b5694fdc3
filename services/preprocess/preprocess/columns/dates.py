"""Columns of dates and times: read by their format, as microseconds of the wall clock in `schedule.timezone`."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pyarrow as pa

from contract.texts.dates import EPOCHS, DateForm
from contract.texts.values import as_text
from preprocess.columns import numbers
from preprocess.columns.checked_column import CheckedColumn, nulls, where
from preprocess.columns.texts import Words, tidy


@dataclass(frozen=True)
class Dates:
    """How the dates of a column are read."""

    format: str
    timezone: str
    """The zone whose wall clock is kept of an instant; a time without an offset is taken as that clock's."""

    def read(self, column: pa.Array, missing: Words) -> CheckedColumn:
        """Timestamps of microseconds without a zone. Raises DataError for a type that has no day in it."""
        form = DateForm(self.format, self.timezone)
        if pa.types.is_temporal(column.type):
            return CheckedColumn(form.of_typed(column))
        if self.format in EPOCHS:
            return self._epoch(column, missing, form)
        texts = tidy(column, missing)
        # days repeat, and each is read once
        encoded = texts.dictionary_encode()
        words = encoded.dictionary
        moments = form.moments(words)
        rule = "YYYY-MM-DD, with or without a time" if self.format == "iso" else self.format
        checked = CheckedColumn(moments, nulls(words)).breaking(f"not a date as {rule}", nulls(moments))
        return checked.of(encoded.indices)

    def _epoch(self, column: pa.Array, missing: Words, form: DateForm) -> CheckedColumn:
        checked = numbers.number(column, missing)
        moments = form.of_epoch(checked.values)
        return replace(checked, values=moments, gone=checked.missing).breaking(
            f"no date between the years 1 and 9999 as {self.format}", nulls(moments) & ~nulls(checked.values)
        )


def as_written(column: pa.Array, checked: CheckedColumn) -> pa.Array:
    """The texts of the dates that could be read, as they came."""
    return where(~nulls(checked.values), as_text(column))
