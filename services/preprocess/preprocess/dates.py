"""Columns of dates and times: read by their format, as microseconds of the wall clock in `schedule.timezone`."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from contract.errors import DataError
from contract.value_text import as_text
from preprocess import numbers
from preprocess.checked_column import CheckedColumn, mask, nulls, where
from preprocess.texts import Words, tidy

_KIND = pa.timestamp("us")
_ISO = (
    r"^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])"
    r"(?:[T ](?:[01]\d|2[0-3])(?::[0-5]\d(?::[0-5]\d(?:[.,]\d+)?)?)?(?:Z|[+-](?:[01]\d|2[0-3])(?::?[0-5]\d)?)?)?$"
)
_ZONE = r"[T ].*(?:Z|[+-]\d\d(?::?\d\d)?)$"
_FRACTION = r"[.,](\d{1,6})\d*"
"""Of a second; what is finer than a microsecond goes."""
_EPOCHS = {"epoch_s": 1_000_000, "epoch_ms": 1_000}
"""Microseconds of a unit."""
_FIRST, _LAST = -62_135_596_800_000_000, 253_402_300_799_999_999
"""The years 1 to 9999 in microseconds since 1970."""


@dataclass(frozen=True)
class Dates:
    """How the dates of a column are read."""

    format: str
    timezone: str
    """Whose wall clock is kept of an instant; what has no offset is taken for that clock's."""

    def read(self, column: pa.Array, missing: Words) -> CheckedColumn:
        """Timestamps of microseconds without a zone. Raises DataError for a type that has no day in it."""
        if pa.types.is_temporal(column.type):
            return self._typed(column)
        if self.format in _EPOCHS:
            return self._epoch(column, missing)
        texts = tidy(column, missing)
        # days repeat, and each is read once
        encoded = texts.dictionary_encode()
        words = encoded.dictionary
        if self.format == "iso":
            moments, rule = self._iso(words), "not a date as YYYY-MM-DD, with or without a time"
        else:
            moments, rule = self._by_format(words), f"not a date as {self.format}"
        return CheckedColumn(moments, nulls(words)).breaking(rule, nulls(moments)).of(encoded.indices)

    def _typed(self, column: pa.Array) -> CheckedColumn:
        if not (pa.types.is_date(column.type) or pa.types.is_timestamp(column.type)):
            raise DataError(f"type must have a day in it, got {column.type}")
        if pa.types.is_timestamp(column.type) and column.type.tz is not None:
            return CheckedColumn(self._clock(column.cast(pa.timestamp("us", "UTC"), safe=False)))
        return CheckedColumn(column.cast(_KIND, safe=False))

    def _epoch(self, column: pa.Array, missing: Words) -> CheckedColumn:
        checked, unit = numbers.number(column, missing), _EPOCHS[self.format]
        floats = checked.values.fill_null(0.0).to_numpy() * unit
        beyond = ~((floats >= _FIRST) & (floats <= _LAST))
        instants = pa.array(np.where(beyond, 0, np.rint(floats)).astype(np.int64)).cast(pa.timestamp("us", "UTC"))
        values = where(~beyond & ~nulls(checked.values), self._clock(instants))
        return replace(checked, values=values, gone=checked.missing).breaking(
            f"no date between the years 1 and 9999 as {self.format}", beyond
        )

    def _iso(self, words: pa.Array) -> pa.Array:
        try:
            return words.cast(_KIND)
        except pa.ArrowInvalid:
            pass
        # the pattern lets 30 February pass; read and written again it is another day
        days = pc.utf8_slice_codeunits(words, 0, len("YYYY-MM-DD"))
        exists = pc.equal(pc.strftime(pc.strptime(days, "%Y-%m-%d", "s", error_is_null=True), "%Y-%m-%d"), days)
        good = mask(pc.match_substring_regex(words, _ISO)) & mask(exists)
        words = pc.replace_substring_regex(where(good, words), _FRACTION, r".\1")
        zoned = mask(pc.match_substring_regex(words, _ZONE))
        instants = self._clock(where(zoned, words).cast(pa.timestamp("us", "UTC")))
        return pc.coalesce(where(~zoned, words).cast(_KIND), instants)

    def _by_format(self, words: pa.Array) -> pa.Array:
        parsed = pc.strptime(words, self.format, "s", error_is_null=True)
        if pa.types.is_timestamp(parsed.type) and parsed.type.tz is None:
            # written again a day that there is not (30 February) is another one, and so is what Arrow left unread
            good = mask(pc.equal(_plain(pc.strftime(parsed, self.format)), _plain(words)))
        else:
            good = np.zeros(len(words), dtype=bool)
        moments = where(good, parsed.cast(_KIND))
        rest = np.flatnonzero(~good & ~nulls(words))
        if not len(rest):
            return moments
        read = pa.array([self._by_python(word) for word in words.take(pa.array(rest)).to_pylist()], _KIND)
        return pc.replace_with_mask(moments, pa.array(~good & ~nulls(words)), read)

    def _by_python(self, word: str) -> datetime | None:
        """What Arrow's strptime does not know: fractions of a second, days of the year, zones by offset."""
        try:
            moment = datetime.strptime(word, self.format)  # noqa: DTZ007 (a wall clock, unless the word says more)
        except ValueError:
            return None
        if moment.tzinfo is None:
            return moment
        clock: datetime = self._clock(pa.array([moment], pa.timestamp("us", "UTC")))[0].as_py()
        return clock

    def _clock(self, instants: pa.Array) -> pa.Array:
        if self.timezone == "UTC":
            return instants.cast(_KIND)
        return pc.local_timestamp(instants.cast(pa.timestamp("us", self.timezone)))


def as_written(column: pa.Array, checked: CheckedColumn) -> pa.Array:
    """The texts of the dates that could be read, as they came."""
    return where(~nulls(checked.values), as_text(column))


def _plain(words: pa.Array) -> pa.Array:
    """In lower case and without zeros before a number, which may be written or not."""
    return pc.replace_substring_regex(pc.utf8_lower(words), r"\b0+(\d)", r"\1")
