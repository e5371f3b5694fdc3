"""What all files of a table have in common."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from contract.config.source import Files

Numbers = npt.NDArray[np.int64]

TEXT = 200
"""Characters of a row that cannot be read that are kept."""


@dataclass(frozen=True)
class Unread:
    """A row that is there and cannot be read right: told, and never guessed at."""

    number: int
    """Its place in the file, from 1."""
    rule: str
    text: str


@dataclass(frozen=True)
class Block:
    """The next rows of a file."""

    rows: pa.RecordBatch
    numbers: Numbers
    """The place of each in the file, from 1; a row that cannot be read has one as well."""
    unread: tuple[Unread, ...] = ()
    """Rows that cannot be read, up to the place of the next block's first row."""


class TableFile(ABC):
    """A file of a table: a header, and rows."""

    path: Path
    name: str
    """What messages call it."""
    schema: pa.Schema
    """The columns that can be read."""
    rows: int | None = None
    """How many, where the file itself says so."""

    @abstractmethod
    def __init__(self, path: Path, name: str, source: Files) -> None:
        """Open a file, which messages call `name`, as `[source]` says. Raises DataError when it is no such file."""

    @abstractmethod
    def read(self, columns: Sequence[str]) -> Generator[Block, None, None]:
        """The rows in order, of the named columns. Raises DataError for what cannot be read at all."""

    def batches(self, columns: Sequence[str]) -> Generator[pa.RecordBatch, None, None]:
        """The rows that can be read, without the others."""
        for block in self.read(columns):
            yield block.rows


def numbered(start: int, rows: int, others: Sequence[int]) -> Numbers:
    """The places of `rows` rows that were read, where the first row has the place `start` and others have theirs."""
    places = np.arange(start, start + rows + len(others), dtype=np.int64)
    return places[~np.isin(places, others)] if others else places


def joined(blocks: Sequence[Block]) -> Block:
    """Blocks that follow each other as one."""
    if len(blocks) == 1:
        return blocks[0]
    return Block(
        pa.concat_batches([block.rows for block in blocks]),
        np.concatenate([block.numbers for block in blocks]),
        tuple(row for block in blocks for row in block.unread),
    )


def texts(names: Sequence[str], rows: Sequence[Sequence[str | None]]) -> pa.RecordBatch:
    """Rows of texts by their columns."""
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(names)
    return pa.RecordBatch.from_arrays([pa.array(column, pa.string()) for column in columns], names=list(names))
