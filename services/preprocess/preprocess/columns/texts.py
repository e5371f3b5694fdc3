"""Columns as text: what arrived as text, and what came with a type of its own."""

from __future__ import annotations

from functools import cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from contract.texts.values import as_text, canonical
from preprocess.columns.checked_column import CheckedColumn, mask, nulls, where

Words = tuple[str, ...]

_FALSE = ("false", "f", "no", "n", "off", "0")
_TRUE = ("true", "t", "yes", "y", "on", "1")
"""Words for a truth and its contrary, in lower case."""


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


def category(column: pa.Array, missing: Words, allowed: Words | None, *, closed: bool = True) -> CheckedColumn:
    """Texts as a dictionary<int32, string>: `allowed` in its order, or those that occur as they come.

    A value is the same however it is written (`contract.texts.values`); what is allowed is written as it is there.
    Not `closed`: others come behind them, each as its one text.
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
        code = pc.coalesce(pc.index_in(written, classes), _position(words, classes))
        if not closed and len(new := words.filter(pc.is_null(code)).unique().drop_null()):
            classes = pa.concat_arrays([classes, new])
            code = pc.coalesce(code, pc.index_in(words, classes))
    gone = nulls(words) & nulls(code)
    checked = CheckedColumn(pa.DictionaryArray.from_arrays(code, classes), gone)
    if allowed is not None and closed:
        checked = checked.breaking(f"not one of {_short(allowed)}", nulls(code) & ~gone)
    return checked.of(encoded.indices)


def known(words: pa.Array, missing: Words) -> pa.Array:
    """Canonical texts, null where one is the same value as one among `missing`."""
    return without(words, _canonical(missing))


@cache
def _canonical(words: Words) -> Words:
    return tuple(canonical(pa.array(words, pa.string())).to_pylist())


def _position(words: pa.Array, allowed: pa.Array) -> pa.Array:
    """Where canonical texts stand among those that are allowed, null where they do not.

    First as the same value; then, where the list is a truth and its contrary, as another word for one of the two; at
    last in upper or lower case, where one value alone is the same but for that.
    """
    same = canonical(allowed)
    code = pc.index_in(words, same)
    lower, listed = pc.utf8_lower(words), pc.utf8_lower(same)
    truths = _truths(listed).to_pylist()
    if sorted(map(str, truths)) == ["False", "True"]:
        code = pc.coalesce(code, pc.index_in(_truths(lower), pa.array(truths)))
    elif {"false", "true"} <= set(same.to_pylist()) or {"0", "1"} <= set(same.to_pylist()):
        code = pc.coalesce(code, _one_pair(words, same))
    if pc.count_distinct(listed).as_py() == len(listed):
        code = pc.coalesce(code, pc.index_in(lower, listed))
    return code


def _truths(lower: pa.Array) -> pa.Array:
    """Which truth a word in lower case is, null for another word."""
    place = pc.index_in(lower, pa.array([*_FALSE, *_TRUE]))
    return pc.greater_equal(place, len(_FALSE))


def _one_pair(words: pa.Array, same: pa.Array) -> pa.Array:
    """Beside other values, true and 1 are the same where only one of them is listed; so are false and 0."""
    code = pa.nulls(len(words), pa.int32())
    truths, digits = pa.array(["false", "true"]), pa.array(["0", "1"])
    for ours, theirs in ((truths, digits), (digits, truths)):
        listed = pc.all(pc.is_in(ours, value_set=same)).as_py()
        if listed and not pc.any(pc.is_in(theirs, value_set=same)).as_py():
            code = pc.coalesce(code, pc.index_in(ours.take(pc.index_in(words, theirs)), same))
    return code


def _short(words: Words) -> str:
    return ", ".join(words) if len(words) <= 6 else f"the {len(words)} values of pipeline.toml"
