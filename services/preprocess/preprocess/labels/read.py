"""A day's labels, found by the hash of their key."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from contract.config import Config
from contract.datasets.dataset import Dataset
from contract.datasets.prefetch import prefetch
from preprocess.buckets import Buckets
from preprocess.columns.checked_column import CheckedColumn, Mask, nulls
from preprocess.columns.rules import check_column, written_form
from preprocess.keys import Hashes, find, hashes_of, read_keys, repeated
from preprocess.quarantine import PROVENANCE, SCHEMA, judge, rejected

Values = npt.NDArray[np.float64]
"""Numbers for regression, else positions in the target's list of classes; NaN for no label."""

BAD = np.inf
"""The value of a label that breaks a rule; a good one is finite."""

_KEPT = 1000
"""So many hashes are kept to find a few of their keys by: the more there are, the earlier the first ones come."""

LABEL = np.dtype([("hash", "<u8"), ("value", "<f8")])


@dataclass
class Labels:
    """Labels on disk, in buckets by their keys' hashes, and the bad ones' lines."""

    config: Config
    buckets: Buckets
    bad: pa.Table
    """The bad labels' lines for the rejected rows, by quarantine.SCHEMA, in the order of `bad_hashes`."""
    bad_hashes: Hashes
    repeated: int = 0
    """Labels of the buckets asked so far whose key has an earlier one: the first stays, as with rows."""
    without_row: int = 0
    """Labels of these buckets whose key no row has."""
    without_key: int = 0
    """Labels whose key is missing, or none."""
    fitting: int = 0
    """Labels of these buckets whose key a row has."""
    contradicting: int = 0
    """Repeated labels that say another thing than the first one."""
    strangers: list[int] = field(default_factory=list)
    """Hashes of some keys that no row has."""
    contradicted: list[int] = field(default_factory=list)
    """Hashes of some keys whose labels contradict each other."""

    def of(self, ordered: Hashes, number: int) -> Values:
        """The labels of all rows of one bucket by their keys' hashes, in the order of the hashes."""
        labels = self.buckets.bucket(number)
        labels = labels[np.argsort(labels["hash"], kind="stable")]
        again = repeated(labels["hash"])
        first = np.maximum.accumulate(np.where(again, 0, np.arange(len(labels))))
        contrary = labels["hash"][again & (labels["value"] != labels["value"][first])]
        self.contradicting += len(contrary)
        _keep(self.contradicted, contrary)
        labels = labels[~again]
        positions = find(ordered, labels["hash"])
        # the last one is for the rows that have none
        asked_for = np.zeros(len(labels) + 1, dtype=bool)
        asked_for[positions] = True
        self.repeated += int(again.sum())
        strangers = labels["hash"][~asked_for[:-1]]
        self.without_row += len(strangers)
        self.fitting += len(labels) - len(strangers)
        _keep(self.strangers, strangers)
        result: Values = np.append(labels["value"], np.nan)[positions]
        return result

    def column(self, values: Values) -> tuple[pa.Array, Mask]:
        """Labels as the target's column has them (null: none), and the rows whose label is bad."""
        bad = values == BAD
        none = np.isnan(values) | bad
        if self.config.table.task == "regression":
            return pa.array(np.where(none, 0, values), mask=none), bad
        classes = pa.array(self.config.columns[self.config.table.target].values, pa.string())
        return classes.take(pa.array(np.where(none, 0, values).astype(np.int32), mask=none)), bad

    def lines(self, hashes: Hashes) -> pa.Table:
        """Where the bad labels of these keys came from, with rule and value."""
        return self.bad.take(pa.array(find(hashes, self.bad_hashes)))


def _keep(examples: list[int], hashes: Hashes) -> None:
    examples.extend(hashes[: _KEPT - len(examples)].tolist())


def read_labels(target: Dataset, config: Config, directory: Path, count: int) -> Labels:
    """All labels of a committed target dataset, in `count` buckets below `directory`."""
    name, form = config.table.target, written_form(config)
    buckets = Buckets(directory / "labels", count, LABEL)
    bad = [SCHEMA.empty_table()]
    bad_hashes = [np.zeros(0, dtype=np.uint64)]
    without_key = 0
    for batch in prefetch(target.batches([config.key, name, *PROVENANCE], dictionaries=True)):
        _, keys = read_keys(batch.column(config.key), config)
        checked = check_column(name, batch.column(name), config.columns[name], config.table.missing_values, form)
        # a label without a key belongs to no row, and a missing one is none
        kept = ~nulls(keys) & ~checked.missing
        without_key += int((nulls(keys) & ~checked.missing).sum())
        verdict = judge({name: checked}, kept)
        bad.append(rejected(batch, keys, verdict))
        hashes = hashes_of(keys)
        bad_hashes.append(hashes[kept & ~verdict.good])
        labels = np.empty(len(hashes), LABEL)
        labels["hash"], labels["value"] = hashes, _plain(checked, verdict.good, config)
        buckets.add(hashes[kept], labels[kept])
    broken = np.concatenate(bad_hashes)
    order = np.argsort(broken, kind="stable")
    order = order[~repeated(broken[order])]
    lines = pa.concat_tables(bad).take(pa.array(order))
    return Labels(config, buckets, bad=lines, bad_hashes=broken[order], without_key=without_key)


def _plain(checked: CheckedColumn, good: Mask, config: Config) -> Values:
    values = checked.values if config.table.task == "regression" else checked.values.indices
    plain = values.cast(pa.float64(), safe=False).fill_null(BAD).to_numpy()
    return np.where(good, plain, BAD)
