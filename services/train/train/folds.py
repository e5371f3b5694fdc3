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
    return list(kind(training.folds, shuffle=True, random_state=training.seed).split(rows.codes, rows.codes))


def _by_day(config: Config, rows: Rows) -> list[tuple[Array, Array]]:
    """Earlier days to fit on, the next ones to score."""
    count, days = config.training.folds, len(rows.by_day)
    remedy = 'lower training.folds, raise training.window_days, or take cross_validation = "shuffled"'
    if days < count + 1:
        raise DataError(
            f'the train rows of {days} days: cross_validation = "by_day" needs at least {count + 1} days '
            f"(training.folds and one more), got {days}; {remedy}"
        )
    splits = []
    for earlier, later in TimeSeriesSplit(count).split(np.arange(days)):
        inside, outside = (np.flatnonzero(np.isin(rows.days, numbers)) for numbers in (earlier, later))
        for indices, numbers in ((inside, earlier), (outside, later)):
            _check(config, rows, indices, [list(rows.by_day)[number] for number in numbers], remedy)
        splits.append((inside, outside))
    return splits


def _check(config: Config, rows: Rows, indices: Array, days: list[str], remedy: str) -> None:
    """Raise DataError for days that cannot be fitted on, or scored."""
    where = f"the train rows of {days[0]}" + (f" to {days[-1]}" if len(days) > 1 else "")
    if len(indices) < 2:
        raise DataError(f"{where}: must be at least 2, got {len(indices)}; {remedy}")
    if config.table.task == "regression":
        return
    if lacking := sorted(rows.labels_of(np.setdiff1d(rows.codes, rows.codes[indices]))):
        raise DataError(f"{where}: must have every class of the window, lack {', '.join(lacking)}; {remedy}")
