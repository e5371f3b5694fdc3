"""Rows whose target is known, beside what a model predicts for them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]


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
