"""The rows that a training may see: labelled, of the train part, in one order whoever reads them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from contract.config import Config
from contract.dataset import Dataset
from contract.errors import DataError
from contract.frame import arrays, labelled_rows
from contract.progress import progress

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Rows:
    """Features and target, row by row: by day, then as stored."""

    frame: pd.DataFrame
    """One column per feature: float64, or object of words; NaN where missing."""
    target: Array
    """The class's word (object), or the number (float64)."""
    codes: Array
    """What scores are computed on. Binary: 1 for the positive class, 0 for the other; multiclass: the
    number of the class in the configuration; regression: the target itself."""
    by_day: dict[str, int]

    @property
    def days(self) -> Array:
        """The day of each row, as its number in `by_day`."""
        return np.repeat(np.arange(len(self.by_day)), list(self.by_day.values()))


def read(days: list[Dataset], config: Config) -> Rows:
    """All rows of the window that may train. Raises DataError when they cannot."""
    target = config.table.target
    names = [*config.features, target]
    pieces: dict[str, list[Array]] = {name: [] for name in names}
    by_day = {}
    with progress("read", sum(day.rows() for day in days)) as tell:
        for day in days:
            by_day[day.path.name] = 0
            for batch in day.batches([*names, "split"]):
                tell(batch.num_rows)
                wanted = labelled_rows(batch, target, "train")
                by_day[day.path.name] += wanted.num_rows
                for name, values in arrays(wanted, names).items():
                    pieces[name].append(values)
    columns = {name: np.concatenate(parts) if parts else np.empty(0) for name, parts in pieces.items()}
    values = columns.pop(target)
    # pandas would guess its own kind of text from the objects
    frame = pd.DataFrame({name: pd.Series(column, dtype=column.dtype) for name, column in columns.items()}, copy=False)
    _check_target(values, config, len(days))
    return Rows(frame=frame, target=values, codes=codes(values, config), by_day=by_day)


def codes(target: Array, config: Config) -> Array:
    """The target as scores are computed on (see `Rows.codes`)."""
    table = config.table
    if table.task == "regression":
        return target
    classes = list(config.columns[table.target].values or ())
    if table.task == "binary":
        classes.sort(key=lambda name: name == table.positive)
    return np.asarray(pd.Index(classes, dtype=object).get_indexer(target))


def _check_target(target: Array, config: Config, days: int) -> None:
    """Raise DataError when there are too few rows to compare candidates on, or nothing to tell apart."""
    folds, name = config.training.folds, config.table.target
    where = f"the train rows of {days} days"
    remedy = "lower training.folds, raise training.window_days or bring more rows"
    if len(target) < 2 * folds:
        raise DataError(f"{where}: must be at least {2 * folds} (two per training.folds), got {len(target)}; {remedy}")
    words, numbers = np.unique(target, return_counts=True)
    if len(words) < 2:
        raise DataError(f"{where}: {name!r} must have at least two values, got only {words[0]!r}; {remedy}")
    if config.table.task == "regression":
        return
    for word, number in zip(words, numbers, strict=True):
        if number < folds:
            raise DataError(
                f"{where}: {name!r} must have each class at least {folds} times (once per training.folds), "
                f"got {word!r} {number} times; {remedy}"
            )
