"""A sample of rows as they stream by, of the same size and the same chance for each, whatever their order."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from pandas.util import hash_array

from analysis.rows import groups


class Sample:
    """The rows with the least hashes of group and number: sorted files, and long groups, weigh no more than others."""

    def __init__(self, rows: int) -> None:
        self.rows = rows
        self._seen = 0
        self._below = np.iinfo(np.uint64).max
        self._kept: list[tuple[np.ndarray, pa.Table]] = []

    def add(self, batch: pa.RecordBatch) -> None:
        """Let rows stream by. Raises DataError for rows that do not say what group they are of."""
        numbers = np.arange(self._seen, self._seen + batch.num_rows, dtype=np.uint64)
        self._seen += batch.num_rows
        hashes = hash_array(groups(batch) ^ hash_array(numbers))
        candidates = np.flatnonzero(hashes < self._below)
        if len(candidates):
            self._kept.append((hashes[candidates], _as_text(pa.table(batch.take(pa.array(candidates))))))
        if sum(len(part) for part, _ in self._kept) > 4 * self.rows:
            self._compact()

    def table(self) -> pa.Table | None:
        """The sample in the order of the hashes, so that its first rows are one, too; categories are text."""
        if not self._kept:
            return None
        self._compact()
        return self._kept[0][1]

    def _compact(self) -> None:
        hashes = np.concatenate([part for part, _ in self._kept])
        order = np.argsort(hashes, kind="stable")[: self.rows]
        self._kept = [(hashes[order], pa.concat_tables(rows for _, rows in self._kept).take(pa.array(order)))]
        if len(order) == self.rows:
            self._below = hashes[order[-1]]


def _as_text(rows: pa.Table) -> pa.Table:
    """Categories as text, so that batches can be joined: each has a dictionary of its own."""
    fields = [
        pa.field(field.name, pa.string() if pa.types.is_dictionary(field.type) else field.type) for field in rows.schema
    ]
    return rows.cast(pa.schema(fields))
