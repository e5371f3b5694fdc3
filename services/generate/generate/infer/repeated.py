"""Rows that equal earlier ones in all that a model sees."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from contract.texts.values import canonical
from generate.infer.inputs import Input

MOST_ROWS = 2_000_000
"""So many are compared: 8 bytes each, and enough to tell whether rows repeat."""


@dataclass(frozen=True)
class Repeats:
    """How many rows equal an earlier one."""

    rows: int = 0
    in_other_files: int = 0
    """How many of them equal a row of an earlier file."""


def repeated_rows(table: Input, columns: Sequence[str]) -> Repeats:
    """How many rows, of the first MOST_ROWS, equal an earlier one in all these columns."""
    before, repeated, again = np.empty(0, dtype=np.int64), 0, 0
    for part in table.tables:
        seen, hashes = len(before), [np.empty(0, dtype=np.int64)]
        for batch in part.batches(list(columns)):
            if seen >= MOST_ROWS:
                break
            hashes.append(_hashes(batch))
            seen += batch.num_rows
        own = np.concatenate(hashes)
        known = np.isin(own, before)
        again += int(known.sum())
        different = np.unique(own[~known])
        repeated += len(own) - len(different)
        before = np.concatenate([before, different])
        if seen >= MOST_ROWS:
            break
    return Repeats(repeated, again)


def _hashes(batch: pa.RecordBatch) -> npt.NDArray[np.int64]:
    texts = [canonical(column).cast(pa.string()) for column in batch.columns]
    rows = pc.binary_join_element_wise(*texts, "\x1f", null_handling="replace", null_replacement="\0")
    # not for keeping: Python's own hash is another one in the next run
    return np.fromiter(map(hash, rows.to_pylist()), dtype=np.int64, count=len(rows))
