"""Which rows belong together: evidence is counted, and drawn, in groups of rows that are not independent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Clusters:
    """Rows and the groups that they are of."""

    rows: int
    count: int
    """How many groups there are."""
    of_row: Array | None = None
    """The number of each row's group; None where each row is a group of its own."""

    @classmethod
    def of(cls, groups: Array | None, rows: int) -> Clusters:
        """From what names each row's group; None: each row is one of its own."""
        if groups is None:
            return cls(rows, rows)
        names, of_row = np.unique(groups, return_inverse=True)
        return cls(rows, rows) if len(names) == rows else cls(rows, len(names), of_row.astype(np.int32))

    def inside(self, rows: Array) -> Clusters:
        """The clusters of some rows, given by a mask or by their numbers."""
        count = int(rows.sum()) if rows.dtype == bool else len(rows)
        return Clusters.of(None if self.of_row is None else self.of_row[rows], count)

    def weights(self, drawn: Array) -> Array:
        """How often each row was drawn with its group; `drawn`: draws x groups, the numbers of groups."""
        offsets = np.arange(len(drawn))[:, None] * self.count
        counts = np.bincount((drawn + offsets).ravel(), minlength=len(drawn) * self.count)
        of_group = counts.reshape(len(drawn), self.count).astype(np.float32)
        return of_group if self.of_row is None else np.take(of_group, self.of_row, axis=1)

    def effective(self) -> float:
        """How many groups of equal size would tell as much: (sum n)^2 / sum n^2 (Kish, Survey Sampling, 1965)."""
        if self.of_row is None:
            return float(self.count)
        sizes = np.bincount(self.of_row).astype(np.float64)
        return float(sizes.sum() ** 2 / np.square(sizes).sum())


def degrees_of_freedom(clusters: Clusters, classes_of_rows: Array | None = None) -> float:
    """The degrees of freedom of a score's spread: effective groups less one.

    With `classes_of_rows`, for a score that gives every class the same weight, so that the rarest limits it:
    Satterthwaite's (Biometrics 1946) for the mean of one estimate a class, each with a variance of 1 / its groups.
    """
    if classes_of_rows is None:
        return max(clusters.effective() - 1, 0.0)
    present = np.unique(classes_of_rows)
    groups = np.array([clusters.inside(classes_of_rows == name).effective() for name in present])
    if not len(groups):
        return 0.0
    # of one group nothing is known of the spread; half a degree keeps the rest from being lost for it
    spread = 1 / groups
    return float(spread.sum() ** 2 / (np.square(spread) / np.maximum(groups - 1, 0.5)).sum())
