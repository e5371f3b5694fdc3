"""The rows that a training may see: labelled, of the train part, in one order whoever reads them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from analysis.rows import Categorical, classes, columns, encode_target, labelled_rows
from contract.config import Config
from contract.datasets.dataset import Dataset
from contract.datasets.prefetch import prefetch
from contract.errors import DataError
from contract.steps.progress import progress
from train.sample import sample_mask

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Rows:
    """Features and target, row by row: by day, then as stored."""

    columns: dict[str, Array | Categorical]
    """One for each feature: float64 with NaN where missing, or words."""
    codes: Array
    """What scores are computed on. Binary: 1 for the positive class, 0 for the other; multiclass: the
    number of the class in the configuration; regression: the target itself."""
    classes: list[str]
    """The word of each code; none for a regression."""
    by_day: dict[str, int]
    available: int
    """Rows that there are; more than these when `training.max_rows` asks for a sample."""

    def __len__(self) -> int:
        return len(self.codes)

    @property
    def target(self) -> Array:
        """The class's label (object), or the number (float64)."""
        return self.labels_of(self.codes)

    def labels_of(self, codes: Array) -> Array:
        """What codes stand for."""
        return np.array(self.classes, dtype=object)[codes] if self.classes else codes

    @property
    def days(self) -> Array:
        """The day of each row, as its number in `by_day`."""
        return np.repeat(np.arange(len(self.by_day)), list(self.by_day.values()))


def read(days: list[Dataset], config: Config) -> Rows:
    """The rows of the window that train, at most `training.max_rows`. Raises DataError when they cannot."""
    mask, names = sample_mask(days, config), [*config.features]
    most = sum(day.rows() for day in days) if mask is None else int(mask.sum())
    gathered = {name: _Column(most) for name in names}
    codes, known = np.empty(most, dtype=np.float64), classes(config)
    end, offset, by_day = 0, 0, {day.path.name: 0 for day in days}
    for day, batch in labelled_batches(days, config):
        wanted = batch if mask is None else batch.filter(mask[offset : offset + batch.num_rows])
        offset += batch.num_rows
        by_day[day] += wanted.num_rows
        here = slice(end, end := end + wanted.num_rows)
        for name, values in columns(wanted, names).items():
            gathered[name].put(here, values)
        codes[here] = encode_target(wanted, config)
    filled = {name: column.first(end) for name, column in gathered.items()}
    rows = Rows(filled, codes[:end].astype(np.intp) if known else codes[:end], known, by_day, offset)
    _check_target(rows, config, len(days))
    return rows


def labelled_batches(days: list[Dataset], config: Config) -> Iterator[tuple[str, pa.RecordBatch]]:
    """Every row of the days that may train, batch by batch, with its day."""
    target = config.table.target
    with progress("read", sum(day.rows() for day in days)) as advance:
        for day in days:
            for batch in prefetch(day.batches([*config.features, target, "split"])):
                yield day.path.name, labelled_rows(batch, target, "train")
                advance(batch.num_rows)


class _Column:
    """A column that is filled batch by batch, in place: joined pieces would be there twice."""

    def __init__(self, rows: int) -> None:
        self._rows = rows
        self._values: Array | None = None
        self._codes: dict[str, int] = {}
        self._categorical = False

    def put(self, here: slice, values: Array | Categorical) -> None:
        """Take the values of some rows."""
        self._categorical = isinstance(values, Categorical)
        if self._values is None:
            self._values = np.empty(self._rows, dtype=np.int32 if self._categorical else np.float64)
        if isinstance(values, Categorical):
            # each batch has a dictionary of its own
            own = [self._codes.setdefault(category, len(self._codes)) for category in values.categories]
            self._values[here] = np.array([*own, -1], dtype=np.int32)[values.codes]
        else:
            self._values[here] = values

    def first(self, rows: int) -> Array | Categorical:
        """What was put there."""
        values: Array = np.empty(0) if self._values is None else self._values[:rows]
        return Categorical(values, list(self._codes)) if self._categorical else values


def _check_target(rows: Rows, config: Config, days: int) -> None:
    """Raise DataError when there are too few rows to compare candidates on, or nothing to tell apart."""
    folds, name = config.training.folds, config.table.target
    where = f"the train rows of {days} days"
    remedy = "lower training.folds, raise training.window_days or bring more rows"
    if len(rows) < 2 * folds:
        raise DataError(f"{where}: must be at least {2 * folds} (two per training.folds), got {len(rows)}; {remedy}")
    values, numbers = np.unique(rows.codes, return_counts=True)
    if len(values) < 2:
        only = rows.labels_of(values)[0]
        raise DataError(f"{where}: {name!r} must have at least two values, got only {only!r}; {remedy}")
    if config.table.task == "regression":
        return
    for label, number in zip(rows.labels_of(values), numbers, strict=True):
        if number < folds:
            raise DataError(
                f"{where}: {name!r} must have each class at least {folds} times (once per training.folds), "
                f"got {label!r} {number} times; {remedy}"
            )
