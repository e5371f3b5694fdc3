"""A CSV file, read as a stream; every value is text."""

from __future__ import annotations

import codecs
import csv
import re
from collections.abc import Generator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv

from contract.errors import DataError

BLOCK_BYTES = 2 << 20
"""How much is read at a time; a row must fit into it. The reader is up to 32 blocks ahead of us."""
BATCH_BYTES = 16 << 20
"""Blocks are put together to batches of about this size: each becomes a row group, and small ones cost space."""


class CsvFile:
    """A CSV file in UTF-8, with or without a byte-order mark; the first row names the columns."""

    def __init__(self, path: Path, name: str, delimiter: str) -> None:
        """`name` is what messages call the file. Raises DataError when it is not such a file."""
        self.path, self.name, self.delimiter = path, name, delimiter
        self._has_rows = False
        self.schema = pa.schema([(column, pa.string()) for column in self._header()])

    @cached_property
    def rows(self) -> int | None:
        """Nobody knows before the end."""
        return None

    def batches(self, columns: Sequence[str]) -> Generator[pa.RecordBatch, None, None]:
        """The rows in order. Raises DataError that names the row (header not counted) and the rule."""
        if not self._has_rows:
            return
        wrong: list[Any] = []

        def keep(row: Any) -> str:
            wrong.append(row)
            return "error"

        last, rows = None, 0
        waiting: list[pa.RecordBatch] = []
        try:
            reader = pa.csv.open_csv(
                self.path,
                # only with one thread are wrong rows numbered
                read_options=pa.csv.ReadOptions(use_threads=False, block_size=BLOCK_BYTES),
                parse_options=pa.csv.ParseOptions(
                    delimiter=self.delimiter, newlines_in_values=True, invalid_row_handler=keep
                ),
                convert_options=pa.csv.ConvertOptions(
                    include_columns=list(columns), column_types=self.schema, strings_can_be_null=False
                ),
            )
            for batch in reader:
                waiting.append(batch)
                rows += batch.num_rows
                last = batch if batch.num_rows else last
                if sum(block.nbytes for block in waiting) >= BATCH_BYTES:
                    yield pa.concat_batches(waiting)
                    waiting = []
        except (pa.ArrowInvalid, pa.ArrowKeyError) as error:
            if wrong:
                raise DataError(
                    f"{self.name}: row {wrong[0].number - 1}: must have {wrong[0].expected_columns} fields like the "
                    f"header, got {wrong[0].actual_columns}: {wrong[0].text[:200]!r}; mend the row (is a delimiter "
                    f"inside a value without quotes, or source.delimiter {self.delimiter!r} wrong?)"
                ) from None
            self._must_be_utf8()
            raise DataError(f"{self.name}: cannot be read as CSV: {error}; write the file again") from None
        self._must_close_quotes(last, rows)
        if waiting:
            yield pa.concat_batches(waiting)

    def _header(self) -> list[str]:
        try:
            with self.path.open(encoding="utf-8-sig", newline="") as file:
                records = (record for record in csv.reader(file, delimiter=self.delimiter) if record)
                header = next(records, None)
                try:
                    self._has_rows = next(records, None) is not None
                except csv.Error:  # a field longer than Python's csv module takes: there is a row
                    self._has_rows = True
        except UnicodeDecodeError:
            self._must_be_utf8()
            raise
        except csv.Error as error:
            raise DataError(f"{self.name}: the header cannot be read: {error}; write the file again") from None
        if header is None:
            raise DataError(f"{self.name}: must have a header, got an empty file; write it again or take it away")
        return header

    def _must_be_utf8(self) -> None:
        decoder = codecs.getincrementaldecoder("utf-8")()
        offset, line = 0, 1
        with self.path.open("rb") as file:
            while True:
                block = file.read(1 << 20)
                pending = len(decoder.getstate()[0])
                try:
                    decoder.decode(block, final=not block)
                except UnicodeDecodeError as error:
                    start = error.start - pending
                    line += block[: max(start, 0)].count(b"\n")
                    raise DataError(
                        f"{self.name}: line {line}, byte {offset + start + 1}: must be UTF-8, got "
                        f"0x{error.object[error.start]:02x} ({error.reason}); convert it (iconv -f LATIN1 -t UTF-8)"
                    ) from None
                if not block:
                    return
                offset += len(block)
                line += block.count(b"\n")

    def _must_close_quotes(self, last: pa.RecordBatch | None, rows: int) -> None:
        """A quote that is never closed would silently take all rows after it for one value."""
        if last is None:
            return
        values = last.slice(last.num_rows - 1).to_pylist()[0].values()
        if any(re.search(r"[\r\n]", value) for value in values):
            with self.path.open("rb") as file:
                quotes = sum(block.count(b'"') for block in iter(lambda: file.read(1 << 20), b""))
            if quotes % 2:
                raise DataError(f"{self.name}: row {rows}: every quote must be closed, got one that is open; mend it")
