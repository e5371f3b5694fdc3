"""Fit a candidate: its preparation on the rows, then its estimator on what that makes of them."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.compose import ColumnTransformer
from sklearn.pipeline import Pipeline

from analysis.matrix import matrix
from analysis.rows import codes_of, columns
from contract.config import Config
from contract.dataset import Dataset
from contract.errors import ConfigError
from contract.modelling import Candidate
from train.candidates import build
from train.prepare import fitted, precision
from train.rows import Array, Rows, labelled_batches
from train.weights import weights

PART_ROWS = 65_536
"""Of a part, for estimators that learn in parts."""

log = logging.getLogger("train")


@dataclass(frozen=True)
class Learnt:
    """A fitted candidate."""

    prepare: ColumnTransformer
    estimator: BaseEstimator

    def ready(self, rows: Rows, chosen: Array | None = None) -> Any:
        """The rows numbered in `chosen`, or all, as the estimator gets them."""
        return matrix(self.prepare, rows.columns, chosen, precision(self.estimator))

    @property
    def model(self) -> Pipeline:
        """Both as one, as the model file holds them."""
        return Pipeline([("prepare", self.prepare), ("estimate", self.estimator)])


def learn(candidate: Candidate, config: Config, rows: Rows, chosen: Array) -> tuple[Learnt, Any]:
    """Fitted on the rows numbered in `chosen`, and these as the estimator got them; its classes are the codes.

    Raises ConfigError when the estimator cannot be fitted on them.
    """
    learnt = _prepared(candidate, config, rows, chosen)
    made = learnt.ready(rows, chosen)
    _fit(candidate, learnt.estimator, made, rows.codes[chosen], _weigh(config, rows, rows.codes[chosen]))
    return learnt, made


def learn_all(candidate: Candidate, config: Config, rows: Rows, days: list[Dataset]) -> Pipeline:
    """Fitted on all rows; its classes are the target's words.

    With `passes`, on all rows of the days, which need not be in memory: the preparation alone is of those that are.
    """
    learnt = _prepared(candidate, config, rows, np.arange(len(rows)))
    if not candidate.passes:
        _fit(candidate, learnt.estimator, learnt.ready(rows), rows.target, _weigh(config, rows, rows.codes))
        return learnt.model
    words = {"classes": rows.words_of(np.unique(rows.codes))} if rows.classes else {}
    with explained(candidate):
        for _ in range(candidate.passes):
            for _, batch in labelled_batches(days, config):
                if not batch.num_rows:
                    continue
                found = matrix(learnt.prepare, columns(batch, rows.columns), None, precision(learnt.estimator))
                codes = codes_of(batch, config)
                learnt.estimator.partial_fit(found, rows.words_of(codes), **words, **_weigh(config, rows, codes))
    return learnt.model


@contextmanager
def explained(candidate: Candidate) -> Iterator[None]:
    """Turn what goes wrong in a fit into a ConfigError, and what is warned of into a line of the log."""
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            yield
    except (ValueError, TypeError) as error:
        raise ConfigError(
            f"pipeline.toml: training.candidates: {candidate.name!r} cannot be fitted on these rows: {error}"
        ) from None
    for message in sorted({f"{each.category.__name__}: {each.message}".split("\n", 1)[0] for each in caught}):
        log.warning("%s: %s", candidate.name, message)


def _prepared(candidate: Candidate, config: Config, rows: Rows, chosen: Array) -> Learnt:
    estimator = build(candidate, config.training.seed)
    return Learnt(fitted(estimator, rows.columns, chosen), estimator)


def _fit(candidate: Candidate, estimator: Any, made: Any, target: Array, weigh: dict[str, Array]) -> None:
    with explained(candidate):
        if not candidate.passes:
            estimator.fit(made, target, **weigh)
            return
        words = {"classes": np.unique(target)} if hasattr(estimator, "predict_proba") else {}
        for _ in range(candidate.passes):
            for start in range(0, len(target), PART_ROWS):
                here = slice(start, start + PART_ROWS)
                some = {name: each[here] for name, each in weigh.items()}
                estimator.partial_fit(rows_of(made, here), target[here], **words, **some)


def rows_of(made: Any, chosen: Any) -> Any:
    """Some rows of a prepared matrix, of whatever kind."""
    return made.iloc[chosen] if hasattr(made, "iloc") else made[chosen]


def _weigh(config: Config, rows: Rows, codes: Array) -> dict[str, Array]:
    by_class = weights(config, rows)
    return {} if by_class is None else {"sample_weight": by_class[codes]}
