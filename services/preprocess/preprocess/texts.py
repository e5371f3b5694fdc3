"""Columns as text: what arrived as text, and what came with a type of its own."""

from __future__ import annotations

from functools import cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from contract.value_text import as_text, canonical
from preprocess.checked_column import CheckedColumn, mask, nulls, where

Words = tuple[str, ...]

_LISTED = ("false", "f", "0"), ("true", "t", "1")
"""What two classes may be called, in any case, that are a truth and its contrary."""
_WRITTEN = ("false", "f", "F", "0"), ("true", "t", "T", "1")
"""How databases and programs write these."""

_DATE = (
    r"^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])"
    r"(?:[T ](?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:[.,]\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?$"
)


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


def key(column: pa.Array, missing: Words) -> CheckedColumn:
    """The one text of each value."""
    return CheckedColumn(known(canonical(column), missing))


def category(column: pa.Array, missing: Words, allowed: Words | None) -> CheckedColumn:
    """Texts as a dictionary<int32, string>: `allowed` in its order, or those that occur as they come.

    A value is the same however it is written (`contract.value_text`); what is allowed is written as it is there.
    """
    # texts are made, and blanks cut, once for each different value, not for each row
    encoded = (column if pa.types.is_integer(column.type) else as_text(column)).dictionary_encode()
    written = tidy(encoded.dictionary, missing)
    # from the column's own type: how a float of one digit is written out depends on it
    words = known(where(~nulls(written), canonical(encoded.dictionary)), missing)
    if allowed is None:
        classes = words.unique().drop_null()
        code = pc.index_in(words, classes)
    else:
        classes = pa.array(allowed, pa.string())
        code = _position(written, words, classes)
    gone = nulls(words) & nulls(code)
    checked = CheckedColumn(pa.DictionaryArray.from_arrays(code, classes), gone)
    if allowed is not None:
        checked = checked.breaking(f"not one of {_short(allowed)}", nulls(code) & ~gone)
    return checked.of(encoded.indices)


def known(words: pa.Array, missing: Words) -> pa.Array:
    """Canonical texts, null where one is the same value as one among `missing`."""
    return without(words, _canonical(missing))


@cache
def _canonical(words: Words) -> Words:
    return tuple(canonical(pa.array(words, pa.string())).to_pylist())


def _position(written: pa.Array, words: pa.Array, allowed: pa.Array) -> pa.Array:
    """Where words stand among those that are allowed: as they are written, else as the same value, else as a truth."""
    same = canonical(allowed)
    code = pc.coalesce(pc.index_in(written, allowed), pc.index_in(words, same))
    listed = _truths(pc.utf8_lower(same), *_LISTED)
    if sorted(listed.drop_null().to_pylist()) == [0, 1]:
        code = pc.coalesce(code, pc.index_in(_truths(words, *_WRITTEN), listed))
    return code


def _truths(words: pa.Array, false: Words, true: Words) -> pa.Array:
    """1 for a word of truth, 0 for one of its contrary; null for any other."""
    word = pc.index_in(words, pa.array([*false, *true]))
    return pc.greater_equal(word, len(false)).cast(pa.int8())


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


def _short(words: Words) -> str:
    return ", ".join(words) if len(words) <= 6 else f"the {len(words)} values of pipeline.toml"
