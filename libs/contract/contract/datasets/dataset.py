"""Read a dataset that its manifest has committed."""

from __future__ import annotations

import logging
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from contract.datasets.files import check
from contract.datasets.manifest import Input, Manifest, read_manifest
from contract.datasets.recipe import Recipe
from contract.errors import DataError, MissingInput

if TYPE_CHECKING:
    import pyarrow as pa

BATCH_ROWS = 65_536

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Dataset:
    """A committed dataset; what it gives out was checked against the manifest."""

    path: Path
    manifest: Manifest
    _checked: set[str] = field(default_factory=set, compare=False, repr=False)
    """The parts that were found intact: who reads one twice need not hash it twice."""

    @classmethod
    def open(cls, path: Path) -> Dataset:
        """The dataset at a path. Raises MissingInput when there is none, DataError when it is damaged."""
        return cls(path, read_manifest(path))

    def as_input(self, root: Path) -> Input:
        """This dataset as an input of another one below the same data root."""
        return Input(self.path.relative_to(root).as_posix(), self.manifest.identity)

    def file(self, role: str) -> Path:
        """The one file with a role, checked. Raises DataError when there is none, or it is damaged."""
        named = self.manifest.named(role)
        if len(named) != 1:
            raise DataError(f"{self.path}: must have one file with the role {role!r}, got {len(named)}")
        check(self.path, named[0])
        return self.path / named[0].path

    def rows(self, role: str = "rows") -> int:
        """How many rows there are with a role."""
        return sum(file.rows or 0 for file in self.manifest.named(role))

    def parts(self, role: str = "rows") -> Iterator[Path]:
        """The files with a role, each checked before it is given."""
        for file in self.manifest.named(role):
            if file.path not in self._checked:
                check(self.path, file)
                self._checked.add(file.path)
            yield self.path / file.path

    def batches(
        self,
        columns: list[str] | None = None,
        role: str = "rows",
        batch_rows: int = BATCH_ROWS,
        *,
        dictionaries: bool = False,
    ) -> Generator[pa.RecordBatch, None, None]:
        """The rows of a role in batches of at most `batch_rows`, each Parquet part checked before it is read.

        `dictionaries`: texts stored as a dictionary come as one, for readers that need only its few different words.
        """
        import pyarrow.parquet as pq

        for path in self.parts(role):
            encoded = _encoded(path) if dictionaries else None
            # pre-buffering holds whole row groups: flat memory is worth more than the few per cent it gains
            with pq.ParquetFile(path, pre_buffer=False, read_dictionary=encoded) as parquet:
                # each row group has dictionaries of its own: a batch across two would come in pieces
                apart = [[number] for number in range(parquet.num_row_groups)] if dictionaries else [None]
                for groups in apart:
                    yield from parquet.iter_batches(batch_rows, groups, columns)


def _encoded(path: Path) -> list[str]:
    """The columns of text that lie as a dictionary in a Parquet file."""
    import pyarrow.parquet as pq

    metadata = pq.read_metadata(path)
    group = metadata.row_group(0) if metadata.num_row_groups else None
    chunks = [group.column(number) for number in range(group.num_columns)] if group else []
    return [
        chunk.path_in_schema for chunk in chunks if chunk.physical_type == "BYTE_ARRAY" and chunk.has_dictionary_page
    ]


def current(path: Path, recipe: Recipe) -> Manifest | None:
    """The manifest at a path when it was made from this very recipe and its files are intact, else None."""
    try:
        manifest = read_manifest(path)
        if manifest.fingerprint != recipe.fingerprint:
            return None
        for file in manifest.files:
            check(path, file)
    except MissingInput:
        return None
    except DataError as error:
        log.warning("%s", error)
        return None
    return manifest
