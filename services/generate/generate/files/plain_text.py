"""Values with a type of their own as text, the way that a CSV file of the same source would have them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal


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
