"""Compare the candidates by cross-validation; the best mean score wins, the first of equals."""

from __future__ import annotations

import logging
import math
import statistics
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import joblib
import numpy as np
import threadpoolctl
from sklearn.pipeline import Pipeline

from contract.config import Config
from contract.errors import ConfigError, DataError
from contract.modelling import Candidate
from contract.progress import progress
from train.candidates import Scorer, build, metric, scorer
from train.folds import folds
from train.halving import search
from train.prepare import pipeline
from train.rows import Array, Rows
from train.weights import weights

log = logging.getLogger("train")


@dataclass
class Result:
    """A candidate's scores, fold by fold."""

    candidate: Candidate
    scores: list[float] = field(default_factory=list)
    """On the rows that were left out of the fit."""
    train_scores: list[float] = field(default_factory=list)
    """On the rows that were fitted: far above `scores` means overfitted."""
    seconds: float = 0.0
    searched: dict[str, Any] = field(default_factory=dict)
    """The parameters that the search found; `candidate.params` has them, too."""
    trials: list[dict[str, Any]] = field(default_factory=list)
    """Of the search: parameters, rows and mean score, in the order of the halving."""
    out_of_fold: Array | None = None
    """Probability of the positive class (binary) where the row was left out of a fit, else NaN."""

    @property
    def mean(self) -> float:
        """What candidates are compared by."""
        return statistics.fmean(self.scores)


def compare(config: Config, rows: Rows) -> list[Result]:
    """Every candidate's scores, one candidate after the other: each may use all cores of the step."""
    training = config.training
    judge, splits, weight = scorer(config), folds(config, rows), weights(config, rows)
    results = []
    with progress("cross-validate", len(splits) * len(training.candidates), "fits") as tell:
        for candidate in training.candidates:
            started = time.monotonic()
            result = Result(candidate)
            if candidate.search:
                result.candidate, result.searched, result.trials = search(
                    candidate, training.seed, judge, rows, splits, weight
                )
            _score(result, config, judge, rows, splits, weight, tell)
            result.seconds = time.monotonic() - started
            results.append(result)
            log.info("%s: %s %.4f in %.1f s", candidate.name, metric(config), result.mean, result.seconds)
    return results


def best(results: list[Result]) -> Result:
    """The result with the best mean score. Raises DataError when none has one."""
    finite = [result for result in results if math.isfinite(result.mean)]
    if not finite:
        names = ", ".join(result.candidate.name for result in results)
        raise DataError(f"the train rows: the metric must be a number for at least one candidate, is none for {names}")
    return max(finite, key=lambda result: result.mean)


def fit(result: Result, config: Config, rows: Rows) -> Pipeline:
    """The result's candidate, fitted on all rows; its classes are the target's words."""
    return _fitted(result.candidate, config.training.seed, rows, None, rows.target, weights(config, rows))


def _score(
    result: Result,
    config: Config,
    judge: Scorer,
    rows: Rows,
    splits: list[tuple[Array, Array]],
    weight: Array | None,
    tell: Callable[[int], None],
) -> None:
    wanted = config.decision.costs is not None
    if wanted:
        result.out_of_fold = np.full(len(rows.target), np.nan)
    for inside, outside in splits:
        model = _fitted(result.candidate, config.training.seed, rows, inside, rows.codes, weight)
        left_out = rows.frame.iloc[outside]
        result.scores.append(float(judge(model, left_out, rows.codes[outside])))
        result.train_scores.append(float(judge(model, rows.frame.iloc[inside], rows.codes[inside])))
        if result.out_of_fold is not None:
            result.out_of_fold[outside] = model.predict_proba(left_out)[:, 1]
        tell(1)


def _fitted(
    candidate: Candidate, seed: int, rows: Rows, which: Array | None, target: Array, weight: Array | None
) -> Pipeline:
    """Fitted on the rows numbered in `which`, or on all. Raises ConfigError when the estimator cannot."""
    chosen = slice(None) if which is None else which
    frame = rows.frame if which is None else rows.frame.iloc[which]
    model = pipeline(build(candidate, seed), frame)
    extra = {} if weight is None else {"estimate__sample_weight": weight[chosen]}
    try:
        # as many threads as the container has cores of its own, which BLAS does not ask for by itself
        with threadpoolctl.threadpool_limits(joblib.cpu_count()), warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            model.fit(frame, target[chosen], **extra)
    except (ValueError, TypeError) as error:
        raise ConfigError(
            f"pipeline.toml: training.candidates: {candidate.name!r} cannot be fitted on these rows: {error}"
        ) from None
    for message in sorted({f"{each.category.__name__}: {each.message}".split("\n", 1)[0] for each in caught}):
        log.warning("%s: %s", candidate.name, message)
    return model
