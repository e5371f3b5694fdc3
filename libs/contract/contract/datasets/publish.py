"""Write a dataset so that its manifest commits it in one rename.

Files are written in a staging directory inside the dataset, flushed to disk and renamed to names
that contain their content's hash; last, `manifest.json` is replaced. Whatever kills the writer,
a reader finds the old dataset or the new one.
"""

from __future__ import annotations

import contextlib
import os
from collections import defaultdict
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, Self

import msgspec

from contract.atomic import replace_file, sync_directory
from contract.datasets.files import sha256_of
from contract.datasets.manifest import Field, File, Manifest, encode
from contract.datasets.recipe import Recipe
from contract.datasets.staging import remove_empty, stage, sweep, unstage
from contract.layout import MANIFEST
from contract.os_errors import give_name, naming

if TYPE_CHECKING:
    import pyarrow as pa

    from contract.datasets.table_writer import TableWriter

_PART_ROWS = 1_000_000


class DatasetWriter:
    """Collects the files of one dataset and publishes them together.

    Use as a context manager: leaving it without `publish` leaves no trace.
    """

    def __init__(
        self, path: Path, *, form: Literal["parquet", "csv"] = "parquet", keep_superseded: bool = False
    ) -> None:
        """`keep_superseded`: files of earlier manifests stay, because others point to them by name."""
        self.path = path
        self._form = form
        self._keep_superseded = keep_superseded
        self._open: dict[str, TableWriter] = {}
        self._parts: dict[str, list[tuple[Path, int | None]]] = defaultdict(list)
        self._fields: list[Field] = []
        self._latest: Path | None = None
        """The file that the caller was last asked to write: what it raises need not name it."""

    def __enter__(self) -> Self:
        self._staging, self._lock = stage(self.path)
        sweep(self.path, superseded=not self._keep_superseded)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        give_name(error, self._latest or self.path)
        for table in self._open.values():
            # closing flushes: on a full disk it fails again, which must not hide the first error
            with contextlib.suppress(OSError):
                table.close()
        unstage(self._staging, self._lock)
        remove_empty(self.path)

    def write(self, rows: pa.RecordBatch | pa.Table, role: str = "rows") -> None:
        """Add rows to the table of a role. All rows of a role have one schema."""
        from contract.datasets.table_writer import TableWriter

        if role == "rows" and not self._fields:
            self._fields = [Field(field.name, str(field.type)) for field in rows.schema]
        table = self._open.get(role)
        if table is not None and table.rows + rows.num_rows > _PART_ROWS:
            table.close()
            table = None
        if table is None:
            form = self._form if role == "rows" else "parquet"
            stem = "part" if role == "rows" else role
            part = self._staging / f"{stem}-{len(self._parts[role]):05d}.{form}"
            table = self._open[role] = TableWriter(part, rows, form)
            self._parts[role].append((part, None))
        table.write(rows)
        self._parts[role][-1] = (table.path, table.rows)

    def file(self, role: str, name: str) -> Path:
        """A path in the staging directory where the caller writes a file that is not a table."""
        path = self._latest = self._staging / name
        self._parts[role].append((path, None))
        return path

    def scratch(self, name: str) -> Path:
        """A directory for what is needed only while the dataset is written; it goes with the staging directory."""
        path = self._staging / name
        path.mkdir()
        return path

    def publish(
        self, recipe: Recipe, counts: dict[str, Any], run: dict[str, Any], notes: dict[str, Any] | None = None
    ) -> Manifest:
        """Commit everything written so far as the dataset that `recipe` makes."""
        return self.commit(self.seal(recipe, counts, notes), run)

    def seal(self, recipe: Recipe, counts: dict[str, Any], notes: dict[str, Any] | None = None) -> Manifest:
        """What `commit` will publish, its identity included, while nothing can be seen of it yet.

        For a step that must tell another system what it is about to publish.
        """
        for table in self._open.values():
            table.close()
        self._open.clear()
        return Manifest(
            step=recipe.step,
            day=recipe.day,
            fingerprint=recipe.fingerprint,
            code=recipe.code,
            settings=recipe.settings,
            inputs=list(recipe.inputs),
            schema=self._fields,
            files=[_file(path, role, rows) for role, parts in sorted(self._parts.items()) for path, rows in parts],
            counts=counts,
            notes=notes or {},
            run={} if recipe.observed is None else {"observed": msgspec.to_builtins(recipe.observed)},
        )

    def place(self, sealed: Manifest) -> None:
        """Give the files that `seal` described their names, while no manifest names them yet.

        For a step that must point to one of them before it commits; files that are not committed are swept later.
        """
        staged = [path for _, parts in sorted(self._parts.items()) for path, _ in parts]
        for path, file in zip(staged, sealed.files, strict=True):
            if path.exists():
                os.replace(path, self.path / file.path)
        sync_directory(self.path)

    def commit(self, sealed: Manifest, run: dict[str, Any]) -> Manifest:
        """Publish what `seal` described."""
        self.place(sealed)
        manifest = msgspec.structs.replace(sealed, run=sealed.run | run)
        replace_file(self.path / MANIFEST, encode(manifest))
        return manifest


def _file(path: Path, role: str, rows: int | None) -> File:
    with naming(path), path.open("rb") as file:
        os.fsync(file.fileno())
    sha256 = sha256_of(path)
    name = f"{path.stem}-{sha256[:12]}{path.suffix}"
    return File(path=name, role=role, bytes=path.stat().st_size, sha256=sha256, rows=rows)
