"""What lies in inbox/<day>/: `source.kind = "files"`."""

from __future__ import annotations

import logging
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from contract.config.source import Files
from contract.datasets.files import sha256_of
from contract.datasets.manifest import Input
from contract.datasets.observed import Observed
from contract.datasets.recipe import Recipe
from contract.due.arrived import EMPTY, SUCCESS, committed
from contract.errors import DataError, MissingInput
from contract.layout import MANIFEST
from contract.steps.run import Run
from generate.columns import Contents, are_labels_of_before, check, wanted
from generate.files.csv_file import CsvFile
from generate.files.open_table import ENDINGS, is_table, open_table
from generate.files.parquet_file import ParquetFile
from generate.files.table_file import TableFile

_OF_BEFORE = Contents(data=False, target=False)
_LEFT_OUT = "left_out"

log = logging.getLogger("generate")


@dataclass(frozen=True)
class Arrival:
    """A file of the day."""

    table: TableFile
    contents: Contents
    input: Input
    state: tuple[int, int]
    """Bytes and time of change when it was hashed."""


class Inbox:
    """The files of one day."""

    def __init__(self, run: Run) -> None:
        """Raises MissingInput when no file has data, DataError when a file cannot be used."""
        assert isinstance(run.config.source, Files)
        self.run, self.source = run, run.config.source
        self.listed: dict[str, tuple[str, ...]] = {}
        """The names in each folder that was looked through."""
        self.says_empty = (run.layout.inbox(run.day) / EMPTY).is_file()
        """Whether a marker says that the day has no rows."""
        self.arrivals = self._arrivals()
        read = [arrival for arrival in self.arrivals if arrival.contents != _OF_BEFORE]
        left_out = [arrival for arrival in self.arrivals if arrival.contents == _OF_BEFORE]
        # what is left out is an input all the same: with other content, or gone, it has the day looked at again
        self.data = self._recipe([arrival for arrival in read if arrival.contents.data], left_out)
        labelled = [arrival for arrival in read if arrival.contents.target]
        self.target = self._recipe(labelled) if labelled else None
        self.arrivals = read
        counts = [arrival.table.rows for arrival in read]
        self.rows = None if None in counts else sum(count for count in counts if count is not None)

    def _arrivals(self) -> list[Arrival]:
        inbox = self.run.layout.inbox(self.run.day)
        name = self.run.layout.name(inbox)
        try:
            paths, others = self._files(inbox)
        except (FileNotFoundError, NotADirectoryError):
            raise MissingInput(f"{name}: must be a directory with the day's files, got none") from None
        if others:
            log.warning("%s: ignored, as they are not named %s: %s", name, ENDINGS, ", ".join(others))
        empty = [path for path in paths if path.stat().st_size == 0]
        if empty and (len(empty) < len(paths) or self._may_be_empty(inbox)):
            # what wrote the parts in parallel had nothing for this one
            names = ", ".join(self.run.layout.name(path) for path in empty)
            log.warning("%s: empty files have no rows: %s", name, names)
            paths = [path for path in paths if path not in empty]
        arrivals = [self._arrival(path) for path in paths]
        if not arrivals and self._may_be_empty(inbox):
            return []
        if not any(arrival.contents.data for arrival in arrivals):
            labelled = ", ".join(arrival.table.path.name for arrival in arrivals)
            got = f"{labelled} with labels alone" if labelled else "none"
            raise MissingInput(
                f"{name}: must have a file ({ENDINGS}) with the columns of pipeline.toml, got {got}; "
                f"put it there (and leave it there when labels come later), or an empty {EMPTY} for a day without rows"
            )
        return arrivals

    def _may_be_empty(self, inbox: Path) -> bool:
        """Whether a folder without a row is a day without rows, and not one whose files are still to come."""
        return self.says_empty or (self.source.allow_empty and (inbox / SUCCESS).is_file())

    def _files(self, folder: Path) -> tuple[list[Path], list[str]]:
        """The files of a table in a folder and in those in it (as Spark writes one), and the names of others."""
        name = self.run.layout.name(folder)
        names = self.listed[name] = tuple(sorted(path.name for path in folder.iterdir()))
        files: list[Path] = []
        others: list[str] = []
        for entry in names:
            if not entry.isascii() and entry.encode(errors="ignore").decode() != entry:
                raise DataError(f"{name}: names of files must be UTF-8, got {os.fsencode(entry)!r}; rename it")
            path = folder / entry
            if entry.startswith((".", "_")):
                continue
            if path.is_dir():
                inner, strange = self._files(path)
                files += inner
                others += strange
            elif is_table(entry) and path.is_file():
                files.append(path)
            else:
                others.append(entry)
        return files, others

    def _arrival(self, path: Path) -> Arrival:
        name, config = self.run.layout.name(path), self.run.config
        state = state_of(path)
        content = Input(name, sha256_of(path))
        table = open_table(path, name, self.source)
        if isinstance(table, ParquetFile):
            asked = {config.key, config.table.target, *config.kept} | ({config.group} if config.group else set())
            table.leave_out(asked, config.columns)
        try:
            contents = check(name, table.schema.names, config, alone=True)
        except DataError as error:
            if not self._is_of_before(content, table.schema.names):
                needed = [column for column in (config.table.key, *config.features) if column is not None]
                way_out = table.other_reading(needed) if isinstance(table, CsvFile) else ""
                raise DataError(f"{error}{way_out}") from None
            log.warning(
                "%s: left out, its labels are of another target or key than pipeline.toml has (%s by %s); bring those, "
                "or take it away",
                *(name, config.table.target, config.table.key or "no key"),
            )
            contents = _OF_BEFORE
        return Arrival(table, contents, content, state)

    def _is_of_before(self, content: Input, names: list[str]) -> bool:
        """Whether a file was left out before as it is, or has labels that a day was read for before."""
        layout = self.run.layout
        data = committed(layout.raw_data(self.run.day))
        if data is not None and content in data.inputs and content.path in data.settings.get(_LEFT_OUT, ()):
            return True
        read = [committed(path.parent) for path in layout.root.glob(f"raw/*/*/{MANIFEST}")]
        asked = {(raw.settings.get("key"), raw.settings.get("target")) for raw in read if raw is not None}
        return are_labels_of_before(names, self.run.config, asked)

    def _recipe(self, arrivals: list[Arrival], left_out: Sequence[Arrival] = ()) -> Recipe:
        config = self.run.config
        return self.run.recipe(
            {
                # what may lack makes no other rows
                "source": msgspec.to_builtins(msgspec.structs.replace(self.source, allow_empty=False)),
                "columns": wanted(config),
                "key": config.table.key,
                "target": config.table.target,
                "missing_values": list(config.table.missing_values),
            }
            | ({_LEFT_OUT: [arrival.input.path for arrival in left_out]} if left_out else {}),
            *[arrival.input for arrival in (*arrivals, *left_out)],
            observed=Observed(listed=self.listed),
        )


def state_of(path: Path) -> tuple[int, int]:
    """What changes when a file is written: its bytes and the time of the change."""
    status = path.stat()
    return status.st_size, status.st_mtime_ns
