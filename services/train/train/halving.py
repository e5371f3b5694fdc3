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

from contract.errors import DataError
from contract.modelling import Candidate, Range
from train.candidates import Scorer, build
from train.prepare import pipeline
from train.rows import Array, Rows

FACTOR = 3

log = logging.getLogger("train")


def search(
    candidate: Candidate, seed: int, judge: Scorer, rows: Rows, splits: list[tuple[Array, Array]], weight: Array | None
) -> tuple[Candidate, dict[str, Any], list[dict[str, Any]]]:
    """The candidate with the parameters that won, these alone, and all trials.

    Raises DataError when no point of the space could be scored.
    """
    halving = HalvingRandomSearchCV(
        pipeline(build(candidate, seed), rows.frame),
        {f"estimate__{name}": _space(space) for name, space in candidate.search.items()},
        n_candidates=_points(candidate),
        factor=FACTOR,
        min_resources="exhaust",
        cv=splits,
        scoring=judge,
        random_state=seed,
        refit=False,
        error_score=np.nan,
    )
    with warnings.catch_warnings():
        # a point that cannot be fitted loses by its score; a warning for each would drown the log
        warnings.simplefilter("ignore")
        halving.fit(rows.frame, rows.codes, **({} if weight is None else {"estimate__sample_weight": weight}))
    found = halving.cv_results_
    trials = [
        {"params": _plain(params), "rows": int(used), "mean": float(mean)}
        for params, used, mean in zip(found["params"], found["n_resources"], found["mean_test_score"], strict=True)
    ]
    best = trials[halving.best_index_]
    if not math.isfinite(best["mean"]):
        raise DataError(f"training.candidates: {candidate.name!r}: no point of its search space could be scored")
    log.info("%s: searched %d points in %d fits: %s", candidate.name, _points(candidate), len(trials), best["params"])
    found_params = candidate.params | best["params"]
    return msgspec.structs.replace(candidate, params=found_params, search={}), best["params"], trials


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


def _plain(params: dict[str, Any]) -> dict[str, Any]:
    return {
        name.removeprefix("estimate__"): value.item() if isinstance(value, np.generic) else value
        for name, value in params.items()
    }
