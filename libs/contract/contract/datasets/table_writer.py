"""One part file of a table, written batch by batch."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet

from contract.os_errors import naming

_LOOKED_AT = 16_384
"""Rows that tell whether a column repeats its values."""


class TableWriter:
    """A Parquet or CSV file that is being written; the same rows give the same bytes."""

    def __init__(self, path: Path, first: pa.RecordBatch | pa.Table, form: Literal["parquet", "csv"]) -> None:
        """`first`: the rows that will be written first, for their schema and how to store them."""
        self.path = path
        self.rows = 0
        with naming(path):
            self._writer = (
                # without each page's smallest and largest value: nobody asks, and they cost a tenth of the time
                pa.parquet.ParquetWriter(
                    path, first.schema, compression="zstd", write_statistics=False, **_encodings(first)
                )
                if form == "parquet"
                else pa.csv.CSVWriter(path, first.schema)
            )

    def write(self, rows: pa.RecordBatch | pa.Table) -> None:
        """Append rows of the file's schema."""
        with naming(self.path):
            self._writer.write(rows)
        self.rows += rows.num_rows

    def close(self) -> None:
        """Finish the file."""
        with naming(self.path):
            self._writer.close()


def _encodings(rows: pa.RecordBatch | pa.Table) -> dict[str, Any]:
    """A dictionary for the columns that repeat their values, and for no others.

    To try one on numbers that hardly repeat, or on keys, costs a quarter of the time of writing and saves nothing.
    """
    sample = rows.slice(0, _LOOKED_AT)
    repeating = [field.name for field in rows.schema if _repeats(sample.column(field.name))]
    integers = [field.name for field in rows.schema if pa.types.is_integer(field.type) and field.name not in repeating]
    return {"use_dictionary": repeating, "column_encoding": dict.fromkeys(integers, "DELTA_BINARY_PACKED")}


def _repeats(column: pa.Array | pa.ChunkedArray) -> bool:
    try:
        different: int = pc.count_distinct(column).as_py()
    except pa.ArrowNotImplementedError:  # a dictionary already, or of a rare type
        return True
    return different * 4 <= len(column)
