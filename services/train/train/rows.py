"""The rows that a training may see: labelled, of the train part, in one order whoever reads them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa

from analysis.rows import Categorical, Text, classes, columns, encode_target, groups, labelled_rows
from contract.config import GROUP, Config
from contract.datasets.dataset import Dataset
from contract.datasets.prefetch import prefetch
from contract.errors import DataError
from contract.steps.progress import progress
from train.splits.sample import sample_mask

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Rows:
    """Features and target, row by row: by day, then as stored."""

    columns: dict[str, Array | Categorical]
    """One for each feature: float64 with NaN where missing, datetime64[us], words, or texts."""
    codes: Array
    """What scores are computed on. Binary: 1 for the positive class, 0 for the other; multiclass: the
    number of the class in the configuration; regression: the target itself."""
    groups: Array
    """The entity of each row (uint64)."""
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

    @cached_property
    def entities(self) -> int:
        """How many there are."""
        ordered = np.sort(self.groups)
        return len(ordered) and 1 + int(np.count_nonzero(ordered[1:] != ordered[:-1]))

    @property
    def repeat(self) -> bool:
        """Whether an entity has more than one row; cross-validation then keeps its rows together."""
        return self.entities < len(self)

    @property
    def come_back(self) -> bool:
        """Whether most rows are of entities that are there on several days."""
        if not self.repeat:
            return False
        _, entities = np.unique(self.groups, return_inverse=True)
        pairs = np.unique(entities * len(self.by_day) + self.days)
        on_days = np.bincount(pairs // len(self.by_day))
        return bool((on_days[entities] > 1).mean() >= 0.5)

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
    entities = np.empty(most, dtype=np.uint64)
    end, offset, by_day = 0, 0, {day.path.name: 0 for day in days}
    for day, batch in labelled_batches(days, config):
        wanted = batch if mask is None else batch.filter(mask[offset : offset + batch.num_rows])
        offset += batch.num_rows
        by_day[day] += wanted.num_rows
        here = slice(end, end := end + wanted.num_rows)
        for name, values in columns(wanted, names).items():
            gathered[name].put(here, values)
        codes[here] = encode_target(wanted, config)
        entities[here] = groups(wanted)
    filled = {name: column.first(end) for name, column in gathered.items()}
    for name, column in filled.items():
        if isinstance(column, Categorical) and config.columns[name].type == "text":
            filled[name] = Text(column.codes, column.categories)
    codes = codes[:end].astype(np.intp) if known else codes[:end]
    rows = Rows(filled, codes, entities[:end], known, by_day, offset)
    _check_target(rows, config, len(days))
    return rows


def labelled_batches(days: list[Dataset], config: Config) -> Iterator[tuple[str, pa.RecordBatch]]:
    """Every row of the days that may train, batch by batch, with its day."""
    target = config.table.target
    with progress("read", sum(day.rows() for day in days)) as advance:
        for day in days:
            for batch in prefetch(day.batches([*config.features, target, "split", GROUP])):
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
            self._values = np.empty(self._rows, dtype=np.int32 if isinstance(values, Categorical) else values.dtype)
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


def what_is_one(config: Config) -> str:
    """Which rows are of one entity, for messages about too few of them."""
    if config.group is None:
        return (
            "without table.key and table.group equal rows are one entity: name the column that says what a row belongs "
            f'to, or set table.group = "{config.key}" where each row is its own'
        )
    if config.group == config.key:
        return f"rows with the same {config.key!r} are one entity, unless table.group names another column"
    return f"rows with the same {config.group!r} are one entity by table.group"


def _check_target(rows: Rows, config: Config, days: int) -> None:
    """Raise DataError when there are too few entities to compare candidates on, or nothing to tell apart."""
    folds, name = config.training.folds, config.table.target
    where = f"the train rows of {days} days"
    sample = ", raise training.max_rows" if rows.available > len(rows) else ""
    remedy = f"lower training.folds, raise training.window_days{sample} or bring more rows"
    # where each entity has one row, rows are what a user counts
    owners, nouns = ("be of ", " entities") if rows.repeat else ("be ", "")
    one = f"; {what_is_one(config)}" if rows.repeat else ""
    if rows.entities < 2 * folds:
        raise DataError(
            f"{where}: must {owners}at least {2 * folds}{nouns} (two per training.folds), got {rows.entities}{one}; "
            f"{remedy}"
        )
    values = np.unique(rows.codes)
    if len(values) < 2:
        only = rows.labels_of(values)[0]
        raise DataError(f"{where}: {name!r} must have at least two values, got only {only!r}; {remedy}")
    if config.table.task == "regression":
        return
    times = "in {} entities" if rows.repeat else "{} times"
    for code, label in zip(values, rows.labels_of(values), strict=True):
        owning = rows.groups[rows.codes == code]
        number = len(np.unique(owning)) if rows.repeat else len(owning)
        if number < folds:
            raise DataError(
                f"{where}: {name!r} must have each class at least {times.format(folds)} (once per training.folds), "
                f"got {label!r} {times.format(number)}{one}; {remedy}"
            )
