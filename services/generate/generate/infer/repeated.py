"""Rows that equal earlier ones in all that a model sees."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from contract.value_text import canonical
from generate.files.table_file import TableFile

MOST_ROWS = 2_000_000
"""So many are compared: 8 bytes each, and enough to tell whether rows repeat."""


def repeated_rows(table: TableFile, features: Sequence[str]) -> int:
    """How many rows, of the first MOST_ROWS, equal an earlier one in all features."""
    seen, hashes = 0, [np.empty(0, dtype=np.int64)]
    for batch in table.batches(list(features)):
        texts = [canonical(column).cast(pa.string()) for column in batch.columns]
        rows = pc.binary_join_element_wise(*texts, "\x1f", null_handling="replace", null_replacement="\0")
        # not for keeping: Python's own hash is another one in the next run
        hashes.append(np.fromiter(map(hash, rows.to_pylist()), dtype=np.int64, count=len(rows)))
        seen += len(rows)
        if seen >= MOST_ROWS:
            break
    together = np.concatenate(hashes)
    return len(together) - len(np.unique(together))
