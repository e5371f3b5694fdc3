"""Read a day's predictions as they were written: by types, in either format, and with what they were made of."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv

from analysis.formulas import with_formulas
from analysis.record.predicted_for import again, name_of
from analysis.rows import Categorical, columns, is_moments
from contract.datasets.dataset import Dataset
from contract.errors import DataError

CONTENT = "content"
"""Role of the file that has `content_hashes` of the predicted rows, in their order, where rows have but a number."""

Hashes = np.ndarray[Any, np.dtype[np.uint64]]


def prediction_batches(predictions: Dataset, names: Sequence[str]) -> Generator[pa.RecordBatch, None, None]:
    """The named columns, batch by batch, each part checked before it is read.

    A column has the type that it was written with: CSV names none, and `007` would come back as a number, `False` as a
    truth. Raises DataError for a column that is not there, and for a damaged part.
    """
    types = {field.name: field.type for field in predictions.manifest.schema}
    if missing := [name for name in names if name not in types]:
        raise DataError(
            f"{name_of(predictions)}: must have the column {missing[0]!r}, got {', '.join(types)}; {again(predictions)}"
        )
    if not any(file.path.endswith(".csv") for file in predictions.manifest.named("rows")):
        yield from predictions.batches(list(names))
        return
    schema = pa.schema([(name, pa.type_for_alias(types[name])) for name in names])
    for path in predictions.parts():
        yield from _csv(path, schema)


def content_hashes(batch: pa.RecordBatch, names: Sequence[str]) -> Hashes:
    """A hash of each row's values in the named columns of processed rows, however they are stored."""
    frame = pd.DataFrame({name: _values(column) for name, column in columns(batch, names).items()})
    return np.asarray(pd.util.hash_pandas_object(frame, index=False), dtype=np.uint64)


def _values(column: Any) -> Any:
    if isinstance(column, Categorical):
        return pd.Categorical.from_codes(column.codes, column.categories)
    return column if is_moments(column) else column + 0.0  # -0.0 is 0.0


def _csv(path: Path, schema: pa.Schema) -> Generator[pa.RecordBatch, None, None]:
    reader = pa.csv.open_csv(
        path,
        parse_options=pa.csv.ParseOptions(newlines_in_values=True),
        # an empty field is a missing number, and an empty text; nan stays what it is
        convert_options=pa.csv.ConvertOptions(
            column_types=schema, include_columns=schema.names, null_values=[""], strings_can_be_null=False
        ),
    )
    for batch in reader:
        yield with_formulas(batch)
