"""Compare the candidates by cross-validation; the best mean score wins, the first of equals."""

from __future__ import annotations

import logging
import math
import statistics
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field

import joblib
import threadpoolctl
from sklearn.model_selection import KFold, StratifiedKFold
from sklearn.pipeline import Pipeline

from contract.config import Config
from contract.errors import ConfigError, DataError
from contract.progress import progress
from contract.modelling import Candidate
from train.candidates import Scorer, build, metric, scorer
from train.prepare import pipeline
from train.rows import Array, Rows

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

    @property
    def mean(self) -> float:
        """What candidates are compared by."""
        return statistics.fmean(self.scores)


def compare(config: Config, rows: Rows) -> list[Result]:
    """Every candidate's scores, one candidate after the other: each may use all cores of the step."""
    training = config.training
    judge = scorer(config)
    kind = KFold if config.table.task == "regression" else StratifiedKFold
    folds = list(kind(training.folds, shuffle=True, random_state=training.seed).split(rows.frame, rows.codes))
    results = []
    with progress("cross-validate", len(folds) * len(training.candidates), "fits") as tell:
        for candidate in training.candidates:
            result = _scored(candidate, config.training.seed, judge, rows, folds, tell)
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


def fit(candidate: Candidate, seed: int, rows: Rows) -> Pipeline:
    """The candidate, fitted on all rows; its classes are the target's words."""
    return _fitted(candidate, seed, rows, None, rows.target)


def _scored(
    candidate: Candidate,
    seed: int,
    judge: Scorer,
    rows: Rows,
    folds: list[tuple[Array, Array]],
    tell: Callable[[int], None],
) -> Result:
    started = time.monotonic()
    result = Result(candidate)
    for inside, outside in folds:
        model = _fitted(candidate, seed, rows, inside, rows.codes)
        result.scores.append(float(judge(model, rows.frame.iloc[outside], rows.codes[outside])))
        result.train_scores.append(float(judge(model, rows.frame.iloc[inside], rows.codes[inside])))
        tell(1)
    result.seconds = time.monotonic() - started
    return result


def _fitted(candidate: Candidate, seed: int, rows: Rows, which: Array | None, target: Array) -> Pipeline:
    """Fitted on the rows numbered in `which`, or on all. Raises ConfigError when the estimator cannot."""
    frame = rows.frame if which is None else rows.frame.iloc[which]
    model = pipeline(build(candidate, seed), frame)
    try:
        # as many threads as the container has cores of its own, which BLAS does not ask for by itself
        with threadpoolctl.threadpool_limits(joblib.cpu_count()), warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            model.fit(frame, target if which is None else target[which])
    except (ValueError, TypeError) as error:
        raise ConfigError(
            f"pipeline.toml: training.candidates: {candidate.name!r} cannot be fitted on these rows: {error}"
        ) from None
    for message in sorted({f"{each.category.__name__}: {each.message}".split("\n", 1)[0] for each in caught}):
        log.warning("%s: %s", candidate.name, message)
    return model
