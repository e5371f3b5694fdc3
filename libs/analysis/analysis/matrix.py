"""Rows as an estimator wants them, made as train's `prepare` steps say, but without touching a word per row.

What a fitted encoder does to a word is asked once for each different word; the rows then only look it up. The numbers
are those that scikit-learn's own `transform` gives for the same rows as a data frame.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from itertools import chain
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import sparse
from sklearn.compose import ColumnTransformer
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, OrdinalEncoder

from analysis.rows import Categorical, Columns

Array = np.ndarray[Any, Any]

WORDS, NUMBERS = "words", "numbers"
"""The two parts of train's `prepare`, in the order of their output."""
BLOCK_ROWS = 32_768
"""Prepared at once: what is computed on the way stays small beside the result."""


def frame(columns: Columns) -> pd.DataFrame:
    """The columns as any scikit-learn model takes them: float64, or words as objects; NaN where missing."""
    arrays = {name: each.objects() if isinstance(each, Categorical) else each for name, each in columns.items()}
    # a Series each: from a bare array pandas would guess a text type of its own
    return pd.DataFrame({name: pd.Series(each, dtype=each.dtype) for name, each in arrays.items()}, copy=False)


def parts(model: Any) -> tuple[Any | None, Any]:
    """What prepares the rows, if anything does, and the estimator that gets them."""
    return (model[:-1], model[-1]) if isinstance(model, Pipeline) and len(model) > 1 else (None, model)


def ready(prepare: Any | None, columns: Columns) -> Any:
    """All rows as the estimator gets them."""
    if prepare is None:
        return frame(columns)
    step = prepare[0] if isinstance(prepare, Pipeline) and len(prepare) == 1 else None
    return matrix(step, columns) if is_ours(step) else prepare.transform(frame(columns))


def is_ours(step: Any) -> bool:
    """Whether train made this step: words by an encoder, numbers as they are or by a pipeline of their own."""
    if not isinstance(step, ColumnTransformer):
        return False
    names = [name for name, part, _ in step.transformers_ if not isinstance(part, str) or part != "drop"]
    return names == [WORDS, NUMBERS] and isinstance(_inner(step, WORDS), OneHotEncoder | OrdinalEncoder)


def matrix(
    step: ColumnTransformer, columns: Columns, rows: Array | None = None, dtype: npt.DTypeLike = np.float64
) -> Any:
    """The rows numbered in `rows`, or all, as the fitted `step` transforms them.

    Codes of words: a data frame with the names that it gives, column by column in memory. Else rows x features, dense
    or sparse as the encoder is. Raises TypeError for words where the training had numbers, or the other way round.
    """
    (_, _, words), (_, _, numbers), *_ = step.transformers_
    encoder, count = _inner(step, WORDS), len(next(iter(columns.values())))
    chosen = np.arange(count) if rows is None else rows
    if isinstance(encoder, OrdinalEncoder):
        return _coded(encoder, words, numbers, columns, chosen, dtype)
    outputs = _outputs(encoder, words, columns)
    width = sum(_widths(encoder)) if len(words) else 0
    blocks = _blocks(step, numbers, columns, chosen, dtype)
    if encoder.sparse_output:
        pieces = [
            sparse.hstack([_sparse(outputs, words, columns, here, width, dtype), sparse.csr_matrix(block)], "csr")
            for here, block in blocks
        ]
        return sparse.vstack(pieces, "csr")
    return _dense(outputs, words, columns, len(chosen), width, blocks, dtype)


def _coded(
    encoder: OrdinalEncoder,
    words: list[str],
    numbers: list[str],
    columns: Columns,
    chosen: Array,
    dtype: npt.DTypeLike,
) -> pd.DataFrame:
    made = np.empty((len(chosen), len(words) + len(numbers)), dtype, order="F")
    if len(words):
        # by column, the code of each word; the last one (so the one at -1) is that of a missing value
        codes = np.asarray(_asked(encoder, words, columns))
        for place, name in enumerate(words):
            made[:, place] = codes[:, place][_as_categorical(columns[name]).codes[chosen]]
    for place, name in enumerate(numbers, len(words)):
        made[:, place] = _values(columns[name])[chosen]
    return pd.DataFrame(made, columns=[*words, *numbers], copy=False)


def _dense(
    outputs: list[Array],
    words: list[str],
    columns: Columns,
    rows: int,
    width: int,
    blocks: Iterator[tuple[Array, Array]],
    dtype: npt.DTypeLike,
) -> Array:
    first, start = next(blocks), 0
    made = np.zeros((rows, width + first[1].shape[1]), dtype)
    for here, block in chain([first], blocks):
        target = made[start : start + len(here)]
        for name, output in zip(words, outputs, strict=True):
            place = output[_as_categorical(columns[name]).codes[here]]
            known = np.flatnonzero(place >= 0)
            target[known, place[known]] = 1
        target[:, width:] = block
        start += len(here)
    return made


def _blocks(
    step: ColumnTransformer, numbers: list[str], columns: Columns, chosen: Array, dtype: npt.DTypeLike
) -> Iterator[tuple[Array, Array]]:
    """Row numbers, and their numbers as the step makes them."""
    inner = _inner(step, NUMBERS)
    # without any row there is still a width
    for start in range(0, max(len(chosen), 1), BLOCK_ROWS):
        here = chosen[start : start + BLOCK_ROWS]
        plain = np.empty((len(here), len(numbers)))
        for place, name in enumerate(numbers):
            plain[:, place] = _values(columns[name])[here]
        asis = inner == "passthrough" or isinstance(inner, FunctionTransformer)
        if asis or not len(numbers):
            yield here, plain.astype(dtype, copy=False)
        elif not len(here):
            yield here, inner.transform(pd.DataFrame([[0.0] * len(numbers)], columns=numbers))[:0]
        else:
            made = inner.transform(pd.DataFrame(plain, columns=numbers, copy=False))
            yield here, np.asarray(made, dtype)


def _inner(step: ColumnTransformer, name: str) -> Any:
    """A part without what keeps it from being fitted again."""
    found = step.named_transformers_[name]
    return getattr(found, "estimator", found)


@lru_cache(maxsize=8)
def _told(encoder: Any, names: tuple[str, ...], words: tuple[tuple[str, ...], ...]) -> Any:
    """What an encoder makes of each word of each column, in the order of its places; the last row is a missing value.

    Kept, since one batch after the other has the same words.
    """
    rows = max(map(len, words)) + 1
    padded = {
        name: pd.Series([*each, *[float("nan")] * (rows - len(each))], dtype=object)
        for name, each in zip(names, words, strict=True)
    }
    return encoder.transform(pd.DataFrame(padded))


def _asked(encoder: Any, words: list[str], columns: Columns) -> Any:
    return _told(encoder, tuple(words), tuple(tuple(_as_categorical(columns[name]).categories) for name in words))


def _outputs(encoder: OneHotEncoder, words: list[str], columns: Columns) -> list[Array]:
    """By column, the output that each word switches on; -1 for none. The last one is that of a missing value."""
    if not len(words):
        return []
    told = sparse.csr_matrix(_asked(encoder, words, columns))
    found = np.full((len(words), told.shape[0]), -1, dtype=np.intp)
    ends = np.cumsum(_widths(encoder))
    rows = np.repeat(np.arange(told.shape[0]), np.diff(told.indptr))
    found[np.searchsorted(ends, told.indices, side="right"), rows] = told.indices
    return list(found)


def _widths(encoder: OneHotEncoder) -> list[int]:
    """Outputs by column: one for each category, of which rare ones share the last."""
    rare = getattr(encoder, "infrequent_categories_", [None] * len(encoder.categories_))
    return [
        len(all_of) - (len(few) - 1 if few is not None else 0)
        for all_of, few in zip(encoder.categories_, rare, strict=True)
    ]


def _sparse(
    outputs: list[Array], words: list[str], columns: Columns, here: Array, width: int, dtype: npt.DTypeLike
) -> sparse.csr_matrix:
    switched = np.full((len(here), len(words)), -1, dtype=np.int32)
    for place, (name, output) in enumerate(zip(words, outputs, strict=True)):
        switched[:, place] = output[_as_categorical(columns[name]).codes[here]]
    known = switched >= 0
    ends = np.concatenate([[0], np.cumsum(known.sum(axis=1))])
    return sparse.csr_matrix((np.ones(ends[-1], dtype), switched[known], ends), shape=(len(here), width))


def _as_categorical(column: Array | Categorical) -> Categorical:
    if not isinstance(column, Categorical):
        raise TypeError("must be words as in the training, got numbers")
    return column


def _values(column: Array | Categorical) -> Array:
    if isinstance(column, Categorical):
        first = next(iter(column.categories), "words")
        raise TypeError(f"must be numbers as in the training, got {first!r}")
    return column
