"""What lies in inbox/<day>/: `source.kind = "files"`."""

from __future__ import annotations

import logging
import os
from dataclasses import dataclass
from pathlib import Path

import msgspec

from contract.config.data import Files
from contract.datasets.files import sha256_of
from contract.datasets.manifest import Input
from contract.datasets.observed import Observed
from contract.datasets.recipe import Recipe
from contract.errors import DataError, MissingInput
from contract.steps.run import Run
from generate.columns import Contents, check, wanted
from generate.csv_file import CsvFile
from generate.parquet_file import ParquetFile

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
        for path in [inbox / entry for entry in self.names if not entry.startswith((".", "_"))]:
            if path.suffix.lower() in (".csv", ".parquet") and path.is_file():
                arrivals.append(self._arrival(path))
            else:
                others.append(path.name)
        if others:
            log.warning("%s: ignored, as they are neither *.csv nor *.parquet: %s", name, ", ".join(others))
        if not any(arrival.contents.data for arrival in arrivals):
            labelled = ", ".join(arrival.table.path.name for arrival in arrivals)
            got = f"{labelled} with labels alone" if labelled else "none"
            raise MissingInput(
                f"{name}: must have a *.csv or *.parquet with the columns of pipeline.toml, got {got}; "
                "put it there (and leave it there when labels come later)"
            )
        return arrivals

    def _arrival(self, path: Path) -> Arrival:
        name = self.run.layout.name(path)
        state = state_of(path)
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
            observed=Observed(listed={self.run.layout.name(self.run.layout.inbox(self.run.day)): self.names}),
        )


def state_of(path: Path) -> tuple[int, int]:
    """What changes when a file is written: its bytes and the time of the change."""
    status = path.stat()
    return status.st_size, status.st_mtime_ns
