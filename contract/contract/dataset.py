"""Read a dataset that its manifest has committed."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from contract.errors import DataError, MissingInput
from contract.files import check
from contract.manifest import Input, Manifest, read_manifest
from contract.recipe import Recipe

if TYPE_CHECKING:
    import pyarrow as pa

BATCH_ROWS = 131_072

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Dataset:
    """A committed dataset; what it gives out was checked against the manifest."""

    path: Path
    manifest: Manifest

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

    def batches(
        self, columns: list[str] | None = None, role: str = "rows", batch_rows: int = BATCH_ROWS
    ) -> Iterator[pa.RecordBatch]:
        """The rows of a role in batches of at most `batch_rows`, each Parquet part checked before it is read."""
        import pyarrow.parquet as pq

        for file in self.manifest.named(role):
            check(self.path, file)
            # pre-buffering holds whole row groups: flat memory is worth more than the few per cent it gains
            with pq.ParquetFile(self.path / file.path, pre_buffer=False) as parquet:
                yield from parquet.iter_batches(batch_rows, columns=columns)


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
