"""Search a candidate's parameters: many points on few rows, the better third of them on three times as many, and so on.

Successive halving as scikit-learn has it (Jamieson and Talwalkar, 2016); the last round uses all rows.
"""

from __future__ import annotations

import logging
import math
import warnings
from typing import Any

import msgspec
import numpy as np
from scipy import stats
from sklearn.experimental import enable_halving_search_cv  # noqa: F401 (makes the next import possible)
from sklearn.model_selection import HalvingRandomSearchCV

from analysis.matrix import matrix
from contract.config import Config
from contract.config.model import Candidate, Range
from contract.errors import ConfigError, DataError
from contract.steps.progress import progress
from train.candidates import Scorer, build
from train.prepare import fit_preparation, precision
from train.rows import Array, Rows
from train.splits.inner_split import by_groups
from train.weights import class_weights

FACTOR = 3

log = logging.getLogger("train")


def search(
    candidate: Candidate, config: Config, score: Scorer, rows: Rows, splits: list[tuple[Array, Array]]
) -> tuple[Candidate, dict[str, Any], list[dict[str, Any]]]:
    """The candidate with the parameters that won, these alone, and all trials.

    The preparation, which sees no target (so here no category is told by means of it), is fitted once, on all rows.
    Raises ConfigError when no point of the space can be fitted, DataError when none could be scored.
    """
    section = f"pipeline.toml: training.candidates: {candidate.name!r}"
    points, seed = _points(candidate), config.training.seed
    estimator = build(candidate, seed)
    step = fit_preparation(estimator, rows.columns, np.arange(len(rows)), candidate.encode, seed=seed)
    prepared = matrix(step, rows.columns, None, precision(estimator))
    halving = HalvingRandomSearchCV(
        by_groups(estimator, seed) if rows.repeat else estimator,
        {name: _space(space) for name, space in candidate.search.items()},
        n_candidates=points,
        factor=FACTOR,
        min_resources="exhaust",
        cv=splits,
        random_state=seed,
        refit=False,
        error_score=np.nan,
        return_train_score=False,
    )
    by_class = class_weights(config, rows)
    along = {} if by_class is None else {"sample_weight": by_class[rows.codes]}
    if rows.repeat:
        along["entities"] = rows.groups
    with progress(f"search {candidate.name}", _fits(points) * len(splits), "fits") as advance:

        def counted(*arguments: Any) -> float:
            advance(1)
            return score(*arguments)

        halving.set_params(scoring=counted)
        with warnings.catch_warnings():
            # a point that cannot be fitted loses by its score; a warning for each would drown the log
            warnings.simplefilter("ignore")
            try:
                halving.fit(prepared, rows.codes, **along)
            except ValueError as error:
                reason = str(error).strip().splitlines()[-1]
                raise ConfigError(f"{section} cannot be searched on these rows: {reason}") from None
    scores = halving.cv_results_
    trials = [
        {"params": _plain(params), "rows": int(used), "mean": float(mean)}
        for params, used, mean in zip(scores["params"], scores["n_resources"], scores["mean_test_score"], strict=True)
    ]
    best = trials[halving.best_index_]
    if not math.isfinite(best["mean"]):
        raise DataError(f"{section}: no point of its search could be scored on these rows")
    log.info("%s: searched %d points: %s", candidate.name, points, best["params"])
    return (
        msgspec.structs.replace(candidate, params=candidate.params | best["params"], search={}),
        best["params"],
        trials,
    )


def _space(space: list[Any] | Range) -> Any:
    if isinstance(space, list):
        return space
    if space.integer:
        return stats.randint(int(space.low), int(space.high) + 1)
    return stats.loguniform(space.low, space.high) if space.log else stats.uniform(space.low, space.high - space.low)


def _points(candidate: Candidate) -> int:
    """No more than there are."""
    sizes = [math.inf if isinstance(space, Range) else len(space) for space in candidate.search.values()]
    return int(min(candidate.trials, math.prod(sizes)))


def _fits(points: int) -> int:
    """Of the whole halving, on a fold: a third of the points goes on, until there is no third any more."""
    return points if points < FACTOR else points + _fits(math.ceil(points / FACTOR))


def _plain(params: dict[str, Any]) -> dict[str, Any]:
    return {name: value.item() if isinstance(value, np.generic) else value for name, value in params.items()}
