"""A day's records on disk, divided by the hash of their key, so that a day's keys need not fit into memory."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from contract.os_errors import naming
from preprocess.keys import Hashes

BUCKET_ROWS = 1 << 18
"""About as many records are in a bucket: what is sorted at a time."""

Records = npt.NDArray[Any]


def bucket_count(records: int) -> int:
    """How many buckets keep each at about BUCKET_ROWS."""
    return max(1, -(-records // BUCKET_ROWS))


def bucket_of(hashes: Hashes, count: int) -> npt.NDArray[np.uint16]:
    """The bucket of each hash, by its upper half."""
    return ((hashes >> np.uint64(32)) * np.uint64(count) >> np.uint64(32)).astype(np.uint16)


class Buckets:
    """Records of one type. Those of a key are in one bucket; in each they keep the order in which they came."""

    def __init__(self, directory: Path, count: int, kind: npt.DTypeLike) -> None:
        """`directory`: one for them alone."""
        self.count = count
        self._kind = np.dtype(kind)
        directory.mkdir()
        self._paths = [directory / str(number) for number in range(count)]
        for path in self._paths:
            path.touch()
        self._given = np.zeros(count, dtype=np.int64)

    def add(self, hashes: Hashes, records: Records) -> None:
        """Put records with the hashes of their keys into their buckets."""
        order, counts = self._apart(hashes)
        for number, some in enumerate(np.split(records[order], counts.cumsum()[:-1])):
            if len(some):
                self.append(number, some)

    def append(self, number: int, records: Records) -> None:
        """Put records into one bucket."""
        with naming(self._paths[number]), self._paths[number].open("ab") as file:
            file.write(records.tobytes())

    def bucket(self, number: int) -> Records:
        """All records of one bucket."""
        return np.fromfile(self._paths[number], self._kind)

    def following(self, hashes: Hashes) -> Records:
        """The next records for these hashes of keys, for a caller that asks in the order in which they were added."""
        order, counts = self._apart(hashes)
        wanted = zip(self._paths, counts, self._given * self._kind.itemsize, strict=True)
        parts = [np.fromfile(path, self._kind, count, offset=start) for path, count, start in wanted if count]
        self._given += counts
        records = np.empty(len(hashes), self._kind)
        records[order] = np.concatenate([records[:0], *parts])
        return records

    def _apart(self, hashes: Hashes) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
        """The order that puts records of a bucket side by side, and how many each bucket gets."""
        numbers = bucket_of(hashes, self.count)
        return np.argsort(numbers, kind="stable"), np.bincount(numbers, minlength=self.count)
