"""A CSV file, read block by block; every value is text."""

from __future__ import annotations

import re
from collections.abc import Collection, Generator, Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv

from contract.config.source import Files
from contract.errors import DataError
from generate.files.content import Content
from generate.files.dialect import HEAD_BYTES, Dialect, Header, lines_of, read_header
from generate.files.encoding import must_be_utf8
from generate.files.quotes import STRAY, Records, take_records
from generate.files.row_lines import HEADER, TOTALS, is_total, without_blank_end
from generate.files.rows_of_text import FIELDS, RowsOfText
from generate.files.table_file import Block, TableFile, Unread, joined

BLOCK_BYTES = 2 << 20
"""How much is read at a time; a row must fit into it."""
BATCH_BYTES = 16 << 20
"""Blocks are put together to batches of about this size: each becomes a row group, and small ones cost space."""
DELIMITERS = ",;\t|"


class CsvFile(TableFile):
    """A file of text whose first row names the columns: packed or not, in UTF-8 or what its mark or `[source]` says."""

    def __init__(self, path: Path, name: str, source: Files) -> None:
        """`name` is what messages call the file. Raises DataError when it is not such a file."""
        self.path, self.name, self.source = path, name, source
        self.content = Content(path, name, source.encoding)
        with self.content.open() as stream:
            self._head = _read(stream, HEAD_BYTES)
        if b"\0" in self._head[:1000]:
            raise DataError(
                f"{name}: must be text, got bytes of 0: is it UTF-16 without a mark? then set "
                'source.encoding = "utf-16-le" (or "utf-16-be")'
            )
        self._returns = b"\r" in self._head and b"\n" not in self._head
        """Lines end as on old Macs."""
        self._cut = False
        """Its last line has no end."""
        if self._returns:
            self._head = self._head.replace(b"\r", b"\n")
        try:
            self.header: Header = read_header(self._head, name, Dialect.of(source))
        except UnicodeDecodeError:
            must_be_utf8(self.content)
            raise
        self.schema = pa.schema([(column, pa.string()) for column in self.header.names])

    def read(self, columns: Sequence[str]) -> Generator[Block, None, None]:
        """The rows in order. Raises DataError when none can be read."""
        waiting: list[Block] = []
        good, first = False, None
        try:
            for block in self._blocks(columns):
                waiting.append(block)
                good = good or block.rows.num_rows > 0
                # a header that comes again, and totals, are lines of a file without rows as well
                first = first or next((row for row in block.unread if row.rule not in (HEADER, TOTALS)), None)
                if sum(block.rows.nbytes for block in waiting) >= BATCH_BYTES:
                    yield joined(waiting)
                    waiting = []
        except (pa.ArrowInvalid, pa.ArrowKeyError, UnicodeDecodeError) as error:
            must_be_utf8(self.content)
            raise DataError(f"{self.name}: cannot be read as CSV: {error}; write the file again") from None
        if first is not None and not good:
            raise DataError(
                f"{self.name}: row {first.number}: {first.rule}: {first.text!r}; no row can be read: mend them (is a "
                f"delimiter in a value without quotes, or source.delimiter {self.header.dialect.delimiter!r} wrong, or "
                "does the header not name the first column, as R's write.table does it?)"
            )
        if waiting:
            yield joined(waiting)

    def other_reading(self, wanted: Collection[str]) -> str:
        """Which setting would find the wanted names in the file's first lines; nothing where none would."""
        for number, line in enumerate(list(lines_of(self._head))[:20]):
            for delimiter in DELIMITERS:
                fields = Dialect(delimiter, self.header.dialect.quote).fields(
                    line.decode(errors="replace").rstrip("\r\n")
                )
                if set(wanted) <= set(fields):
                    settings = [f"source.skip_lines = {number}"] if line.rstrip(b"\r\n") != self.header.line else []
                    settings += [f"source.delimiter = {delimiter!r}"] if delimiter != self.source.delimiter else []
                    return f"; its line {number + 1} has them: set {' and '.join(settings)}" if settings else ""
        return ""

    def _blocks(self, columns: Sequence[str]) -> Iterator[Block]:
        rows = RowsOfText(self.header, columns)
        held, blank = None, b""
        for content, records in self._texts():
            end = without_blank_end(blank + content, self.header)
            text, blank = (blank + content)[:end], (blank + content)[end:]
            if text:
                if held is not None:
                    yield rows.parse(*held)
                held = self._without_header(text, records), records
        if held is not None:
            block = rows.parse(_without_totals(*held), held[1])
            if self._cut and block.unread and block.unread[-1].number == rows.last:
                self._must_be_whole(block.unread[-1])
            yield block

    def _texts(self) -> Iterator[tuple[bytes, Records]]:
        """Complete records, block by block."""
        with self.content.open() as stream:
            start = _read(stream, self.header.start)
            rest, last = start[self.header.start :], False
            rest = rest.replace(b"\r", b"\n") if self._returns else rest
            while not last:
                block = _read(stream, BLOCK_BYTES)
                last = not block
                text = rest + (block.replace(b"\r", b"\n") if self._returns else block)
                if last and text and not text.endswith(b"\n"):
                    text, self._cut = text + b"\n", True
                records = Records(self.header.dialect, self.header.width)
                rest = take_records(text, records, last=last, longest=BLOCK_BYTES)
                if len(rest) > 2 * BLOCK_BYTES:
                    raise DataError(
                        f"{self.name}: a row must fit into a block of {BLOCK_BYTES:,} bytes, got one that begins "
                        f"with {rest[:60].decode(errors='replace')!r}; shorten its values"
                    )
                yield b"".join(records.parts), records

    def _must_be_whole(self, row: Unread) -> None:
        """Raise DataError for a file that ends within a row: nobody knows how many rows are missing."""
        short = row.rule.startswith(FIELDS) and len(self.header.dialect.fields(row.text)) < len(self.header.names)
        if row.rule == STRAY or short:
            raise DataError(
                f"{self.name}: row {row.number}: the file ends within it, got {row.text!r}: is it cut? bring the whole "
                "file, or end that line if it is meant so"
            )

    def _without_header(self, text: bytes, records: Records) -> bytes:
        if self.header.width < 2 or self.header.line not in text:
            return text
        line = rb"(?m)^" + re.escape(self.header.line) + rb"\r?$"
        quote = self.header.dialect.quote.encode() or b"\0"

        def mark(match: re.Match[bytes]) -> bytes:
            within = text.count(quote, 0, match.start()) % 2
            return match.group() if within else records.mark(match.group(), HEADER)

        return re.sub(line, mark, text)


def _without_totals(text: bytes, records: Records) -> bytes:
    marks = b""
    while True:
        start = text.rfind(b"\n", 0, len(text) - 1) + 1
        line = text[start:]
        word = is_total(records.dialect.fields(line.decode(errors="replace").rstrip("\r\n")))
        if word is None or word.encode() in text[:start]:
            return text + marks
        text, marks = text[:start], records.mark(line, TOTALS) + b"\n" + marks


def _read(stream: Any, least: int) -> bytes:
    """At least so many bytes, or all that are left: packed streams give fewer than they are asked for."""
    parts = []
    while least > 0 and (block := stream.read(least)):
        parts.append(bytes(block))
        least -= len(block)
    return b"".join(parts)
