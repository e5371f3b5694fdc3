"""A candidate that answers with the mean of what others answer (scikit-learn's voting): no fit of its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import Pipeline

from analysis.matrix import frame
from contract.config.model import Candidate
from train.candidates import build, members
from train.rows import Array, Rows


@dataclass(frozen=True)
class Blend:
    """Fitted candidates as one: each prepares the rows its own way."""

    estimator: Any
    """A fitted voting of whole pipelines, which takes a frame of the columns as they came."""

    @classmethod
    def of(cls, candidate: Candidate, fitted: list[Pipeline], target: Array, seed: int) -> Blend:
        """The mean of its members, in their order, fitted on rows with these targets: codes, or what they stand for.

        `seed`: of the training.
        """
        voting: Any = build(candidate, seed)
        named = zip(members(candidate), map(FrozenEstimator, fitted), strict=True)
        voting.set_params(estimators=list(named))
        # nothing is fitted here: it only learns the names of the classes
        return cls(voting.fit(None, np.unique(target)))

    def matrix(self, rows: Rows, indices: Array) -> Any:
        """The rows numbered in `indices`, as the estimator gets them."""
        return frame({name: column[indices] for name, column in rows.columns.items()})

    @property
    def model(self) -> Pipeline:
        """As the model file holds it."""
        return Pipeline([("estimate", self.estimator)])
