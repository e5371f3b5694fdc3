"""Which rows a candidate is fitted on, and which it is then scored on."""

from __future__ import annotations

import numpy as np
from sklearn.model_selection import KFold, StratifiedKFold, TimeSeriesSplit

from contract.config import Config
from contract.errors import DataError
from train.rows import Array, Rows


def folds(config: Config, rows: Rows) -> list[tuple[Array, Array]]:
    """Row numbers to fit on and to score on, fold by fold. Raises DataError when the rows do not allow it."""
    training = config.training
    if training.cross_validation == "by_day":
        return _by_day(config, rows)
    kind = KFold if config.table.task == "regression" else StratifiedKFold
    return list(kind(training.folds, shuffle=True, random_state=training.seed).split(rows.frame, rows.codes))


def _by_day(config: Config, rows: Rows) -> list[tuple[Array, Array]]:
    """Earlier days to fit on, the next ones to score."""
    count, days = config.training.folds, len(rows.by_day)
    remedy = 'lower training.folds, raise training.window_days, or take cross_validation = "shuffled"'
    if days < count + 1:
        raise DataError(
            f'the train rows of {days} days: cross_validation = "by_day" needs at least {count + 1} days '
            f"(training.folds and one more), got {days}; {remedy}"
        )
    found = []
    for earlier, later in TimeSeriesSplit(count).split(np.arange(days)):
        inside, outside = (np.flatnonzero(np.isin(rows.days, each)) for each in (earlier, later))
        if config.table.task != "regression" and len(np.unique(rows.codes[inside])) < len(np.unique(rows.codes)):
            last = list(rows.by_day)[earlier[-1]]
            raise DataError(f"the train rows up to {last}: must have every class of the window; {remedy}")
        if not len(outside):
            raise DataError(f"the train rows: every day that is scored must have some; {remedy}")
        found.append((inside, outside))
    return found
