"""Row keys: their text, their hash, and what follows from it (the split, duplicates)."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import xxhash

from contract.config import Config
from contract.dataset import Dataset
from contract.sections import Column
from preprocess.checked import Checked, Mask, nulls
from preprocess.rules import check
from preprocess.texts import as_text

Hashes = npt.NDArray[np.uint64]

DUPLICATE = "duplicate"


def read_keys(column: pa.Array, config: Config) -> tuple[Checked, pa.Array]:
    """A key column judged by its rules (a key must not be missing), and the keys as text."""
    spec = config.columns.get(config.key, Column(type="text", role="ignore"))
    checked = check(config.key, column, spec, config.table.missing_values)
    if spec.missing != "reject":
        checked = checked.breaking("missing", checked.missing)
    return checked, as_text(checked.values)


def hashes_of(keys: pa.Array) -> Hashes:
    """XXH64 (seed 0) of each key's UTF-8 bytes, 0 for null.

    The published algorithm, so that any other program can tell a key's split; two of five
    million keys share a hash with a probability below one in a million.
    """
    content = keys.cast(pa.binary()).fill_null(b"").to_pylist()
    hashes = np.fromiter(map(xxhash.xxh64_intdigest, content), dtype=np.uint64, count=len(keys))
    hashes[nulls(keys)] = 0
    return hashes


def in_test(hashes: Hashes, fraction: float) -> Mask:
    """The keys of the test part: for ever, and with a larger fraction still."""
    result: Mask = (hashes >> np.uint64(11)).astype(np.float64) * 2.0**-53 < fraction
    return result


def day_keys(data: Dataset, config: Config) -> tuple[Hashes, Mask]:
    """The hash of each row's key, and the rows whose key an earlier row has: 9 bytes a row."""
    hashes = np.zeros(data.rows(), dtype=np.uint64)
    readable = np.zeros(data.rows(), dtype=bool)
    start = 0
    for batch in data.batches([config.key]):
        _, keys = read_keys(batch.column(config.key), config)
        hashes[start : start + len(keys)] = hashes_of(keys)
        readable[start : start + len(keys)] = ~nulls(keys)
        start += len(keys)
    repeated = np.ones(len(hashes), dtype=bool)
    repeated[first_of_each(hashes)] = False
    return hashes, repeated & readable


def first_of_each(hashes: Hashes) -> npt.NDArray[np.intp]:
    """The positions of the rows that are the first with their hash, in the order of the hashes."""
    order = np.argsort(hashes, kind="stable")
    ordered = hashes[order]
    first = np.ones(len(hashes), dtype=bool)
    first[1:] = ordered[1:] != ordered[:-1]
    result: npt.NDArray[np.intp] = order[first]
    return result


def find(wanted: Hashes, ordered: Hashes) -> npt.NDArray[np.intp]:
    """The position of each wanted hash in an ordered array, -1 where it is not there."""
    if not len(ordered):
        return np.full(len(wanted), -1, dtype=np.intp)
    # in the order of the hashes the search walks through memory instead of jumping: 5 times faster
    order = np.argsort(wanted)
    found = np.empty(len(wanted), dtype=np.intp)
    found[order] = np.searchsorted(ordered, wanted[order])
    found[found == len(ordered)] = 0
    return np.where(ordered[found] == wanted, found, -1)
