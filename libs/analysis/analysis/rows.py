"""What a model sees: processed rows as columns that do not change their type from batch to batch."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from contract.config import GROUP, Config
from contract.errors import DataError

Array = np.ndarray[Any, Any]
Codes = np.ndarray[Any, np.dtype[np.int32]]


@dataclass(frozen=True)
class Categorical:
    """A column of texts: each different text once, and for each row which one it is."""

    codes: Codes
    """-1 where missing."""
    categories: list[str]

    def __len__(self) -> int:
        return len(self.codes)

    def __getitem__(self, rows: Any) -> Self:
        """The same categories for some of the rows."""
        return type(self)(self.codes[rows], self.categories)

    def objects(self) -> Array:
        """The category of each row, NaN where missing."""
        # the last one stands for a missing value, which has the code -1
        return np.asarray(np.array([*self.categories, float("nan")], dtype=object)[self.codes])


class Text(Categorical):
    """A column whose texts are read, not told apart."""


Columns = Mapping[str, Array | Categorical]
"""By name: numbers as float64 with NaN where missing, moments as datetime64[us] with NaT, or categories."""


def labelled_rows(batch: pa.RecordBatch, target: str, part: str) -> pa.RecordBatch:
    """The rows of a batch that belong to a part ("train", "test") and have a target."""
    wanted = pc.equal(batch.column("split").cast("string"), part)
    return batch.filter(pc.and_(wanted, pc.is_valid(batch.column(target))))


def columns(batch: pa.RecordBatch, names: Iterable[str]) -> dict[str, Array | Categorical]:
    """The named columns: numbers as float64 with NaN where missing, moments as datetime64[us], or categories.

    By the column's Arrow type alone, so that no missing value, and no category that a batch happens
    to have or to lack, changes a type. Raises DataError for a column that is not there.
    """
    return {name: _column(batch, name) for name in names}


def groups(batch: pa.RecordBatch) -> Array:
    """The entity of each row (uint64): rows with the same number are not independent evidence.

    Raises DataError for rows from a version that did not record it.
    """
    if GROUP not in batch.schema.names:
        raise DataError(
            f"processed rows must have the column {GROUP!r}, which an earlier version did not write, got "
            f"{', '.join(batch.schema.names)}; run preprocess for their days again"
        )
    return np.asarray(batch.column(GROUP).to_numpy())


def classes(config: Config) -> list[str]:
    """The target's classes in the order of their codes, of two the positive one last; none for a regression."""
    table = config.table
    if table.task == "regression":
        return []
    names = list(config.columns[table.target].values or ())
    return sorted(names, key=lambda name: name == table.positive) if table.task == "binary" else names


def encode_target(batch: pa.RecordBatch, config: Config) -> Array:
    """The target of labelled rows as scores are computed on: the index of its class in `classes`, or the number."""
    target = _column(batch, config.table.target)
    if not isinstance(target, Categorical):
        return target
    known = classes(config)
    return np.array([known.index(label) for label in target.categories], dtype=np.intp)[target.codes]


def is_moments(column: Array | Categorical) -> bool:
    """Whether a column has dates and times."""
    return not isinstance(column, Categorical) and column.dtype.kind == "M"


def _column(batch: pa.RecordBatch, name: str) -> Array | Categorical:
    if name not in batch.schema.names:
        raise DataError(f"processed rows must have the column {name!r}, got {', '.join(batch.schema.names)}")
    column = batch.column(name)
    if pa.types.is_dictionary(column.type) and column.dictionary.null_count:
        column = column.dictionary_decode()
    if pa.types.is_string(column.type):
        column = column.dictionary_encode()
    if pa.types.is_dictionary(column.type):
        return Categorical(column.indices.fill_null(-1).to_numpy().astype(np.int32), column.dictionary.to_pylist())
    if pa.types.is_timestamp(column.type):
        return np.asarray(column.cast(pa.timestamp("us"), safe=False).to_numpy(zero_copy_only=False))
    return np.asarray(column.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False))
