"""Some rows of a table, evenly spread over all of them, however many come."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

MOST_ROWS = 20_000
MOST_CELLS = 2_000_000
"""Of a wide table fewer rows are kept. Twice as many are held at times."""


@dataclass
class Sample:
    """Every n-th row, as trimmed texts; n doubles as the table grows."""

    columns: list[str]
    every: int = 1
    seen: int = 0
    _batches: list[pa.RecordBatch] = field(default_factory=list)
    _kept: int = 0

    def add(self, batch: pa.RecordBatch) -> None:
        """Take in the next rows."""
        start = -self.seen % self.every
        rows = pa.array(np.arange(start, batch.num_rows, self.every))
        texts = [pc.utf8_trim_whitespace(batch.column(name).take(rows).cast(pa.string())) for name in self.columns]
        self._batches.append(pa.RecordBatch.from_arrays(texts, names=self.columns))
        self._kept += len(rows)
        self.seen += batch.num_rows
        while self._kept > 2 * max(1, min(MOST_ROWS, MOST_CELLS // len(self.columns))):
            table = self.table()
            halved = table.take(pa.array(np.arange(0, len(table), 2)))
            self._batches = halved.combine_chunks().to_batches()
            self._kept, self.every = len(halved), 2 * self.every

    def table(self) -> pa.Table:
        """The rows that were kept, in their order."""
        schema = pa.schema([(name, pa.string()) for name in self.columns])
        return pa.Table.from_batches(self._batches, schema)
