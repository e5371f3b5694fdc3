"""What a fitted encoder makes of each category, computed once for each and not once for each row."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder

from analysis.rows import Array, Categorical, Columns


def ordinal_codes(encoder: OrdinalEncoder, names: list[str], columns: Columns) -> list[Array]:
    """For each column, the code of each category; the last one (so the one at -1) is that of a missing value."""
    return list(np.asarray(category_outputs(encoder, names, columns)).T) if len(names) else []


def one_hot_outputs(encoder: OneHotEncoder, names: list[str], columns: Columns) -> list[Array]:
    """For each column, the output that a category switches on, -1 for none; the last one is that of a missing value."""
    if not len(names):
        return []
    transformed = sparse.csr_matrix(category_outputs(encoder, names, columns))
    outputs = np.full((len(names), transformed.shape[0]), -1, dtype=np.intp)
    ends = np.cumsum(widths(encoder))
    rows = np.repeat(np.arange(transformed.shape[0]), np.diff(transformed.indptr))
    outputs[np.searchsorted(ends, transformed.indices, side="right"), rows] = transformed.indices
    return list(outputs)


def widths(encoder: OneHotEncoder) -> list[int]:
    """Outputs by column: one for each category, of which rare ones share the last."""
    infrequent = getattr(encoder, "infrequent_categories_", [None] * len(encoder.categories_))
    return [
        len(categories) - (len(rare) - 1 if rare is not None else 0)
        for categories, rare in zip(encoder.categories_, infrequent, strict=True)
    ]


def as_categorical(column: Array | Categorical) -> Categorical:
    """The column itself. Raises TypeError for numbers."""
    if not isinstance(column, Categorical):
        raise TypeError("must be words as in the training, got numbers")
    return column


def category_outputs(encoder: Any, names: list[str], columns: Columns) -> Any:
    """What an encoder makes of each category of each column by its code; the last row is a missing value."""
    categories = tuple(tuple(as_categorical(columns[name]).categories) for name in names)
    return _transform(encoder, tuple(names), categories)


@lru_cache(maxsize=8)
def _transform(encoder: Any, names: tuple[str, ...], categories: tuple[tuple[str, ...], ...]) -> Any:
    """The encoder's output for each category of each column by its code; the last row is a missing value.

    Kept, since one batch after the other has the same categories.
    """
    rows = max(map(len, categories)) + 1
    padded = {
        name: pd.Series([*known, *[float("nan")] * (rows - len(known))], dtype=object)
        for name, known in zip(names, categories, strict=True)
    }
    return encoder.transform(pd.DataFrame(padded))
