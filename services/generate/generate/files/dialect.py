"""How a file of text is written: what stands before its header, and the header."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from contract.config.source import Files
from contract.errors import DataError

HEAD_BYTES = 1 << 20
"""The header and what stands before it must fit into so much."""
_SEPARATOR = re.compile(rb'"?sep=(.)"?[ \t]*', re.IGNORECASE)

csv.field_size_limit(1 << 26)


@dataclass(frozen=True)
class Dialect:
    """The marks of a file of text."""

    delimiter: str = ","
    quote: str = '"'
    escape: str | None = None
    skip_lines: int = 0

    @classmethod
    def of(cls, source: Files) -> Dialect:
        """As `[source]` declares it."""
        return cls(source.delimiter, source.quote, source.escape, source.skip_lines)

    def reader(self, lines: Iterator[str], *, strict: bool = False) -> Iterator[list[str]]:
        """The fields of each record."""
        return csv.reader(
            lines,
            delimiter=self.delimiter,
            quotechar=self.quote or None,
            escapechar=self.escape,
            quoting=csv.QUOTE_MINIMAL if self.quote else csv.QUOTE_NONE,
            strict=strict,
        )

    def fields(self, text: str) -> list[str]:
        """The fields of one record."""
        try:
            return next(self.reader(iter(text.splitlines(keepends=True))), [])
        except csv.Error:
            return text.split(self.delimiter)


@dataclass(frozen=True)
class Header:
    """The first lines of a file, read."""

    names: tuple[str, ...]
    """Without those at the end that are empty, as delimiters at the end of a line make them."""
    width: int
    """Fields of a row, nameless ones at the end included."""
    dialect: Dialect
    start: int
    """Bytes before the first row."""
    line: bytes
    """The header as it is written."""


def lines_of(head: bytes, start: int = 0) -> Iterator[bytes]:
    """The lines of a text from a place on, with their ends."""
    while start < len(head):
        end = head.find(b"\n", start) + 1 or len(head)
        yield head[start:end]
        start = end


def read_header(head: bytes, name: str, dialect: Dialect) -> Header:
    """Read what stands before the rows: blank lines, `sep=;`, lines to skip, the header.

    Raises DataError when there is none; UnicodeDecodeError when it is not UTF-8.
    """
    start, dialect = _after_blanks(head, 0, dialect)
    for line in list(lines_of(head, start))[: dialect.skip_lines]:
        start += len(line)
    start, dialect = _after_blanks(head, start, dialect)
    taken: list[bytes] = []

    def texts() -> Iterator[str]:
        for line in lines_of(head, start):
            taken.append(line)
            yield line.decode()

    reader = dialect.reader(texts())
    try:
        names = next(reader, None)
    except csv.Error as error:
        raise DataError(f"{name}: the header cannot be read: {error}; write the file again") from None
    line = b"".join(taken)
    try:
        first = next((record for record in reader if record), None)
    except (csv.Error, UnicodeDecodeError):
        first = None  # told by whoever reads the rows
    if names is None:
        raise DataError(f"{name}: must have a header, got an empty file; write it again or take it away")
    named = len(names)
    while named > 1 and not names[named - 1].strip():
        named -= 1
    width = len(names)
    if first is not None and named <= len(first) and not any(field.strip() for field in first[named:]):
        width = len(first)
    return Header(tuple(names[:named]), width, dialect, start + len(line), line.rstrip(b"\r\n"))


def _after_blanks(head: bytes, start: int, dialect: Dialect) -> tuple[int, Dialect]:
    """After lines without anything, and after one that only names the delimiter, as Excel writes and reads it."""
    for line in lines_of(head, start):
        content = line.rstrip(b"\r\n")
        if separator := _SEPARATOR.fullmatch(content):
            dialect = replace(dialect, delimiter=separator[1].decode("latin-1"))
        elif content.strip():
            break
        start += len(line)
    return start, dialect
