"""The text of a value: a value has one, whatever type it came with and however it was written.

Keys, categories and classes are compared by it: `1000`, `1000.0` and a float 1000 are one key, `007` and `7` are two.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from contract.errors import DataError

_EXACT = {16: 2.0**11, 32: 2.0**24, 64: 2.0**53}
"""By the bits of a float: whole ones below it are exact; beyond it, two numbers that differ may have become one."""

_ZEROS = r"^(-?(?:0|[1-9]\d*)(?:\.\d*[1-9])?)\.?0*$"
_FRACTION = r"^-?(?:0|[1-9]\d*)\.\d*0$"
# with the sign and the two digits that programs write: 1e5 and 1e-5 may as well be parts of an address
_EXPONENT = r"^-?\d(?:\.\d+)?[eE][+-]\d\d$"
_TYPED_EXPONENT = r"^-?\d(?:\.\d+)?[eE][+-]\d\d?$"
_LOST = r"^-?\d{16,}\.0+$|" + _EXPONENT
_TIME = re.compile(r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d)(?::(\d\d)(?:\.(\d+))?)?(?: ?(Z|UTC|([+-])(\d\d):?(\d\d)?))?")
_CLOCK = r"^(\d\d:\d\d:\d\d(?:\.\d*[1-9])?)\.?0*$"
_CLOCK_ZEROS = r"^\d\d:\d\d:\d\d\.\d*0$"
_BLANKS = b" \t\n\v\f\r\x1c\x1d\x1e\x1f"
_TRUTHS = {"True": "true", "TRUE": "true", "False": "false", "FALSE": "false"}


def as_text(column: pa.Array) -> pa.Array:
    """The values as they are written, untrimmed.

    Whole floats lose their `.0`: a column of whole numbers becomes one of floats as soon as pandas
    saves it with a missing value, and its texts must not change by that. NaN is null.
    Raises DataError for types that have no text (lists, structures, bytes that are not UTF-8), or another one for each
    unit that they may be stored in (durations).
    """
    if pa.types.is_string(column.type):
        return column
    if pa.types.is_dictionary(column.type):
        return as_text(column.dictionary).take(column.indices)
    if pa.types.is_floating(column.type):
        return _float_text(column)
    try:
        if not pa.types.is_duration(column.type):
            return column.cast(pa.string())
        error: Exception | str = "its unit would be lost"
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as refusal:
        error = refusal
    raise DataError(f"type must be a number, a truth, a time or text, got {column.type} ({error})")


def canonical(column: pa.Array) -> pa.Array:
    """The one text of each value.

    Blanks around it are cut and characters composed (NFC). Zeros at the end of a fraction go (`3.0`, `1.10`), exponents
    that programs write are written out, `-0` is `0`, `True` and `TRUE` are `true`, midnight is its day, a time with a
    zone is that of UTC. Nothing else changes: not upper case, not zeros at the front. Raises DataError as `as_text`.
    """
    text = as_text(column)
    content = _content(text)
    # to look for a byte costs a hundredth of making the column again
    if not content.isascii() or any(blank in content for blank in _BLANKS):
        text = pc.utf8_trim_whitespace(text)
    if not content.isascii():
        text = _replaced(text, ~_true(pc.string_is_ascii(text)) & ~_null(text), _composed)
    if b"." in content:
        # first: it makes -0 from -0.0
        text = _replaced(text, _true(pc.match_substring_regex(text, _FRACTION)), _without_zeros)
    if _has(content, b"-0"):
        text = _replaced(text, _true(pc.equal(text, "-0")), _without_sign)
    exponent = _EXPONENT if pa.types.is_string(column.type) else _TYPED_EXPONENT
    if _has(content, b"e+", b"e-", b"E+", b"E-"):
        text = _replaced(text, _true(pc.match_substring_regex(text, exponent)), _written_out)
    if b":" in content:
        text = _replaced(text, _true(pc.match_substring_regex(text, f"^{_TIME.pattern}$")), _times)
        text = _replaced(text, _true(pc.match_substring_regex(text, _CLOCK_ZEROS)), _clocks)
    if _has(content, *map(str.encode, _TRUTHS)):
        text = _replaced(text, _true(pc.is_in(text, value_set=pa.array(_TRUTHS))), _truths)
    return text


def inexact(column: pa.Array) -> npt.NDArray[np.bool_]:
    """Which values were floats beyond 2^53 (of 32 bits: 2^24): without their last digits, two may be one."""
    if pa.types.is_dictionary(column.type):
        result: npt.NDArray[np.bool_] = np.append(inexact(column.dictionary), np.False_)[
            column.indices.fill_null(len(column.dictionary)).to_numpy()
        ]
        return result
    if pa.types.is_floating(column.type):
        return _true(pc.greater_equal(pc.abs(column.cast(pa.float64())), _EXACT[column.type.bit_width]))
    lost = np.zeros(len(column), dtype=bool)
    if pa.types.is_string(column.type):
        content = _content(column)
        if _has(content, b".0", b"e+", b"E+"):
            text = pc.utf8_trim_whitespace(column)
            rows = np.flatnonzero(_true(pc.match_substring_regex(text, _LOST)))
            floats = text.take(pa.array(rows)).cast(pa.float64())
            lost[rows] = _true(pc.greater_equal(pc.abs(floats), _EXACT[64]))
    return lost


def _float_text(column: pa.Array) -> pa.Array:
    # a float of 32 bits is written by its own digits: 1.1, not 1.10000002384
    written = column if pa.types.is_float32(column.type) else column.cast(pa.float64())
    values = written.cast(pa.float64()).fill_null(np.nan).to_numpy(zero_copy_only=False)
    whole = (np.floor(values) == values) & (np.abs(values) < 2**63)
    integers = pa.array(np.where(whole, values, 0).astype(np.int64)).cast(pa.string())
    text = pc.if_else(pa.array(whole), integers, written.cast(pa.string()))
    return pc.if_else(pa.array(~np.isnan(values)), text, pa.scalar(None, pa.string()))


def _replaced(text: pa.Array, rows: npt.NDArray[np.bool_], rule: Any) -> pa.Array:
    if not rows.any():
        return text
    chosen = pa.array(rows)
    return pc.replace_with_mask(text, chosen, rule(text.filter(chosen)))


def _composed(text: pa.Array) -> pa.Array:
    # not Arrow's utf8_normalize: asked for NFC it decomposes (pyarrow 25.0.1)
    return pa.array([unicodedata.normalize("NFC", word) for word in text.to_pylist()], pa.string())


def _without_zeros(text: pa.Array) -> pa.Array:
    return pc.replace_substring_regex(text, _ZEROS, r"\1")


def _without_sign(text: pa.Array) -> pa.Array:
    return pa.repeat("0", len(text))


def _written_out(text: pa.Array) -> pa.Array:
    return pa.array([_digits(word) for word in text.to_pylist()], pa.string())


def _digits(word: str) -> str:
    number = float(word)
    if number.is_integer():
        # as the float itself is written, where it has a type of its own
        return str(int(number)) if abs(number) < 2**64 else word
    return format(Decimal(word).normalize(), "f")


def _times(text: pa.Array) -> pa.Array:
    return pa.array([_TIME.sub(_time, word) for word in text.to_pylist()], pa.string())


def _time(match: re.Match[str]) -> str:
    day, minute, second, fraction, zone, sign, hours, minutes = match.groups()
    clock, parts = f"{minute}:{second or '00'}", (fraction or "").rstrip("0")
    if sign is not None:
        shift = timedelta(hours=int(hours), minutes=int(minutes or 0))
        try:
            moment = datetime.fromisoformat(f"{day} {clock}") - (shift if sign == "+" else -shift)
        except (ValueError, OverflowError):  # no such day, or none before it
            return match.group()
        day, clock = str(moment).split(" ")
    if zone is None and clock == "00:00:00" and not parts:
        return day
    return f"{day} {clock}{f'.{parts}' if parts else ''}{'Z' if zone else ''}"


def _clocks(text: pa.Array) -> pa.Array:
    return pc.replace_substring_regex(text, _CLOCK, r"\1")


def _truths(text: pa.Array) -> pa.Array:
    return pa.array([_TRUTHS[word] for word in text.to_pylist()], pa.string())


def _content(text: pa.Array) -> bytes:
    """All bytes of the texts, one after the other; more where they are a part of a longer column."""
    content = text.buffers()[2] if len(text) else None
    return content.to_pybytes() if content is not None else b""


def _has(content: bytes, *marks: bytes) -> bool:
    """Whether one of the marks is there. A byte is looked for a hundred times as fast as two of them in a row."""
    return any(all(byte in content for byte in set(mark)) and mark in content for mark in marks)


def _null(text: pa.Array) -> npt.NDArray[np.bool_]:
    return _true(text.is_null())


def _true(rows: Any) -> npt.NDArray[np.bool_]:
    result: npt.NDArray[np.bool_] = np.asarray(rows.fill_null(False), dtype=bool)  # noqa: FBT003 (positional in pyarrow)
    return result
