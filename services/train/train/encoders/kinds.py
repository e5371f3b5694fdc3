"""The columns of a fit, sorted by how they are encoded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from analysis.derived import DATES, TARGETS, TEXTS
from analysis.rows import Array, Categorical, Columns, Text, is_moments
from train.encoders.targets import Target, targets

SEVERAL, FEW_ROWS = 20, 20
"""More words than these, of fewer rows each on the average, are told by means, too. Gradient boosting ignores a word of
fewer than 10 rows, which a few splits make of 20, and a forest seldom asks for one of so many columns."""


@dataclass(frozen=True)
class Kinds:
    """The columns that have a value, by name."""

    numbers: dict[str, Array]
    moments: dict[str, Array]
    texts: dict[str, Text]
    categories: dict[str, Categorical]
    means: dict[str, Categorical]
    """Categories that are encoded as means of the target."""

    @classmethod
    def of(cls, columns: Columns, told: frozenset[str]) -> Kinds:
        """`told`: the categories that are encoded as means, as `by_means` gives them."""
        numbers: dict[str, Array] = {}
        moments: dict[str, Array] = {}
        read: dict[str, Text] = {}
        categories: dict[str, Categorical] = {}
        means: dict[str, Categorical] = {}
        for name, column in columns.items():
            if isinstance(column, Text):
                read[name] = column
            elif isinstance(column, Categorical):
                (means if name in told else categories)[name] = column
            else:
                (moments if is_moments(column) else numbers)[name] = column
        return cls(numbers, moments, read, categories, means)

    def derived(
        self, text: str, target: Target | None, *, dense: bool, scaled: bool, seed: int
    ) -> list[tuple[str, Any, Any]]:
        """The fitted parts of a ColumnTransformer for dates, texts and means: name, transformer, columns.

        `text`: as `encode.text` of a candidate; `dense`, `scaled`: what the estimator asks of them.
        """
        parts: list[tuple[str, Any, Any]] = []
        # a table without such columns loads nothing for them
        if self.moments:
            from train.encoders.dates import dates  # noqa: PLC0415

            parts += [
                (f"{DATES} {number}", dates(values, scaled=scaled), name)
                for number, (name, values) in enumerate(self.moments.items())
            ]
        if self.texts:
            from train.encoders.texts import texts  # noqa: PLC0415

            parts += [
                (f"{TEXTS} {number}", texts(column, text, dense=dense, seed=seed), name)
                for number, (name, column) in enumerate(self.texts.items())
            ]
        if self.means and target is not None:
            parts.append((TARGETS, targets(self.means, target, scaled=scaled), list(self.means)))
        return parts


def by_means(
    columns: Columns, by: Literal["auto", "frequent", "target"], most: int, *, few_rows: bool
) -> frozenset[str]:
    """The names of the categories that are encoded as means of the target.

    Decided on all rows of a training, not per fold: otherwise what is compared would not be what is served.
    `by`: how categories are encoded; `most`: categories of one column before `auto` takes means.
    `few_rows`: whether `auto` also takes means for words of few rows; a linear estimator's penalty needs none.
    """
    categories = {
        name: column
        for name, column in columns.items()
        if isinstance(column, Categorical) and not isinstance(column, Text)
    }
    return frozenset(name for name, column in categories.items() if _by_target(column, by, most, few_rows=few_rows))


def _by_target(column: Categorical, by: str, most: int, *, few_rows: bool) -> bool:
    if by != "auto":
        return by == "target"
    least = min(most, SEVERAL) if few_rows else most
    if len(column.categories) <= least:
        return False
    rows = np.bincount(column.codes + 1)[1:]
    words = int(np.count_nonzero(rows))
    return words > most or (few_rows and words > least and int(rows.sum()) < FEW_ROWS * words)
