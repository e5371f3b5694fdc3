"""Rows whose target is known, beside what a model predicts for them."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from validate.measures.clusters import Array, Clusters


@dataclass(frozen=True)
class ScoredRows:
    """The rows' targets and a model's scores, row by row."""

    target: Array
    """Regression: the number; otherwise the class as its index in `analysis.rows.classes`."""
    scores: Array
    """Regression: the predicted number; otherwise rows x classes probabilities."""
    threshold: float | None = None
    """Binary: the probability from which the model predicts the positive class; None: the more probable class."""
    slices: dict[str, Array] = field(default_factory=dict)
    """The words of the columns in gate.slices, row by row."""
    recorded: Array | None = None
    """The indices of the predicted classes, where predictions are on record."""
    groups: Array | None = None
    """Which entity each row is of, by any number; None: each is one of its own."""

    @property
    def predicted(self) -> Array:
        """Regression: the predicted number; otherwise the index of the predicted class."""
        if self.scores.ndim == 1:
            return self.scores
        if self.recorded is not None:
            return self.recorded
        if self.threshold is not None:
            return np.asarray((self.scores[:, 1] >= self.threshold).astype(np.intp))
        return np.asarray(self.scores.argmax(axis=1))

    @cached_property
    def clusters(self) -> Clusters:
        """The rows by their groups."""
        return Clusters.of(self.groups, len(self.target))

    def part(self, rows: Array) -> ScoredRows:
        """Some of the rows, by a mask or by their numbers, one of them as often as it is named."""
        return ScoredRows(
            self.target[rows],
            self.scores[rows],
            self.threshold,
            {name: words[rows] for name, words in self.slices.items()},
            None if self.recorded is None else self.recorded[rows],
            None if self.groups is None else self.groups[rows],
        )
