"""Values with a type of their own as text, the way that a CSV file of the same source would have them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal

_CYCLE = 400
"""Years after which the calendar repeats."""
_BEYOND = re.compile(r"(\d{4,5})(-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d{1,6})?[+-]\d\d(?::\d\d){0,2})( BC)?")


def plain_text(value: object, decimal: str = ".") -> str | None:
    """The text of one value; None for one that is missing. `decimal` is the mark of a fraction.

    Raises TypeError for what is no plain value: bytes, lists, structures, durations.
    """
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, datetime):
        return _in_utc(value).isoformat(sep=" ")
    if isinstance(value, float):
        # beyond 2^53 digits are lost: the exponent says so
        text = str(int(value)) if value.is_integer() and abs(value) < 2**53 else repr(value)
        return None if value != value else text.replace(".", decimal)  # noqa: PLR0124 - NaN
    if isinstance(value, Decimal):
        return format(value, "f").replace(".", decimal)  # without an exponent
    if isinstance(value, bytes | bytearray | memoryview | list | tuple | dict | set | timedelta):
        raise TypeError(type(value).__name__)
    return str(value)


def _in_utc(moment: datetime) -> datetime:
    """An instant by the one offset that never has seconds, as those before a zone's standard time have."""
    try:
        return moment if moment.tzinfo is None else moment.astimezone(UTC)
    except OverflowError:
        return moment


def beyond_python(moment: str) -> str:
    """What PostgreSQL writes of an instant in a year that Python has not: in UTC if that has the year, else as it is.

    The last moment of 9999 in UTC, which stands for no end, is one of 10000 in Tokyo.
    """
    if (match := _BEYOND.fullmatch(moment)) is None:
        return moment
    year = 1 - int(match[1]) if match[3] else int(match[1])
    moved = _CYCLE if match[3] else -_CYCLE
    try:
        there = datetime.fromisoformat(f"{year + moved:04}{match[2]}").astimezone(UTC)
        return there.replace(year=there.year - moved).isoformat(sep=" ")
    except ValueError:
        return moment
