"""The rows of many days on their way into one Parquet file a day, in bounded memory and with few open files."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from generate.split.calendar import NO_DAY, Ordinals

HELD_BYTES = 64 << 20
"""The most bytes of rows in memory; then all of them go to disk."""


class Spool:
    """Rows by their day, each day's in the order in which they came."""

    def __init__(self, directory: Path, schema: pa.Schema) -> None:
        """`directory`: one for the spool alone."""
        self._directory, self._schema = directory, schema
        self._held: dict[int, list[pa.RecordBatch]] = {}
        self._bytes = 0
        self._files: dict[int, list[Path]] = {}
        self.rows: dict[int, int] = {}
        """How many rows each day has, by its ordinal."""

    def add(self, rows: pa.RecordBatch, days: Ordinals) -> None:
        """Put rows to their days; those with NO_DAY are left out."""
        order = np.argsort(days, kind="stable")
        found, starts = np.unique(days[order], return_index=True)
        together = rows.take(pa.array(order))
        for day, start, end in zip(found.tolist(), starts, [*starts[1:], len(days)], strict=True):
            if day != NO_DAY:
                self._held.setdefault(day, []).append(together.slice(start, end - start))
                self.rows[day] = self.rows.get(day, 0) + int(end - start)
        self._bytes += together.nbytes
        if self._bytes >= HELD_BYTES:
            self._flush()

    def write(self, folder: Path, name: str) -> Iterator[tuple[str, Path]]:
        """Each day with its file, `folder/<day>/<name>`, once it is written; the oldest first."""
        for day in sorted(self.rows):
            text = date.fromordinal(day).isoformat()
            path = folder / text / name
            path.parent.mkdir(exist_ok=True)
            with pq.ParquetWriter(path, self._schema, compression="zstd") as writer:
                for table in self._tables(day):
                    writer.write_table(table)
            yield text, path

    def _tables(self, day: int) -> Iterator[pa.Table]:
        for path in self._files.pop(day, []):
            with pa.ipc.open_file(path) as file:
                yield file.read_all()
            path.unlink()
        if held := self._held.pop(day, []):
            yield pa.Table.from_batches(held)

    def _flush(self) -> None:
        for day, batches in self._held.items():
            files = self._files.setdefault(day, [])
            path = self._directory / f"{day}-{len(files)}"
            with pa.ipc.new_file(path, self._schema) as file:
                for batch in batches:
                    file.write_batch(batch)
            files.append(path)
        self._held, self._bytes = {}, 0
