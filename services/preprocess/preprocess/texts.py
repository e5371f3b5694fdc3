"""Columns as text: what arrived as text, and what came with a type of its own."""

from __future__ import annotations

from functools import cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from contract.value_text import as_text, canonical
from preprocess.checked_column import CheckedColumn, mask, nulls, where

Words = tuple[str, ...]


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
    truths, digits = pa.array(["false", "true"]), pa.array(["0", "1"])
    for ours, theirs in ((truths, digits), (digits, truths)):
        listed = pc.all(pc.is_in(ours, value_set=same)).as_py()
        if listed and not pc.any(pc.is_in(theirs, value_set=same)).as_py():
            code = pc.coalesce(code, pc.index_in(ours.take(pc.index_in(words, theirs)), same))
    return code


def _short(words: Words) -> str:
    return ", ".join(words) if len(words) <= 6 else f"the {len(words)} values of pipeline.toml"
