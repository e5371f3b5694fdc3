"""Compare the candidates by cross-validation; the best mean score wins; among equals, the first one.

A mean of several candidates wins unless another is better by more than a standard error, because it depends less on
which rows happened to be there.
"""

from __future__ import annotations

import logging
import math
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from sklearn.pipeline import Pipeline

from contract.config import Config
from contract.config.model import Candidate
from contract.errors import DataError
from contract.steps.progress import progress
from train.candidates import Scorer, build, members, scorer
from train.comparison.fold import Fold, fit_fold
from train.comparison.search import search
from train.comparison.side_by_side import how_many, side_by_side
from train.fit import warned
from train.rows import Array, Rows, what_is_one
from train.splits.folds import folds
from train.splits.inner_split import splits_at_random

log = logging.getLogger("train")


@dataclass
class Result:
    """A candidate's scores, fold by fold."""

    candidate: Candidate
    scores: list[float] = field(default_factory=list)
    """On the rows that were left out of the fit."""
    train_scores: list[float] = field(default_factory=list)
    """On the rows that were fitted (`fold.SEEN_ROWS` of them): far above `scores` means overfitted."""
    seconds: float = 0.0
    searched: dict[str, Any] = field(default_factory=dict)
    """The parameters that the search found; `candidate.params` has them, too."""
    trials: list[dict[str, Any]] = field(default_factory=list)
    """The search's trials: parameters, rows and mean score, in the order of the halving."""
    members: list[Candidate] = field(default_factory=list)
    """The candidates that it averages, with the parameters found for them; none for one that is fitted itself."""
    untold: str | None = None
    """Why the metric is no number in some fold, in scikit-learn's words."""
    out_of_fold: Array | None = None
    """Probability of the positive class (binary) where the row was left out of a fit, else NaN."""

    @property
    def mean(self) -> float:
        """What candidates are compared by."""
        return statistics.fmean(self.scores)


def compare(config: Config, rows: Rows) -> list[Result]:
    """Every candidate's scores, one candidate after the other; the folds of one go side by side."""
    training = config.training
    score, splits = scorer(config), folds(config, rows)
    metric = training.metric_for(config.table.task)
    results: list[Result] = []
    fits: dict[str, list[Pipeline]] = {name: [] for candidate in training.candidates for name in members(candidate)}
    with progress("cross-validate", len(splits) * len(training.candidates), "fits") as advance:
        for candidate in training.candidates:
            started = time.monotonic()
            result = Result(candidate)
            found = {earlier.candidate.name: earlier.candidate for earlier in results}
            result.members = [found[name] for name in members(candidate)]
            _tell_of_own_split(candidate, config, rows)
            if candidate.search:
                result.candidate, result.searched, result.trials = search(candidate, config, score, rows, splits)
            _score_folds(result, config, score, rows, splits, fits, advance)
            result.seconds = time.monotonic() - started
            results.append(result)
            log.info("%s: %s %.4f in %.1f s", candidate.name, metric, result.mean, result.seconds)
            if result.untold:
                log.warning("%s: %s cannot be computed in each fold: %s", candidate.name, metric, result.untold)
    return results


def best(results: list[Result]) -> Result:
    """The result that wins. Raises DataError when none has a score."""
    finite = [result for result in results if math.isfinite(result.mean)]
    if not finite:
        names = ", ".join(result.candidate.name for result in results)
        reasons = list(dict.fromkeys(result.untold for result in results if result.untold))
        told = f" ({'; '.join(reasons)}); mend the target's values, or take another training.metric" if reasons else ""
        raise DataError(
            f"the train rows: the metric must be a number for at least one candidate, is none for {names}{told}"
        )
    first = max(finite, key=lambda result: result.mean)
    means = [result for result in finite if result.members]
    # not `first` alone: one with a lesser mean may lead by little, but in each fold
    steady = [mean for mean in means if not any(_is_better(other, mean) for other in finite)]
    won = max(steady, key=lambda result: result.mean, default=first)
    if won.mean < first.mean:
        log.info("%s: not better than %s by more than a standard error", first.candidate.name, won.candidate.name)
    return won


def _is_better(one: Result, other: Result) -> bool:
    """Whether its scores are above the other's, fold by fold, by more than one standard error of that difference."""
    above = [a - b for a, b in zip(one.scores, other.scores, strict=True)]
    return statistics.fmean(above) > statistics.stdev(above) / math.sqrt(len(above))


def _tell_of_own_split(candidate: Candidate, config: Config, rows: Rows) -> None:
    """Say so where an estimator holds out rows at random, though entities have several: nobody can tell it which."""
    if not rows.repeat or candidate.passes:
        return
    if name := splits_at_random(build(candidate, config.training.seed)):
        log.warning(
            "%s: %s holds out rows at random, also of entities that it learns from (%s), so what it scores itself is "
            "too good; its score here is not. Leave %s out, or take an estimator whose own split goes by entity: "
            "HistGradientBoosting, or one with cv",
            candidate.name,
            name,
            what_is_one(config),
            name,
        )


def _score_folds(
    result: Result,
    config: Config,
    score: Scorer,
    rows: Rows,
    splits: list[tuple[Array, Array]],
    fits: dict[str, list[Pipeline]],
    advance: Callable[[int], None],
) -> None:
    """`fits`: of those candidates that another one takes the mean of, fold by fold; filled here."""
    if config.decision.costs is not None:
        result.out_of_fold = np.full(len(rows), np.nan)
    features = len(rows.columns)
    largest = max(len(inside) for inside, _ in splits)
    at_once = how_many(len(splits), largest * features, len(rows) * features)

    def work(number: int) -> Fold:
        of_fold = [fits[member.name][number] for member in result.members]
        return fit_fold(result.candidate, config, score, rows, splits[number], of_fold)

    with warned(result.candidate):
        for number, fold in enumerate(side_by_side(work, range(len(splits)), at_once)):
            result.scores.append(fold.score)
            result.train_scores.append(fold.train_score)
            result.untold = fold.untold or result.untold
            if result.candidate.name in fits:
                fits[result.candidate.name].append(fold.model)
            if result.out_of_fold is not None:
                result.out_of_fold[splits[number][1]] = fold.probabilities
            advance(1)
