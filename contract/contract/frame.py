"""What a model sees: processed rows as arrays that do not change their type from batch to batch."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from contract.errors import DataError, MissingInput

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

    from contract.dataset import Dataset
    from contract.run import Run


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


def arrays(batch: pa.RecordBatch, names: Iterable[str]) -> dict[str, np.ndarray[Any, Any]]:
    """The named columns: numbers as float64, words as objects, NaN where missing.

    By the column's Arrow type alone, so that no missing value, and no word that a batch happens
    to have or to lack, changes a dtype. Raises DataError for a column that is not there.
    """
    return {name: _array(batch, name) for name in names}


def _array(batch: pa.RecordBatch, name: str) -> np.ndarray[Any, Any]:
    import numpy as np
    import pyarrow as pa

    if name not in batch.schema.names:
        raise DataError(f"processed rows must have the column {name!r}, got {', '.join(batch.schema.names)}")
    column = batch.column(name)
    if pa.types.is_string(column.type):
        column = column.dictionary_encode()
    if not pa.types.is_dictionary(column.type):
        return np.asarray(column.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False))
    # one take over the few words, no Python per row; the last one stands for a missing value
    words = np.array([*column.dictionary.to_pylist(), float("nan")], dtype=object)
    taken: np.ndarray[Any, Any] = words[column.indices.fill_null(len(column.dictionary)).to_numpy()]
    return taken
