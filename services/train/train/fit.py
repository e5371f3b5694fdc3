"""Fit a candidate: its preparation on the rows, then its estimator on what that makes of them."""

from __future__ import annotations

import ctypes
import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.compose import ColumnTransformer
from sklearn.pipeline import Pipeline

from analysis.matrix import matrix
from analysis.rows import columns, encode_target
from contract.config import Config
from contract.config.model import Candidate
from contract.datasets.dataset import Dataset
from contract.errors import ConfigError
from train.candidates import build
from train.encoders.targets import Target, cross_fitted
from train.prepare import fit_preparation, precision, take
from train.rows import Array, Rows, labelled_batches
from train.splits import inner_split
from train.weights import class_weights

PART_ROWS = 65_536
"""Of a part, for estimators that learn in parts."""

_OF_THREADS = "`sklearn.utils.parallel.delayed` should be used"
"""scikit-learn says so when it reads the list of warnings' filters while another thread has emptied it for a moment."""

log = logging.getLogger("train")


def give_back() -> None:
    """Have glibc return to the system what is free: in the heap of a thread it would stay beside the matrix to come."""
    if trim := getattr(ctypes.CDLL(None), "malloc_trim", None):
        trim(0)


@dataclass(frozen=True)
class FittedCandidate:
    """A fitted candidate."""

    prepare: ColumnTransformer
    estimator: BaseEstimator
    given: dict[str, Array] = field(default_factory=dict)
    """What the rows that it is fitted on have in place of what `prepare` makes of them, as `cross_fitted` gives it."""

    def fitted_on(self, rows: Rows, indices: Array | None = None) -> Any:
        """The rows that it is fitted on, as the estimator gets them."""
        give_back()  # what the preparation was fitted on
        made = matrix(self.prepare, rows.columns, indices, precision(self.estimator), self.given)
        give_back()  # the blocks that it was made from
        return made

    def matrix(self, rows: Rows, indices: Array | None = None) -> Any:
        """The rows numbered in `indices`, or all, as the estimator gets them."""
        return matrix(self.prepare, rows.columns, indices, precision(self.estimator))

    @property
    def model(self) -> Pipeline:
        """Both as one, as the model file holds them."""
        return Pipeline([("prepare", self.prepare), ("estimate", self.estimator)])


def fit(candidate: Candidate, config: Config, rows: Rows, indices: Array) -> tuple[FittedCandidate, Any]:
    """Fitted on the rows numbered in `indices`, and these as the estimator got them; its classes are the codes.

    Raises ConfigError when the estimator cannot be fitted on them. Whoever calls it tells of warnings (`warned`).
    """
    fitted = _prepared(candidate, config, rows, indices)
    prepared, codes = fitted.fitted_on(rows, indices), rows.codes[indices]
    groups = _groups(fitted.estimator, rows, indices)
    _fit(candidate, config, fitted.estimator, prepared, codes, groups, _weights(config, rows, codes))
    return fitted, prepared


def fit_all(candidate: Candidate, config: Config, rows: Rows, days: list[Dataset]) -> Pipeline:
    """Fitted on all rows; its classes are the target's words.

    With `passes`, on all rows of the days, which need not be in memory: the preparation alone is of those that are.
    """
    fitted = _prepared(candidate, config, rows, np.arange(len(rows)))
    if not candidate.passes:
        groups = _groups(fitted.estimator, rows, slice(None))
        weights = _weights(config, rows, rows.codes)
        with warned(candidate):
            _fit(candidate, config, fitted.estimator, fitted.fitted_on(rows), rows.target, groups, weights)
        return fitted.model
    known_classes = {"classes": rows.labels_of(np.unique(rows.codes))} if rows.classes else {}
    with warned(candidate), refused(candidate):
        for _ in range(candidate.passes):
            for _, batch in labelled_batches(days, config):
                if not batch.num_rows:
                    continue
                prepared = matrix(fitted.prepare, columns(batch, rows.columns), None, precision(fitted.estimator))
                codes = encode_target(batch, config)
                sample_weight = _weights(config, rows, codes)
                fitted.estimator.partial_fit(prepared, rows.labels_of(codes), **known_classes, **sample_weight)
    return fitted.model


@contextmanager
def refused(candidate: Candidate) -> Iterator[None]:
    """Turn what goes wrong in a fit into a ConfigError."""
    try:
        yield
    except (ValueError, TypeError) as error:
        raise ConfigError(
            f"pipeline.toml: training.candidates: {candidate.name!r} cannot be fitted on these rows: {error}"
        ) from None


@contextmanager
def warned(candidate: Candidate) -> Iterator[None]:
    """Turn what is warned of into lines of the log. Around fits that go side by side: it catches for all threads."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        yield
    told = {f"{warning.category.__name__}: {warning.message}".split("\n", 1)[0] for warning in caught}
    for message in sorted(message for message in told if _OF_THREADS not in message):
        log.warning("%s: %s", candidate.name, message)


def _prepared(candidate: Candidate, config: Config, rows: Rows, indices: Array) -> FittedCandidate:
    estimator, seed = build(candidate, config.training.seed), config.training.seed
    target = None
    if not candidate.passes and candidate.encode.category != "frequent":
        target = Target(rows.codes[indices], rows.groups[indices], config.table.task, seed)
    step = fit_preparation(estimator, rows.columns, indices, candidate.encode, target, seed)
    given = {} if target is None else cross_fitted(step, rows.columns, indices, target)
    return FittedCandidate(step, estimator, given)


def _fit(
    candidate: Candidate,
    config: Config,
    estimator: Any,
    prepared: Any,
    target: Array,
    groups: Array | None,
    weights: dict[str, Array],
) -> None:
    with refused(candidate):
        if not candidate.passes:
            inner_split.fit(estimator, prepared, target, groups, config.training.seed, **weights)
            return
        known_classes = {"classes": np.unique(target)} if hasattr(estimator, "predict_proba") else {}
        for _ in range(candidate.passes):
            for start in range(0, len(target), PART_ROWS):
                here = slice(start, start + PART_ROWS)
                part_weights = {name: values[here] for name, values in weights.items()}
                estimator.partial_fit(take(prepared, here), target[here], **known_classes, **part_weights)


def _groups(estimator: BaseEstimator, rows: Rows, indices: Array | slice) -> Array | None:
    """The entities of some rows for an estimator that asks for them, where they are not one for each row."""
    wanted = rows.repeat and inner_split.splits_by_entity(estimator, len(rows.codes[indices]))
    return rows.groups[indices] if wanted else None


def _weights(config: Config, rows: Rows, codes: Array) -> dict[str, Array]:
    by_class = class_weights(config, rows)
    return {} if by_class is None else {"sample_weight": by_class[codes]}
