"""Columns of numbers, from text and from types of their own."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from contract.texts.numbers import NumberForm
from contract.texts.values import as_text, canonical
from preprocess.columns.checked_column import CheckedColumn, Mask, mask, nulls, where
from preprocess.columns.texts import Words, tidy, without

# sign and digits without leading zeros; a fraction of zeros is none
_WHOLE = r"^(?:\+|(-))?0*(\d+?)(?:\.0*)?$"
_MAX, _MIN = "9223372036854775807", "9223372036854775808"
PLAIN = NumberForm()
"""As programs write numbers: 12, -1.5, 1e3; no thousands marks, no decimal comma, no unit."""


def number(column: pa.Array, missing: Words, form: NumberForm = PLAIN) -> CheckedColumn:
    """Float64. Texts are numbers in the given form; what has a type of its own is what it is."""
    return _without_missing(_number(column, missing, form), missing, form)


def integer(column: pa.Array, missing: Words, form: NumberForm = PLAIN) -> CheckedColumn:
    """Int64. Floats and texts may have a fraction of zeros (12.0): tools add one to columns with gaps."""
    return _without_missing(_integer(column, missing, form), missing, form)


def _without_missing(checked: CheckedColumn, missing: Words, form: NumberForm) -> CheckedColumn:
    """Numbers that stand for a missing value, as -999 may, do so however they are written: -999.0, or a float."""
    numbers = _numbers_among(missing, form)
    if not len(numbers):
        return checked
    stand_in = mask(pc.is_in(checked.values, value_set=_of_type(numbers, checked.values.type)))
    return replace(checked, values=where(~stand_in, checked.values), gone=checked.missing | stand_in)


@cache
def _numbers_among(words: Words, form: NumberForm) -> pa.Array:
    texts = form.plain(pa.array(words, pa.string())).drop_null()
    return pc.unique(_number(texts, (), PLAIN).values).drop_null()


def _of_type(numbers: pa.Array, kind: pa.DataType) -> pa.Array:
    """The numbers that the type can hold, in that type."""
    if pa.types.is_floating(kind):
        return numbers
    return pa.array([int(value) for value in numbers.to_pylist() if value.is_integer() and abs(value) < 2**63], kind)


def _number(column: pa.Array, missing: Words, form: NumberForm) -> CheckedColumn:
    if _is_numeric(column.type):
        floats = column.cast(pa.float64(), safe=False)
        if _all_finite(floats):
            return CheckedColumn(floats)
        # a NaN that has a type of its own is how pandas and Parquet writers say missing
        gone = nulls(floats) | mask(pc.is_nan(floats))
        return _finite(floats, gone, np.zeros(len(floats), dtype=bool))
    form = form if pa.types.is_string(column.type) else PLAIN
    if form == PLAIN:
        try:
            # the whole column at once is several times faster than looking at each text first
            floats = without(as_text(column), missing).cast(pa.float64())
            if _all_finite(floats):
                return CheckedColumn(floats)
        except pa.ArrowInvalid:
            pass
    text = tidy(column, missing)
    floats = form.plain(text).cast(pa.float64())
    gone = nulls(text)
    return _finite(floats, gone, ~gone & (nulls(floats) | mask(pc.is_nan(floats))))


def _integer(column: pa.Array, missing: Words, form: NumberForm) -> CheckedColumn:
    if pa.types.is_floating(column.type):
        return _whole_floats(column.cast(pa.float64()))
    if pa.types.is_uint64(column.type):
        large = mask(pc.greater(column, pa.scalar(2**63 - 1, pa.uint64())))
        values = where(~large, column).cast(pa.int64())
        return CheckedColumn(values, nulls(column)).breaking("beyond 64 bits", large)
    if _is_numeric(column.type):
        return CheckedColumn(column.cast(pa.int64()))
    return _whole_texts(column, missing, form if pa.types.is_string(column.type) else PLAIN)


def _is_numeric(kind: pa.DataType) -> bool:
    # decimals go by their text: exact, and no type of Arrow's that a cast forgets
    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_boolean(kind))


def _all_finite(floats: pa.Array) -> bool:
    return pc.all(pc.is_finite(floats)).as_py() is not False  # None: there is no value at all


def _finite(floats: pa.Array, gone: Mask, unread: Mask) -> CheckedColumn:
    infinite = mask(pc.is_inf(floats))
    values = where(~(gone | unread | infinite), floats)
    return CheckedColumn(values, gone).breaking("not a number", unread).breaking("not finite", infinite)


def _whole_floats(floats: pa.Array) -> CheckedColumn:
    values = floats.fill_null(np.nan).to_numpy(zero_copy_only=False)
    gone, infinite = np.isnan(values), np.isinf(values)
    split = ~gone & ~infinite & (np.floor(values) != values)
    large = ~gone & ~infinite & ~split & ((values >= 2.0**63) | (values < -(2.0**63)))
    bad = gone | infinite | split | large
    whole = pa.array(np.where(bad, 0, values).astype(np.int64), mask=bad)
    return (
        CheckedColumn(whole, gone)
        .breaking("not finite", infinite)
        .breaking("not an integer", split)
        .breaking("beyond 64 bits", large)
    )


def _whole_texts(column: pa.Array, missing: Words, form: NumberForm) -> CheckedColumn:
    text = without(as_text(column), missing)
    # Arrow would read 0x1F as 31
    content = text.buffers()[2]
    if form == PLAIN and (content is None or b"x" not in content.to_pybytes().lower()):
        try:
            return CheckedColumn(text.cast(pa.int64()))
        except pa.ArrowInvalid:
            pass
    text = tidy(column, missing)
    gone = nulls(text)
    text = canonical(form.plain(text))
    whole = mask(pc.match_substring_regex(text, _WHOLE))
    plain = pc.replace_substring_regex(where(whole, text), _WHOLE, r"\1\2")
    digits = pc.utf8_ltrim(plain, "-")
    length = pc.utf8_length(digits)
    limit = pc.if_else(pc.starts_with(plain, "-"), _MIN, _MAX)
    fits = mask(pc.or_(pc.less(length, 19), pc.and_(pc.equal(length, 19), pc.less_equal(digits, limit))))
    return (
        CheckedColumn(where(fits, plain).cast(pa.int64()), gone)
        .breaking("not an integer", ~gone & ~whole)
        .breaking("beyond 64 bits", whole & ~fits)
    )
