"""Dates and times as people write them, as microseconds of the wall clock in `schedule.timezone`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from contract.config.when import FORMS, is_of_weeks
from contract.errors import DataError

_MOMENT = pa.timestamp("us")
_EXCEL = "excel_days"
"""Days of the wall clock since 1899-12-30, as spreadsheets count them."""
EPOCHS = {"epoch_s": 1_000_000, "epoch_ms": 1_000, "epoch_us": 1, "epoch_ns": 0.001, _EXCEL: 86_400_000_000}
"""Microseconds of a unit."""
_EXCELS_DAY = -2_209_161_600_000_000
_ISO = (
    r"^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])"
    r"(?:[T ](?:[01]\d|2[0-3])(?::[0-5]\d(?::[0-5]\d(?:[.,]\d+)?)?)?(?:Z|[+-](?:[01]\d|2[0-3])(?::?[0-5]\d)?)?)?$"
)
_ZONE = r"[T ].*(?:Z|[+-]\d\d(?::?\d\d)?)$"
_FRACTION = r"[.,](\d{1,6})\d*"
"""Of a second; what is finer than a microsecond goes."""
_PACKED = re.compile(r"(\d*(?:%[YymdHIMSj]\d*){2,}|%j)(%f)?")
"""Numbers of so many digits: strptime takes 2024112 for 2 November, 2024-12 for 12 January, for %f a second's digit."""
_OLDEST = pa.scalar(datetime(1000, 1, 1), _MOMENT)  # noqa: DTZ001 (a wall clock)
"""strptime takes 11.5.24 for the year 24 where a format has four digits."""
_STRPTIMES_DAY = -2_208_988_800_000_000
"""1 January 1900 in microseconds since 1970: the day of a time of day alone."""
_FIRST, _LAST = -62_135_596_800_000_000, 253_402_300_799_999_999
"""The years 1 to 9999 in microseconds since 1970."""


@dataclass(frozen=True)
class DateForm:
    """How the dates of a column are written."""

    format: str
    """Of strptime, "iso", one of EPOCHS, or several of the first two with FORMS between them."""
    timezone: str
    """The zone whose wall clock is kept of an instant; a time without an offset is taken as that clock's."""

    def moments(self, words: pa.Array) -> pa.Array:
        """Texts without blanks around them as timestamps of microseconds without a zone; null for what is no date.

        Not for an epoch, which is a number.
        """
        first, several, others = self.format.partition(FORMS)
        if several:
            moments = DateForm(first, self.timezone).moments(words)
            return pc.coalesce(moments, DateForm(others, self.timezone).moments(_where(moments.is_null(), words)))
        if self.format == "iso":
            return self._iso(words)
        for run, fraction in _PACKED.findall(self.format):
            whole = len(run) + 2 * run.count("Y") + run.count("j")
            digits = f"{whole + 1},{whole + 6}" if fraction else whole
            words = _where(pc.match_substring_regex(words, rf"(?:^|\D)\d{{{digits}}}(?:\D|$)"), words)
        moments = self._by_format(words)
        return _where(pc.greater_equal(moments, _OLDEST), moments)

    def of_typed(self, column: pa.Array) -> pa.Array:
        """Dates, timestamps and times of day as those of `moments`. Raises DataError for a type of something else."""
        if pa.types.is_time(column.type):
            since = column.cast(pa.time64("us"), safe=False).cast(pa.int64())
            return pc.add(since, pa.scalar(_STRPTIMES_DAY, pa.int64())).cast(_MOMENT)
        if not (pa.types.is_date(column.type) or pa.types.is_timestamp(column.type)):
            raise DataError(f"type must have a day in it, got {column.type}")
        if pa.types.is_timestamp(column.type) and column.type.tz is not None:
            return self._clock(column.cast(pa.timestamp("us", "UTC"), safe=False))
        return column.cast(_MOMENT, safe=False)

    def of_epoch(self, numbers: pa.Array) -> pa.Array:
        """Numbers (float64) of EPOCHS as those of `moments`; null outside the years 1 to 9999."""
        floats = numbers.fill_null(0.0).to_numpy() * EPOCHS[self.format]
        if self.format == _EXCEL:  # a fraction of a day has no more than milliseconds
            floats = np.round(floats, -3) + _EXCELS_DAY
        within = (floats >= _FIRST) & (floats <= _LAST)
        instants = pa.array(np.where(within, np.rint(floats), 0).astype(np.int64)).cast(pa.timestamp("us", "UTC"))
        clock = instants.cast(_MOMENT) if self.format == _EXCEL else self._clock(instants)
        return _where(pc.and_(pa.array(within), numbers.is_valid()), clock)

    def _iso(self, words: pa.Array) -> pa.Array:
        try:
            return words.cast(_MOMENT)
        except pa.ArrowInvalid:
            pass
        # the pattern lets 30 February pass; read and written again it is another day
        days = pc.utf8_slice_codeunits(words, 0, len("YYYY-MM-DD"))
        exists = pc.equal(pc.strftime(pc.strptime(days, "%Y-%m-%d", "s", error_is_null=True), "%Y-%m-%d"), days)
        words = _where(pc.and_(pc.match_substring_regex(words, _ISO), exists), words)
        words = pc.replace_substring_regex(words, _FRACTION, r".\1")
        zoned = pc.match_substring_regex(words, _ZONE)
        instants = self._clock(_where(zoned, words).cast(pa.timestamp("us", "UTC")))
        return pc.coalesce(_where(pc.invert(zoned), words).cast(_MOMENT), instants)

    def _by_format(self, words: pa.Array) -> pa.Array:
        if "%Z" in self.format:  # a name, of which these two say the offset everywhere
            named = pc.replace_substring_regex(words, r"\b(?:UTC|GMT)\b", "+0000")
            return DateForm(self.format.replace("%Z", "%z"), self.timezone).moments(named)
        if is_of_weeks(self.format):
            mondays = pc.binary_join_element_wise(words, "1", " ")
            return DateForm(f"{self.format} %u", self.timezone).moments(mondays)
        if "%p" in self.format:
            words = pc.replace_substring_regex(words, r"(?i)([ap])\.[ \x{a0}]?m\.?", r"\1m")
        if "%z" in self.format:  # (CET), as mails and browsers say besides
            words = pc.replace_substring_regex(words, r" ?\([^()]*\)$", "")
        parsed = pc.strptime(words, self.format, "s", error_is_null=True)
        good = pa.array(np.zeros(len(words), dtype=bool))
        if pa.types.is_timestamp(parsed.type) and parsed.type.tz is None:
            # written again a day that there is not (30 February) is another one, and so is what Arrow left unread
            written = pc.strftime(parsed, self.format)
            good = pc.equal(_plain(written), _plain(words)).fill_null(False)  # noqa: FBT003 (positional in pyarrow)
        moments = _where(good, parsed.cast(_MOMENT))
        rest = pc.and_(pc.invert(good), words.is_valid())
        if not pc.any(rest).as_py():
            return moments
        read = pa.array([self._by_python(word) for word in words.filter(rest).to_pylist()], _MOMENT)
        return pc.replace_with_mask(moments, rest, read)

    def _by_python(self, word: str) -> datetime | None:
        """What Arrow's strptime does not know: fractions of a second, days of the year, zones by offset."""
        try:
            moment = datetime.strptime(word, self.format)  # noqa: DTZ007 (a wall clock, unless the word says more)
            if moment.tzinfo is None:
                return moment
            clock: datetime = self._clock(pa.array([moment], pa.timestamp("us", "UTC")))[0].as_py()
        except (ValueError, OverflowError):  # the last hour of 9999 is of the year 10000 further east
            return None
        return clock

    def _clock(self, instants: pa.Array) -> pa.Array:
        if self.timezone == "UTC":
            return instants.cast(_MOMENT)
        return pc.local_timestamp(instants.cast(pa.timestamp("us", self.timezone)))


def _where(rows: Any, values: pa.Array) -> pa.Array:
    """The values of some rows, null for the others."""
    return pc.if_else(rows, values, pa.scalar(None, values.type))


def _plain(words: pa.Array) -> pa.Array:
    """In lower case and without zeros before a number, which may be written or not."""
    return pc.replace_substring_regex(pc.utf8_lower(words), r"\b0+(\d)", r"\1")
