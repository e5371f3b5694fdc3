"""Columns as text: what arrived as text, and what came with a type of its own."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from contract.errors import DataError
from preprocess.checked_column import CheckedColumn, mask, nulls, where

Words = tuple[str, ...]

_DATE = (
    r"^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])"
    r"(?:[T ](?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:[.,]\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?$"
)


def as_text(column: pa.Array) -> pa.Array:
    """The values as they are written, untrimmed.

    Whole floats lose their `.0`: a column of whole numbers becomes one of floats as soon as pandas
    saves it with a missing value, and its texts must not change by that. NaN is null.
    Raises DataError for types that have no text (lists, structures, bytes that are not UTF-8).
    """
    if pa.types.is_floating(column.type):
        return _float_text(column.cast(pa.float64()))
    try:
        return column.cast(pa.string())
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise DataError(f"type must be a number, a truth, a time or text, got {column.type} ({error})") from None


def tidy(column: pa.Array, missing: Words) -> pa.Array:
    """Texts without the blanks around them; null where they stand for a missing value."""
    return without(pc.utf8_trim_whitespace(as_text(column)), missing)


def without(text: pa.Array, missing: Words) -> pa.Array:
    """Texts, null where one is among `missing`."""
    longest = pa.scalar(max((len(word.encode()) for word in missing), default=0), pa.int32())
    # lengths are at hand, while looking a text up costs as much as reading it
    short = np.flatnonzero(mask(pc.less_equal(pc.binary_length(text), longest)))
    stays = np.ones(len(text), dtype=bool)
    stays[short] = ~mask(pc.is_in(text.take(pa.array(short)), value_set=pa.array(missing, pa.string())))
    return where(stays, text)


def text(column: pa.Array, missing: Words) -> CheckedColumn:
    """Any text."""
    return CheckedColumn(tidy(column, missing))


def category(column: pa.Array, missing: Words, allowed: Words | None) -> CheckedColumn:
    """Texts as a dictionary<int32, string>: `allowed` in its order, or those that occur as they come."""
    # texts are made, and blanks cut, once for each different value, not for each row
    encoded = (column if pa.types.is_integer(column.type) else as_text(column)).dictionary_encode()
    different = tidy(encoded.dictionary, missing)
    known = pa.array(allowed, pa.string()) if allowed is not None else different.unique().drop_null()
    code = pc.index_in(different, known)
    checked = CheckedColumn(pa.DictionaryArray.from_arrays(code, known), nulls(different))
    if allowed is not None:
        checked = checked.breaking(f"not one of {_short(allowed)}", nulls(code) & ~nulls(different))
    return checked.of(encoded.indices)


def date(column: pa.Array, missing: Words) -> CheckedColumn:
    """Dates and times: of a type of their own, or text as ISO 8601 writes them."""
    if pa.types.is_temporal(column.type):
        return CheckedColumn(column)
    values = tidy(column, missing)
    gone = nulls(values)
    # the pattern lets 30 February pass; read and written again it is another day
    days = pc.utf8_slice_codeunits(values, 0, len("YYYY-MM-DD"))
    exists = pc.equal(pc.strftime(pc.strptime(days, "%Y-%m-%d", "s", error_is_null=True), "%Y-%m-%d"), days)
    good = pc.and_kleene(pc.match_substring_regex(values, _DATE), exists.fill_null(False))  # noqa: FBT003 (positional in pyarrow)
    good = np.asarray(pc.or_kleene(good, pc.is_null(values)), dtype=bool)
    return CheckedColumn(where(good, values), gone).breaking("not a date as YYYY-MM-DD, with or without a time", ~good)


def _float_text(column: pa.Array) -> pa.Array:
    values = column.fill_null(np.nan).to_numpy(zero_copy_only=False)
    whole = (np.floor(values) == values) & (np.abs(values) < 2**63)
    integers = pa.array(np.where(whole, values, 0).astype(np.int64)).cast(pa.string())
    return where(~np.isnan(values), pc.if_else(pa.array(whole), integers, column.cast(pa.string())))


def _short(values: Words) -> str:
    return ", ".join(values) if len(values) <= 6 else f"the {len(values)} values of pipeline.toml"
