"""What a model said about the test rows, beside what was true."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Outcome:
    """The test rows' targets and what a model says about them, row by row."""

    target: Array
    """Regression: the number; otherwise the class as its place in `scoring.classes`."""
    scores: Array
    """Regression: the predicted number; otherwise rows x classes probabilities."""
    threshold: float | None = None
    """Binary: from which probability on the model says the positive class; None: the more probable class."""
    slices: dict[str, Array] = field(default_factory=dict)
    """The words of the columns in gate.slices, row by row."""

    said: Array | None = None
    """The places of the classes that it said, where they are on record."""

    @property
    def answers(self) -> Array:
        """Regression: the predicted number; otherwise the place of the class that the model says."""
        if self.scores.ndim == 1:
            return self.scores
        if self.said is not None:
            return self.said
        if self.threshold is not None:
            return np.asarray((self.scores[:, 1] >= self.threshold).astype(np.intp))
        return np.asarray(self.scores.argmax(axis=1))
