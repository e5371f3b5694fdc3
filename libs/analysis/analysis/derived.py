"""What a fitted step derives from columns as a whole: parts of dates, weights of words, means of the target.

These are the parts of train's `prepare` after the two for categories and numbers. They are computed block by block, so
that intermediate results stay small: each different text once per block, each category once for all rows.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse
from sklearn.compose import ColumnTransformer

from analysis.encoded import as_categorical, category_outputs
from analysis.rows import Array, Categorical, Columns, is_moments

DATES, TEXTS, TARGETS = "dates", "texts", "targets"
"""How the names of such parts begin: of one column of dates, one of texts, and of categories as means of the target."""


class Derived:
    """The derived outputs of some rows, as columns beside those of categories and numbers."""

    def __init__(
        self, step: ColumnTransformer, columns: Columns, rows: Array, given: Mapping[str, Array] | None = None
    ) -> None:
        """`rows`: their numbers; `given`: what parts have for these rows in place of what they derive (rows x outputs).

        Raises TypeError for a column that is not what it was in the training.
        """
        self._parts = [part for part in step.transformers_[2:] if part[0] != "remainder"]
        self._columns, self._rows, self._given = columns, rows, given or {}
        self._widths = [_width(name, part, wanted) for name, part, wanted in self._parts]

    @property
    def width(self) -> int:
        """Outputs of all parts."""
        return sum(self._widths)

    def fill(self, values: Array, here: slice) -> None:
        """Write the rows at these positions of `rows` into a dense matrix (rows x `width`)."""
        start = 0
        for number, width in enumerate(self._widths):
            values[:, start : start + width] = self._outputs(number, here)
            start += width

    def blocks(self, here: slice) -> list[Any]:
        """The rows at these positions, part by part, as sparse matrices."""
        return [sparse.csr_matrix(self._outputs(number, here)) for number in range(len(self._parts))]

    def _outputs(self, number: int, here: slice) -> Any:
        rows, (name, part, wanted) = self._rows[here], self._parts[number]
        if not len(rows):
            return np.empty((0, self._widths[number]))
        if name in self._given:
            return self._given[name][here]
        if name == TARGETS:
            return _means(part, wanted, self._columns, rows)
        column = self._columns[wanted]
        if name.startswith(DATES):
            if not is_moments(column):
                kind = "words" if isinstance(column, Categorical) else "numbers"
                raise TypeError(f"must be dates as in the training, got {kind}")
            return part.transform(pd.Series(column[rows], name=wanted))
        texts = as_categorical(column)
        codes, back = np.unique(texts.codes[rows], return_inverse=True)
        different = [texts.categories[code] if code >= 0 else np.nan for code in codes]
        return part.transform(pd.Series(different, dtype=object, name=wanted))[back]


def _width(name: str, part: Any, wanted: Any) -> int:
    """Outputs, as those for a row without a value tell."""
    if name == TARGETS:
        alone = pd.DataFrame({column: pd.Series([np.nan], dtype=object) for column in wanted})
    else:
        alone = pd.Series([None], dtype="datetime64[us]" if name.startswith(DATES) else object)
    return int(part.transform(alone).shape[1])


def _means(part: Any, names: list[str], columns: Columns, rows: Array) -> Array:
    """The outputs of each column's categories, looked up for each row."""
    of_categories = category_outputs(part, names, columns)
    each = of_categories.shape[1] // len(names)
    values = np.empty((len(rows), of_categories.shape[1]))
    for number, name in enumerate(names):
        here = slice(number * each, (number + 1) * each)
        values[:, here] = of_categories[as_categorical(columns[name]).codes[rows], here]
    return values
