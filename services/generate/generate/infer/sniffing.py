"""How a file of a table is written: the `[source]` lines that read it, and what could not be told."""

from __future__ import annotations

import codecs
import csv
import logging
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from contract.config.source import Files
from contract.errors import DataError
from contract.visible import visible
from generate.files.content import Content
from generate.files.dialect import Dialect, read_header
from generate.files.encoding import guessed, stray_line
from generate.files.excel.workbook import ExcelFile
from generate.files.json_file import JsonFile
from generate.files.open_table import form_of
from generate.files.parquet_file import ParquetFile
from generate.infer.header import is_header
from generate.infer.render.toml_text import value
from generate.infer.sheet import SAMPLE_LINES, sheet_of

DELIMITERS = (",", ";", "\t", "|")
SAMPLE_CHARACTERS = 20_000
"""With `SAMPLE_LINES` what tells the delimiter: asking takes a second for ten times as much."""
HEAD_BYTES = 1 << 18

log = logging.getLogger("generate")


@dataclass(frozen=True)
class Sniffed:
    """What was found about a file."""

    source: Files
    notes: dict[str, str] = field(default_factory=dict)
    """By the key of `[source]`: what was seen, and what could not be told."""

    @property
    def lines(self) -> list[str]:
        """The lines of `[source]` for what differs from the defaults."""
        usual, found = msgspec.to_builtins(Files()), msgspec.to_builtins(self.source)
        return [
            f"{key} = {value(setting)}" + (f"  # {visible(self.notes[key])}" if key in self.notes else "")
            for key, setting in found.items()
            if setting != usual[key]
        ]


def sniff(path: Path, column: str | None = None) -> Sniffed:
    """Look at a file; how it writes numbers is told by its rows. Raises DataError when the rest cannot be told.

    `column`: one that the sheet of a workbook must have, where there are several.
    """
    form = form_of(path)
    if form is ParquetFile:
        return Sniffed(Files())
    if form is ExcelFile:
        return Sniffed(*sheet_of(path, column))
    encoding, notes = _encoding(path)
    source = Files(encoding=encoding)
    if form is JsonFile:
        return Sniffed(source, notes)
    return Sniffed(_dialect(path, source), notes)


def _encoding(path: Path) -> tuple[str, dict[str, str]]:
    """The encoding of a file without a mark, by all its lines that are not ASCII."""
    content = Content(path, path.name)
    if content.mark:
        return "utf-8", {}
    decoder, foreign, rest = codecs.getincrementaldecoder("utf-8")(), b"", b""
    utf8 = True
    with content.raw() as file:
        while block := bytes(file.read(1 << 20)):
            if block.count(0) > len(block) // 4:
                return ("utf-16-le" if block[1::2].count(0) > block[::2].count(0) else "utf-16-be"), {}
            try:
                decoder.decode(block)
            except UnicodeDecodeError:
                utf8 = False
            *lines, rest = (rest + block).splitlines(keepends=True)
            foreign += b"".join(line for line in lines if not line.isascii())[: HEAD_BYTES - len(foreign)]
            if not utf8 and len(foreign) >= HEAD_BYTES:
                break
    if utf8 and not decoder.getstate()[0]:
        return "utf-8", {}
    foreign += rest if not rest.isascii() else b""
    found = guessed(foreign)
    if found is not None and (stray := stray_line(foreign)) is not None:
        log.warning(
            "%s: of its lines that are not ASCII most are UTF-8 and some are not, such as %.80r: all are read as %s: "
            "letters of most are wrong; save it in one encoding",
            *(path.name, stray, found),
        )
    if found is None:
        raise DataError(f"{path.name}: its encoding cannot be told; convert it to UTF-8 (iconv -f ENCODING -t UTF-8)")
    words = [word for word in re.findall(r"[\w\u20ac]+", foreign.decode(found, errors="replace")) if not word.isascii()]
    shown = ", ".join(repr(word[:30]) for word, _ in Counter(words).most_common(3))
    return found, {"encoding": f"guessed: it reads {shown}"}


def _dialect(path: Path, source: Files) -> Files:
    """Delimiter, quote and escape, and how many lines stand before the header."""
    import clevercsv  # noqa: PLC0415 - only infer asks

    with Content(path, path.name, source.encoding).open() as stream:
        text = bytes(stream.read(HEAD_BYTES)).decode(errors="replace")
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    lines = text.split("\n")[:-1] if len(text.encode()) >= HEAD_BYTES else text.split("\n")
    sample = "\n".join(lines[:SAMPLE_LINES])[:SAMPLE_CHARACTERS]
    try:
        found = clevercsv.Sniffer().sniff(sample, delimiters=DELIMITERS)
    except clevercsv.Error:
        found = None
    delimiter, quote, escape = (found.delimiter, found.quotechar, found.escapechar) if found else ("", "", "")
    if delimiter not in DELIMITERS:
        delimiter = max(DELIMITERS, key=sample.count) if any(map(sample.count, DELIMITERS)) else ","
    if quote not in ("'", '"'):
        quote = '"'
    if quote == "'" and text.count('"') >= text.count("'"):
        quote = '"'
    escaped = "\\" if escape == "\\" and text.count(f"\\{quote}") > text.count(quote * 2) else None
    dialect = Dialect(delimiter, quote, escaped)
    dialect = read_header(text.encode(), path.name, dialect).dialect  # it may say `sep=;`
    return msgspec.structs.replace(
        source,
        delimiter=dialect.delimiter,
        quote=quote,
        escape=dialect.escape,
        skip_lines=_lines_before_header(lines, dialect),
    )


def _lines_before_header(lines: Sequence[str], dialect: Dialect) -> int:
    """Titles, comments and blank lines between them, from the first line with something on."""
    rows = []
    lines = list(lines)
    while lines and (not lines[0].strip() or lines[0].lower().startswith(("sep=", '"sep='))):
        lines.pop(0)
    if not lines:
        return 0
    records = dialect.reader(iter(f"{line}\n" for line in lines[:SAMPLE_LINES]))
    try:
        rows = list(records)
    except csv.Error:
        return 0
    usual, _ = Counter(len(row) for row in rows if any(cell.strip() for cell in row)).most_common(1)[0]
    for number, row in enumerate(rows[:20]):
        if is_header(row, rows[number + 1 :], usual):
            return number
    return 0
