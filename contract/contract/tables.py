"""One part file of a table, written batch by batch."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet


class TableWriter:
    """A Parquet or CSV file that is being written; the same rows give the same bytes."""

    def __init__(self, path: Path, schema: pa.Schema, form: Literal["parquet", "csv"]) -> None:
        self.path = path
        self.rows = 0
        self._writer = (
            pa.parquet.ParquetWriter(path, schema, compression="zstd")
            if form == "parquet"
            else pa.csv.CSVWriter(path, schema)
        )

    def write(self, rows: pa.RecordBatch | pa.Table) -> None:
        """Append rows of the file's schema."""
        self._writer.write(rows)
        self.rows += rows.num_rows

    def close(self) -> None:
        """Finish the file."""
        self._writer.close()
