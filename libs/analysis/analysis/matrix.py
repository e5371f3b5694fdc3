"""Rows as an estimator wants them, made as train's `prepare` steps say, but without touching a text per row.

What a fitted encoder does to a category is computed once for each; the rows then only look it up. The numbers
are those that scikit-learn's own `transform` gives for the same rows as a data frame.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import chain
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import sparse
from sklearn.compose import ColumnTransformer
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, OrdinalEncoder

from analysis.derived import DATES, TARGETS, TEXTS, Derived
from analysis.encoded import as_categorical, one_hot_outputs, ordinal_codes, widths
from analysis.rows import Array, Categorical, Columns, is_moments

CATEGORIES, NUMBERS = "words", "numbers"
"""The two parts of train's `prepare`, in the order of their output, as model files name them."""
BLOCK_ROWS = 16_384
"""Prepared at once: what is computed on the way stays small beside the result."""


def frame(columns: Columns) -> pd.DataFrame:
    """The columns as any scikit-learn model takes them: float64, dates, or texts as objects; NaN where missing."""
    arrays = {name: column.objects() if isinstance(column, Categorical) else column for name, column in columns.items()}
    # a Series each: from a bare array pandas would guess a text type of its own
    return pd.DataFrame({name: pd.Series(array, dtype=array.dtype) for name, array in arrays.items()}, copy=False)


def is_ours(step: Any) -> bool:
    """Whether train made this step: categories by an encoder, numbers as they are or by a pipeline of their own."""
    if not isinstance(step, ColumnTransformer):
        return False
    names = [name for name, part, _ in step.transformers_ if not isinstance(part, str) or part != "drop"]
    ours = names[:2] == [CATEGORIES, NUMBERS] and all(name.startswith((DATES, TEXTS, TARGETS)) for name in names[2:])
    return ours and isinstance(_inner(step, CATEGORIES), OneHotEncoder | OrdinalEncoder)


def matrix(
    step: ColumnTransformer,
    columns: Columns,
    rows: Array | None = None,
    dtype: npt.DTypeLike = np.float64,
    given: Mapping[str, Array] | None = None,
) -> Any:
    """The rows numbered in `rows`, or all, as the fitted `step` transforms them; `given` as `Derived` takes it.

    Ordinal codes: a data frame with the names that the step gives, column by column in memory; beside derived columns
    an array without names. Else rows x features, dense or sparse as the encoder is. Raises TypeError for categories
    where the training had numbers, or the other way round.
    """
    (_, _, categorical), (_, _, numeric), *_ = step.transformers_
    encoder, count = _inner(step, CATEGORIES), len(next(iter(columns.values())))
    rows = np.arange(count) if rows is None else rows
    derived = Derived(step, columns, rows, given)
    if isinstance(encoder, OrdinalEncoder):
        return _ordinal(encoder, categorical, numeric, columns, rows, derived, dtype)
    outputs = dict(zip(categorical, one_hot_outputs(encoder, categorical, columns), strict=True))
    width = sum(widths(encoder)) if outputs else 0
    blocks = _blocks(step, numeric, columns, rows, dtype)
    if encoder.sparse_output:
        pieces, start = [], 0
        for block_rows, block in blocks:
            beside = derived.blocks(slice(start, start := start + len(block_rows)))
            words = _sparse(outputs, columns, block_rows, width, dtype)
            pieces.append(sparse.hstack([words, sparse.csr_matrix(block), *beside], "csr", dtype))
        return sparse.vstack(pieces, "csr")
    return _dense(outputs, columns, len(rows), width, blocks, derived, dtype)


def _ordinal(
    encoder: OrdinalEncoder,
    categorical: list[str],
    numeric: list[str],
    columns: Columns,
    rows: Array,
    derived: Derived,
    dtype: npt.DTypeLike,
) -> Any:
    names = [*categorical, *numeric]
    values = np.empty((len(rows), len(names) + derived.width), dtype, order="F")
    for position, codes in enumerate(ordinal_codes(encoder, categorical, columns)):
        values[:, position] = codes[as_categorical(columns[names[position]]).codes[rows]]
    for position, name in enumerate(numeric, len(categorical)):
        values[:, position] = _numbers(columns[name])[rows]
    if derived.width:
        for start in range(0, len(rows), BLOCK_ROWS):
            here = slice(start, start + BLOCK_ROWS)
            derived.fill(values[here, len(names) :], here)
        return values
    return pd.DataFrame(values, columns=names, copy=False)


def _dense(
    outputs: dict[str, Array],
    columns: Columns,
    rows: int,
    width: int,
    blocks: Iterator[tuple[Array, Array]],
    derived: Derived,
    dtype: npt.DTypeLike,
) -> Array:
    first, start = next(blocks), 0
    end = width + first[1].shape[1]
    values = np.zeros((rows, end + derived.width), dtype)
    for block_rows, block in chain([first], blocks):
        target = values[start : start + len(block_rows)]
        for name, output in outputs.items():
            switched = output[as_categorical(columns[name]).codes[block_rows]]
            known = np.flatnonzero(switched >= 0)
            target[known, switched[known]] = 1
        target[:, width:end] = block
        derived.fill(target[:, end:], slice(start, start := start + len(block_rows)))
    return values


def _sparse(
    outputs: dict[str, Array], columns: Columns, rows: Array, width: int, dtype: npt.DTypeLike
) -> sparse.csr_matrix:
    switched = np.full((len(rows), len(outputs)), -1, dtype=np.int32)
    for position, (name, output) in enumerate(outputs.items()):
        switched[:, position] = output[as_categorical(columns[name]).codes[rows]]
    known = switched >= 0
    ends = np.concatenate([[0], np.cumsum(known.sum(axis=1))])
    return sparse.csr_matrix((np.ones(ends[-1], dtype), switched[known], ends), shape=(len(rows), width))


def _blocks(
    step: ColumnTransformer, numeric: list[str], columns: Columns, rows: Array, dtype: npt.DTypeLike
) -> Iterator[tuple[Array, Array]]:
    """Row numbers, and their numbers as the step makes them."""
    inner = _inner(step, NUMBERS)
    unchanged = inner == "passthrough" or isinstance(inner, FunctionTransformer) or not len(numeric)
    # without any row there is still a width
    for start in range(0, max(len(rows), 1), BLOCK_ROWS):
        block_rows = rows[start : start + BLOCK_ROWS]
        plain = np.empty((len(block_rows), len(numeric)))
        for position, name in enumerate(numeric):
            plain[:, position] = _numbers(columns[name])[block_rows]
        if unchanged:
            yield block_rows, plain.astype(dtype, copy=False)
        elif not len(block_rows):
            yield block_rows, inner.transform(pd.DataFrame([[0.0] * len(numeric)], columns=numeric))[:0]
        else:
            transformed = inner.transform(pd.DataFrame(plain, columns=numeric, copy=False))
            yield block_rows, np.asarray(transformed, dtype)


def _inner(step: ColumnTransformer, name: str) -> Any:
    """A part without what keeps it from being fitted again."""
    part = step.named_transformers_[name]
    return getattr(part, "estimator", part)


def _numbers(column: Array | Categorical) -> Array:
    if isinstance(column, Categorical):
        first = next(iter(column.categories), "words")
        raise TypeError(f"must be numbers as in the training, got {first!r}")
    if is_moments(column):
        raise TypeError("must be numbers as in the training, got dates")
    return column
