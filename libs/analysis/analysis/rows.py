"""What a model sees: processed rows as columns that do not change their type from batch to batch."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from contract.errors import DataError, MissingInput

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

    from contract.config import Config
    from contract.dataset import Dataset
    from contract.run import Run

    Numbers = np.ndarray[Any, np.dtype[np.float64]]
    Codes = np.ndarray[Any, np.dtype[np.int32]]


@dataclass(frozen=True)
class Categorical:
    """A column of words: each different word once, and for each row which one it is."""

    codes: Codes
    """-1 where missing."""
    categories: list[str]

    def __len__(self) -> int:
        return len(self.codes)

    def __getitem__(self, rows: Any) -> Categorical:
        """The same words for some of the rows."""
        return Categorical(self.codes[rows], self.categories)

    def objects(self) -> np.ndarray[Any, Any]:
        """The word of each row, NaN where missing."""
        import numpy as np

        # the last one stands for a missing value, which has the place -1
        return np.asarray(np.array([*self.categories, float("nan")], dtype=object)[self.codes])


Columns = Mapping[str, "Numbers | Categorical"]
"""By name: numbers as float64 with NaN where missing, or words."""


def labelled_days(run: Run) -> list[Dataset]:
    """The processed days that a training of the run's day looks at, oldest first.

    Raises MissingInput that names the days which are not there, or have no target.
    """
    from contract.dataset import Dataset

    days = [day.isoformat() for day in run.config.window(run.date)]
    absent, datasets = [], []
    for day in days:
        try:
            datasets.append(Dataset.open(run.layout.processed(day)))
        except MissingInput:
            absent.append(day)
    if absent:
        raise MissingInput(
            f"{run.layout.name(run.layout.processed(absent[0]))}: not there; the window of {run.day} is {days[0]} to "
            f"{days[-1]} and lacks {', '.join(absent)}; run generate and preprocess for each, "
            f"for example: preprocess --day {absent[0]}"
        )
    target = run.config.table.target
    bare = [each.path.name for each in datasets if target not in {field.name for field in each.manifest.schema}]
    if bare:
        raise MissingInput(
            f"{run.layout.name(run.layout.processed(bare[0]))}: no target for a day: {target!r} must be known for "
            f"every day of the window of {run.day} and is not for {', '.join(bare)}; bring the labels, then run "
            f"generate and preprocess for these days, or raise training.target_delay_days"
        )
    return datasets


def labelled_rows(batch: pa.RecordBatch, target: str, part: str) -> pa.RecordBatch:
    """The rows of a batch that belong to a part ("train", "test") and have a target."""
    import pyarrow.compute as pc

    wanted = pc.equal(batch.column("split").cast("string"), part)
    return batch.filter(pc.and_(wanted, pc.is_valid(batch.column(target))))


def columns(batch: pa.RecordBatch, names: Iterable[str]) -> dict[str, Numbers | Categorical]:
    """The named columns: numbers as float64 with NaN where missing, or words.

    By the column's Arrow type alone, so that no missing value, and no word that a batch happens
    to have or to lack, changes a type. Raises DataError for a column that is not there.
    """
    return {name: _column(batch, name) for name in names}


def classes(config: Config) -> list[str]:
    """The target's words in the order of their codes, for two classes the positive one last; none for a regression."""
    table = config.table
    if table.task == "regression":
        return []
    names = list(config.columns[table.target].values or ())
    return sorted(names, key=lambda name: name == table.positive) if table.task == "binary" else names


def encode_target(batch: pa.RecordBatch, config: Config) -> np.ndarray[Any, Any]:
    """The target of labelled rows as scores are computed on: the place of its word in `classes`, or the number."""
    import numpy as np

    found = _column(batch, config.table.target)
    if not isinstance(found, Categorical):
        return found
    known = classes(config)
    return np.array([known.index(word) for word in found.categories], dtype=np.intp)[found.codes]


def _column(batch: pa.RecordBatch, name: str) -> Numbers | Categorical:
    import numpy as np
    import pyarrow as pa

    if name not in batch.schema.names:
        raise DataError(f"processed rows must have the column {name!r}, got {', '.join(batch.schema.names)}")
    column = batch.column(name)
    if pa.types.is_dictionary(column.type) and column.dictionary.null_count:
        column = column.dictionary_decode()
    if pa.types.is_string(column.type):
        column = column.dictionary_encode()
    if pa.types.is_dictionary(column.type):
        return Categorical(column.indices.fill_null(-1).to_numpy().astype(np.int32), column.dictionary.to_pylist())
    return np.asarray(column.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False))
