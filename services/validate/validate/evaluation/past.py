"""What is known of entities from the labels of earlier days; grows with the entities, not with the rows."""

from __future__ import annotations

import numpy as np

from validate.measures.clusters import Array


class Past:
    """The labels of each entity so far: how many, their sum, and the last one."""

    def __init__(self, classes: int) -> None:
        """`classes`: of the target; 0 for numbers."""
        self._classes = classes
        width = max(classes, 1)
        self._owners = np.empty(0, np.uint64)
        self._counts, self._sums, self._lasts = np.empty(0), np.empty((0, width)), np.empty((0, width))

    def add(self, owners: Array, targets: Array) -> None:
        """Take in a day's rows, the later ones last."""
        values = np.eye(self._classes)[targets] if self._classes else targets[:, None].astype(np.float64)
        every = np.union1d(self._owners, owners)
        old, new = np.searchsorted(every, self._owners), np.searchsorted(every, owners)
        counts, sums = np.zeros(len(every)), np.zeros((len(every), values.shape[1]))
        lasts = np.zeros_like(sums)
        counts[old], sums[old], lasts[old] = self._counts, self._sums, self._lasts
        np.add.at(counts, new, 1)
        np.add.at(sums, new, values)
        lasts[new] = values  # of rows of one entity the last one stays
        self._owners, self._counts, self._sums, self._lasts = every, counts, sums, lasts

    def of(self, owners: Array) -> tuple[Array, Array, Array]:
        """For some rows: the last label and the mean of the labels, as scores, and whether there was one at all."""
        shape = (len(owners), self._sums.shape[1])
        last, mean, there = np.zeros(shape), np.zeros(shape), np.zeros(len(owners), bool)
        if len(self._owners):
            found = np.minimum(np.searchsorted(self._owners, owners), len(self._owners) - 1)
            there = self._owners[found] == owners
            last, mean = self._lasts[found], self._sums[found] / self._counts[found, None]
        return (last, mean, there) if self._classes else (last[:, 0], mean[:, 0], there)
