"""What `infer` looks at: a file, several, a folder of them, or a query."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path, PurePath
from typing import Protocol

import msgspec
import pyarrow as pa

from contract.config.source import asks_for_day
from contract.errors import DataError, MissingInput, UsageError
from generate.columns import differ
from generate.files.csv_file import CsvFile
from generate.files.excel.workbook import ExcelFile
from generate.files.open_table import ENDINGS, form_of, is_table, open_table
from generate.files.parquet_file import ParquetFile
from generate.files.table_file import TableFile
from generate.infer.render.toml_text import value
from generate.infer.sniffing import Sniffed, sniff
from generate.infer.types.number_forms import NUMBER

# what says nothing about a table
_MEANINGLESS = re.compile(
    r"(?i:data|dataset|table|file|export|import|download|input|output|train|training|test|sample|new|final|raw|clean|part|all|full"
    r"|untitled|unbenannt|mappe|book|sheet|query|results?|tmp|temp|inbox|customers?_?data|_SUCCESS|[a-z]?|[\W\d_]*)"
)

_HEADS = 20
"""Lines that may stand before a header."""
_TABLE = re.compile(r"\b(?:from|join)\s+([\w.]+)", re.IGNORECASE)


class Rows(Protocol):
    """A table that can be read more than once."""

    name: str

    @property
    def schema(self) -> pa.Schema:
        """Its columns."""

    @property
    def rows(self) -> int | None:
        """How many there are; None where nobody knows before the end."""

    def batches(self, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
        """The rows in their order."""


@dataclass(frozen=True)
class Input:
    """Tables of the same columns, one after the other."""

    name: str
    """What messages call it."""
    tables: tuple[Rows, ...]
    source: tuple[str, ...]
    """The lines of `[source]` in pipeline.toml, but for the form of numbers."""
    meaning: str
    """What the rows are about, as a name; empty where nothing tells."""
    delimiter: str | None = None
    """Of text files: their rows tell how they write numbers."""

    @property
    def columns(self) -> list[str]:
        """The names of the columns."""
        return list(self.tables[0].schema.names)

    @property
    def rows(self) -> int | None:
        """How many there are; None where nobody knows before the end."""
        counts = [table.rows for table in self.tables]
        return None if None in counts else sum(count for count in counts if count is not None)

    def batches(self, columns: Sequence[str], unreadable: Counter[str] | None = None) -> Iterator[pa.RecordBatch]:
        """The rows of all tables in their order; counts in `unreadable`, by the first of a table, those left out."""
        for table in self.tables:
            if unreadable is None or not isinstance(table, TableFile):
                yield from table.batches(columns)
                continue
            first = ""
            for block in table.read(columns):
                for row in block.unread:
                    first = first or f"{table.name}: row {row.number}: {row.rule}, got {row.text!r}"
                    unreadable[first] += 1
                yield block.rows

    def is_floating(self, name: str) -> bool:
        """Whether a file itself says that a column holds floating-point numbers."""
        return any(pa.types.is_floating(table.schema.field(name).type) for table in self.tables)


def open_files(paths: Sequence[Path], target: str | None = None) -> Input:
    """Files, and those in folders. Raises MissingInput, UsageError or DataError for what is no table like the first.

    `target`: a column, by which the header is found where the lines before it look like one.
    """
    files = [file for path in paths for file in _files(path)]
    sniffed = _with_column(files[0], sniff(files[0], target), target)
    tables = [open_table(file, _name(file, paths), sniffed.source) for file in files]
    for table in tables:
        if isinstance(table, ParquetFile):
            table.leave_out((), ())
    first = tables[0]
    differ(first.name, first.schema.names)
    for table in tables[1:]:
        if set(table.schema.names) != set(first.schema.names):
            other = sorted(set(table.schema.names) ^ set(first.schema.names))
            raise DataError(
                f"{table.name}: must have the columns of {first.name}, got a difference in "
                f"{', '.join(map(repr, other[:5]))}; leave out what is another table, and labels without their rows"
            )
    name = first.name if len(files) == 1 else f"{len(files)} files, {first.name} to {tables[-1].name}"
    kind = 'kind = "files"  # inbox/<day>/*.csv, *.xlsx, *.parquet …'
    delimiter = sniffed.source.delimiter if isinstance(first, CsvFile) else None
    return Input(name, tuple(tables), (kind, *sniffed.lines), _meaning(files, paths), delimiter)


def _with_column(file: Path, sniffed: Sniffed, column: str | None) -> Sniffed:
    """Where the line that was taken for the header does not name a column, and one behind it does, that one."""
    if column is None or form_of(file) not in (CsvFile, ExcelFile):
        return sniffed
    for skipped in range(sniffed.source.skip_lines, sniffed.source.skip_lines + _HEADS):
        source = msgspec.structs.replace(sniffed.source, skip_lines=skipped)
        with suppress(DataError):
            names = [name.strip() for name in open_table(file, file.name, source).schema.names]
            if skipped == sniffed.source.skip_lines and column.strip().lower() in map(str.lower, names):
                return sniffed
            # a row has a number in some cell, or none in one
            if column.strip() in names and all(names) and not any(map(NUMBER.fullmatch, names)):
                return Sniffed(source, sniffed.notes)
    return sniffed


def open_query(query: str, day: date) -> Input:
    """The rows of `query` for `day`, from the database that MICROSTEP_SQL_URL_FILE names."""
    from generate.query_table import QueryTable  # noqa: PLC0415 - a database's driver, which files need not

    if not asks_for_day(query):
        raise UsageError(f"--query: must use :day, as each night's query does, got {query!r}")
    rows = QueryTable(query, day)
    differ(rows.name, rows.schema.names)
    tables = _TABLE.findall(query)
    meaning = meaning_of(tables[0].rpartition(".")[2]) if tables else ""
    return Input(rows.name, (rows,), ('kind = "sql"', f"query = {value(query)}"), meaning)


def _files(path: Path) -> list[Path]:
    if path.is_dir():
        files = sorted(
            file
            for file in path.rglob("*")
            if file.is_file() and is_table(file.name) and not file.name.startswith((".", "_"))
        )
        if not files:
            raise MissingInput(f"{path}: must hold {ENDINGS}, got none")
        return files
    if not path.is_file():
        raise MissingInput(f"{path}: must be a file or a folder, got none")
    if not is_table(path.name):
        raise UsageError(f"{path}: must be named {ENDINGS}, like the files in inbox/<day>/; rename it")
    return [path]


def _name(file: Path, paths: Sequence[Path]) -> str:
    """As short as it can be told apart: a day's folder is part of it."""
    return next(
        (file.relative_to(path).as_posix() for path in paths if path.is_dir() and path in file.parents), file.name
    )


def _meaning(files: Sequence[Path], paths: Sequence[Path]) -> str:
    own = files[0].name.partition(".")[0]
    for name in (own if len(files) == 1 else "", paths[0].name if paths[0].is_dir() else "", own):
        if (words := meaning_of(name)) != "":
            return words
    return ""


def meaning_of(name: str) -> str:
    """A name as MLflow takes it, without days and numbers of copies; empty where it says nothing."""
    stem = re.sub(
        r"[-_ .(]*(\d{4}([-_.]?\d\d([-_.]?\d\d)?)?|\(\d+\)|part[-_]?\d+|copy|kopie)\)?", "", PurePath(name).stem or name
    )
    words = re.sub(r"[^\w.-]+", "-", stem).strip("-._")
    return "" if _MEANINGLESS.fullmatch(words) else words
