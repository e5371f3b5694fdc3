"""Which rows a candidate is fitted on, and which it is then scored on: never rows of one entity on both sides."""

from __future__ import annotations

import numpy as np
from sklearn.model_selection import KFold, StratifiedKFold, TimeSeriesSplit

from contract.config import Config
from contract.errors import DataError
from train.rows import Array, Rows, what_is_one
from train.splits import groups

_MORE = "lower training.folds, raise training.window_days"


def folds(config: Config, rows: Rows) -> list[tuple[Array, Array]]:
    """Row numbers to fit on and to score on, fold by fold. Raises DataError when the rows do not allow it."""
    training, classes = config.training, config.table.task != "regression"
    if training.cross_validation == "by_day":
        return _by_day(config, rows)
    if not rows.repeat:
        kind = StratifiedKFold if classes else KFold
        return list(kind(training.folds, shuffle=True, random_state=training.seed).split(rows.codes, rows.codes))
    splits = groups.splits(rows.groups, rows.codes, training.folds, training.seed, classes=classes)
    remedy = f"{_MORE}; {what_is_one(config)}"
    for number, split in enumerate(splits, 1):
        for indices, purpose in zip(split, ("to fit on", "to score"), strict=True):
            _check(config, rows, indices, f"the train rows {purpose} of fold {number} of {len(splits)}", remedy)
    return splits


def _by_day(config: Config, rows: Rows) -> list[tuple[Array, Array]]:
    """Earlier days to fit on, later ones to score, and between them the days whose labels would not be known yet.

    Entities that are on both sides are dealt out: in each fold one part of them is scored, the others are fitted.
    """
    training = config.training
    count, gap, days = training.folds, training.target_delay_days, list(rows.by_day)
    remedy = f'{_MORE}, or take cross_validation = "shuffled"'
    if len(days) < count + 1 + gap:
        delay = f", one more, and {gap} of training.target_delay_days between them" if gap else " and one more"
        raise DataError(
            f'the train rows of {len(days)} days: cross_validation = "by_day" needs at least {count + 1 + gap} days '
            f"(training.folds{delay}), got {len(days)}; {remedy}"
        )
    in_time = TimeSeriesSplit(count, gap=gap, test_size=(len(days) - gap) // (count + 1))
    known = _Known(config, rows) if rows.repeat else None
    splits = []
    for number, (earlier, later) in enumerate(in_time.split(np.arange(len(days)))):
        inside, outside = (np.isin(rows.days, numbers) for numbers in (earlier, later))
        if known is not None:
            inside, outside = known.apart(inside, outside, number)
        split = np.flatnonzero(inside), np.flatnonzero(outside)
        for indices, numbers in zip(split, (earlier, later), strict=True):
            first, last = days[numbers[0]], days[numbers[-1]]
            _check(
                config, rows, indices, f"the train rows of {first}" + (f" to {last}" if last > first else ""), remedy
            )
        splits.append(split)
    return splits


class _Known:
    """Entities with more than one row, which may be on both sides of a point in time."""

    def __init__(self, config: Config, rows: Rows) -> None:
        training, classes = config.training, config.table.task != "regression"
        self._parts = groups.parts(rows.groups, rows.codes, training.folds, training.seed, classes=classes)
        numbers, self._entities = np.unique(rows.groups, return_inverse=True)
        self._count = len(numbers)

    def apart(self, inside: Array, outside: Array, part: int) -> tuple[Array, Array]:
        """Both masks without the rows of entities that are on the other side."""
        ours = self._parts == part
        fitted, scored = self._has(inside), self._has(outside)
        return inside & ~(ours & scored), outside & (ours | ~fitted)

    def _has(self, rows: Array) -> Array:
        """For each row, whether its entity has one of `rows`."""
        there = np.zeros(self._count, dtype=bool)
        there[self._entities[rows]] = True
        result: Array = there[self._entities]
        return result


def _check(config: Config, rows: Rows, indices: Array, where: str, remedy: str) -> None:
    """Raise DataError for rows that cannot be fitted on, or scored."""
    if len(indices) < 2:
        raise DataError(f"{where}: must be at least 2, got {len(indices)}; {remedy}")
    if config.table.task == "regression":
        return
    if lacking := sorted(rows.labels_of(np.setdiff1d(rows.codes, rows.codes[indices]))):
        raise DataError(f"{where}: must have every class of the window, lack {', '.join(lacking)}; {remedy}")
