"""A day's labels, found by the hash of their key."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from contract.config import Config
from contract.dataset import Dataset
from preprocess.checked import Checked, Mask, nulls
from preprocess.keys import Hashes, find, first_of_each, hashes_of, read_keys
from preprocess.quarantine import PROVENANCE, SCHEMA, judge, rejected
from preprocess.rules import check


@dataclass
class Labels:
    """Labels in the order of their keys' hashes: 17 bytes each, and the bad ones as they came."""

    config: Config
    hashes: Hashes
    values: npt.NDArray[np.float64]
    """Numbers for regression, else positions in the target's list of classes; NaN for a bad label."""
    repeated: int
    """Labels whose key has an earlier one: the first stays, as with rows."""
    bad: pa.Table
    """The bad labels' lines for the rejected rows, by quarantine.SCHEMA."""
    bad_hashes: Hashes
    used: Mask = field(init=False)

    def __post_init__(self) -> None:
        self.used = np.zeros(len(self.hashes), dtype=bool)

    @property
    def without_row(self) -> int:
        """Labels whose key no row asked for so far."""
        return int(len(self.used) - self.used.sum())

    def of(self, hashes: Hashes) -> tuple[pa.Array, Mask]:
        """The labels of rows by their keys' hashes (null: none), and the rows whose label is bad."""
        found = find(hashes, self.hashes)
        there = found >= 0
        self.used[found[there]] = True
        values = np.where(there, self.values[found], np.nan) if len(self.values) else np.full(len(found), np.nan)
        bad = there & np.isnan(values)
        none = ~there | bad
        if self.config.table.task == "regression":
            return pa.array(np.where(none, 0, values), mask=none), bad
        classes = pa.array(self._classes, pa.string())
        return classes.take(pa.array(np.where(none, 0, values).astype(np.int32), mask=none)), bad

    def lines(self, hashes: Hashes) -> pa.Table:
        """Where the bad labels of these keys came from, with rule and value."""
        return self.bad.take(pa.array(find(hashes, self.bad_hashes)))

    @property
    def _classes(self) -> tuple[str, ...]:
        return self.config.columns[self.config.table.target].values or ()


def read_labels(target: Dataset, config: Config) -> Labels:
    """All labels of a committed target dataset."""
    name = config.table.target
    hashes = np.zeros(target.rows(), dtype=np.uint64)
    values = np.zeros(target.rows())
    bad = [SCHEMA.empty_table()]
    bad_hashes = [np.zeros(0, dtype=np.uint64)]
    end = 0
    for batch in target.batches([config.key, name, *PROVENANCE]):
        _, keys = read_keys(batch.column(config.key), config)
        checked = check(name, batch.column(name), config.columns[name], config.table.missing_values)
        # a label without a key belongs to no row, and a missing one is none
        kept = ~nulls(keys) & ~checked.missing
        verdict = judge({name: checked}, kept)
        bad.append(rejected(batch, keys, verdict))
        count = int(kept.sum())
        here = hashes_of(keys)
        hashes[end : end + count] = here[kept]
        values[end : end + count] = _plain(checked, verdict.good, config)[kept]
        bad_hashes.append(here[kept & ~verdict.good])
        end += count
    first = first_of_each(hashes[:end])
    broken = np.concatenate(bad_hashes)
    first_broken = first_of_each(broken)
    return Labels(
        config=config,
        hashes=hashes[first],
        values=values[first],
        repeated=end - len(first),
        bad=pa.concat_tables(bad).take(pa.array(first_broken)),
        bad_hashes=broken[first_broken],
    )


def _plain(checked: Checked, good: Mask, config: Config) -> npt.NDArray[np.float64]:
    values = checked.values if config.table.task == "regression" else checked.values.indices
    plain: npt.NDArray[np.float64] = values.cast(pa.float64(), safe=False).fill_null(np.nan).to_numpy()
    return np.where(good, plain, np.nan)
