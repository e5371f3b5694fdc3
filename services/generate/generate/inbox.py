"""What lies in inbox/<day>/: `source.kind = "files"`."""

from __future__ import annotations

import errno
import logging
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec
import pyarrow as pa

from contract.ahead import ahead
from contract.errors import DataError, MissingInput
from contract.files import sha256_of
from contract.manifest import Input
from contract.recipe import Recipe
from contract.run import Run
from contract.sections import Files
from contract.seen import Seen
from generate.columns import FILE, ROW, Contents, check, wanted
from generate.csv_file import CsvFile
from generate.parquet_file import ParquetFile
from generate.part import Part, part_of

log = logging.getLogger("generate")


@dataclass(frozen=True)
class Arrival:
    """A file of the day."""

    table: CsvFile | ParquetFile
    contents: Contents
    input: Input
    state: tuple[int, int]
    """Bytes and time of change when it was hashed."""


class Inbox:
    """The files of one day."""

    def __init__(self, run: Run) -> None:
        """Raises MissingInput when no file has data, DataError when a file cannot be used."""
        assert isinstance(run.config.source, Files)
        self.run, self.delimiter = run, run.config.source.delimiter
        self.arrivals = self._arrivals()
        self.data = self._recipe([arrival for arrival in self.arrivals if arrival.contents.data])
        labelled = [arrival for arrival in self.arrivals if arrival.contents.target]
        self.target = self._recipe(labelled) if labelled else None
        counts = [arrival.table.rows for arrival in self.arrivals]
        self.rows = None if None in counts else sum(count for count in counts if count is not None)

    def parts(self, *, data: bool, target: bool) -> Iterator[Part]:
        """The rows of the files in the order of their names."""
        config = self.run.config
        rows_schema = self._schema(wanted(config), [arrival for arrival in self.arrivals if arrival.contents.data])
        label_schema = self._schema(
            [config.key, config.table.target], [arrival for arrival in self.arrivals if arrival.contents.target]
        )
        known = {*wanted(config), config.key, config.table.target}
        number = 1
        for arrival in self.arrivals:
            # without a key of their own a day's rows are numbered, so each row has to be counted
            asked = (data and arrival.contents.data) or (target and arrival.contents.target)
            if not asked and config.table.key:
                continue
            row = 1
            wanted_here = [name for name in arrival.table.schema.names if name in known]
            for batch in ahead(arrival.table.batches(wanted_here)):
                part = part_of(
                    batch,
                    config,
                    day=self.run.day,
                    file=arrival.input.path,
                    row=row,
                    number=number if arrival.contents.data else None,
                )
                yield Part(_conform(part.data, rows_schema), _conform(part.target, label_schema))
                row += batch.num_rows
                number += batch.num_rows if arrival.contents.data else 0
            _must_be_unchanged(arrival)
        if number == 1:
            yield Part(rows_schema.empty_table(), None)

    def _arrivals(self) -> list[Arrival]:
        inbox = self.run.layout.inbox(self.run.day)
        name = self.run.layout.name(inbox)
        try:
            self.names = tuple(sorted(path.name for path in inbox.iterdir()))
        except (FileNotFoundError, NotADirectoryError):
            raise MissingInput(f"{name}: must be a directory with the day's *.csv or *.parquet, got none") from None
        for file_name in self.names:
            if not file_name.isascii() and file_name.encode(errors="ignore").decode() != file_name:
                raise DataError(f"{name}: names of files must be UTF-8, got {os.fsencode(file_name)!r}; rename it")
        arrivals, others = [], []
        for path in [inbox / name for name in self.names if not name.startswith((".", "_"))]:
            if path.suffix.lower() in (".csv", ".parquet") and path.is_file():
                arrivals.append(self._arrival(path))
            else:
                others.append(path.name)
        if others:
            log.warning("%s: ignored, as they are neither *.csv nor *.parquet: %s", name, ", ".join(others))
        if not any(arrival.contents.data for arrival in arrivals):
            got = (
                ", ".join(arrival.table.path.name for arrival in arrivals) + " with labels alone"
                if arrivals
                else "none"
            )
            raise MissingInput(
                f"{name}: must have a *.csv or *.parquet with the columns of pipeline.toml, got {got}; "
                "put it there (and leave it there when labels come later)"
            )
        return arrivals

    def _arrival(self, path: Path) -> Arrival:
        name = self.run.layout.name(path)
        state = _state(path)
        content = Input(name, sha256_of(path))
        csv = path.suffix.lower() == ".csv"
        table = CsvFile(path, name, self.delimiter) if csv else ParquetFile(path, name)
        return Arrival(table, check(name, table.schema.names, self.run.config, alone=True), content, state)

    def _recipe(self, arrivals: list[Arrival]) -> Recipe:
        config = self.run.config
        return self.run.recipe(
            {
                "source": msgspec.to_builtins(config.source),
                "columns": wanted(config),
                "key": config.table.key,
                "target": config.table.target,
                "missing_values": list(config.table.missing_values),
            },
            *[arrival.input for arrival in arrivals],
            seen=Seen(listed={self.run.layout.name(self.run.layout.inbox(self.run.day)): self.names}),
        )

    def _schema(self, columns: list[str], arrivals: list[Arrival]) -> pa.Schema:
        """One schema for all files: a column in which their types differ becomes text, as in a CSV file."""
        fields = []
        for name in dict.fromkeys([self.run.config.key, *columns]):
            schemas = [arrival.table.schema for arrival in arrivals]
            types = {schema.field(name).type for schema in schemas if name in schema.names}
            fields.append((name, types.pop() if len(types) == 1 else pa.string()))
        return pa.schema([*fields, (FILE, pa.string()), (ROW, pa.int64())])


def _conform(rows: pa.RecordBatch | None, schema: pa.Schema) -> pa.RecordBatch | None:
    """The columns of a schema, in its order and types; null where a file has no such column."""
    if rows is None:
        return None
    present = set(rows.schema.names)
    return pa.RecordBatch.from_arrays(
        [
            rows[field.name].cast(field.type) if field.name in present else pa.nulls(rows.num_rows, field.type)
            for field in schema
        ],
        schema=schema,
    )


def _state(path: Path) -> tuple[int, int]:
    status = path.stat()
    return status.st_size, status.st_mtime_ns


def _must_be_unchanged(arrival: Arrival) -> None:
    """A file that grew while it was read is not the one whose hash the manifest names."""
    if _state(arrival.table.path) != arrival.state:
        raise BlockingIOError(
            errno.EAGAIN, "changed while it was read; run again when it is complete", os.fspath(arrival.table.path)
        )
