"""Which kind of file of a table a path is: by its first bytes, else by its name."""

from __future__ import annotations

from pathlib import Path, PurePath
from zipfile import BadZipFile, ZipFile

import msgspec

from contract.config.source import Files
from generate.files.content import PARQUET, first_bytes, is_excel
from generate.files.csv_file import CsvFile
from generate.files.excel.workbook import ExcelFile
from generate.files.json_file import JsonFile
from generate.files.parquet_file import ParquetFile
from generate.files.table_file import TableFile

TEXTS, LINES, EXCEL, COLUMNS = (".csv", ".txt", ".tsv"), (".jsonl", ".ndjson"), (".xlsx",), (".parquet",)
PACKED = (".gz", ".zst", ".zip", ".bz2", ".xz")
ENDINGS = "*.csv, *.txt, *.tsv, *.jsonl, *.ndjson (also packed: .gz, .zst, .zip), *.xlsx or *.parquet"


def is_table(name: str) -> bool:
    """Whether a file is one of a table by its name."""
    return name.lower().endswith((*TEXTS, *LINES, *EXCEL, *COLUMNS, *PACKED))


def form_of(path: Path) -> type[TableFile]:
    """What reads the file at a path."""
    ending = _ending(path)
    if ending in COLUMNS or first_bytes(path).startswith(PARQUET):
        return ParquetFile
    if ending in EXCEL or is_excel(path):
        return ExcelFile
    return JsonFile if ending in LINES else CsvFile


def open_table(path: Path, name: str, source: Files) -> TableFile:
    """The file of a table at a path, which messages call `name`. Raises DataError when it is none."""
    form = form_of(path)
    if form is CsvFile and _ending(path) == ".tsv" and source.delimiter == Files().delimiter:
        source = msgspec.structs.replace(source, delimiter="\t")
    return form(path, name, source)


def _ending(path: Path) -> str:
    """How the name ends, of a packed file the name of what is packed."""
    name = PurePath(path.name.lower())
    if name.suffix == ".zip":
        try:
            with ZipFile(path) as archive:
                name = PurePath(next(iter(archive.namelist()), name.stem).lower())
        except BadZipFile:
            name = PurePath(name.stem)
    return PurePath(name.stem).suffix if name.suffix in PACKED else name.suffix
