"""The rows of a CSV text as Arrow reads them, and what becomes of those that it cannot read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from generate.files.dialect import Header
from generate.files.quotes import Records
from generate.files.table_file import TEXT, Block, Unread, numbered, texts

FIELDS = "must have"
BEYOND = "a value behind the last named column"


class RowsOfText:
    """Reads the texts of one file in order, and counts its rows."""

    def __init__(self, header: Header, columns: Sequence[str]) -> None:
        self._header, self._columns = header, list(columns)
        self._positions = [header.names.index(name) for name in columns]
        self._nameless = list(range(len(header.names), header.width))
        dialect = header.dialect
        self._parse = pa.csv.ParseOptions(
            delimiter=dialect.delimiter,
            quote_char=dialect.quote or False,
            escape_char=dialect.escape or False,
            newlines_in_values=True,
            invalid_row_handler=self._keep,
        )
        kept = [str(position) for position in (*self._positions, *self._nameless)]
        self._convert = pa.csv.ConvertOptions(
            include_columns=kept,
            column_types=dict.fromkeys(kept, pa.string()),
            strings_can_be_null=False,
            check_utf8=False,
        )
        self._wrong: list[Any] = []
        self._next = 1
        """The place of the next row."""

    @property
    def last(self) -> int:
        """The place of the last row so far."""
        return self._next - 1

    def parse(self, text: bytes, records: Records) -> Block:
        """The rows of complete records. Raises UnicodeDecodeError for what is not UTF-8."""
        if not text.isascii():
            text.decode()  # Arrow would lose a row of another length that is not UTF-8
        self._wrong = []
        read = pa.csv.ReadOptions(
            use_threads=False,  # only so are wrong rows numbered
            block_size=len(text) + 1,
            column_names=[str(position) for position in range(self._header.width)],
        )
        table = pa.csv.read_csv(
            pa.BufferReader(text), read_options=read, parse_options=self._parse, convert_options=self._convert
        ).combine_chunks()
        start, self._next = self._next, self._next + table.num_rows + len(self._wrong)
        unread, mended = self._sorted(start, records)
        rows = pa.RecordBatch.from_arrays(
            [table.column(index).combine_chunks() for index in range(len(self._columns))], names=self._columns
        )
        wrong = [row.number for row in self._wrong]
        numbers = numbered(start, table.num_rows, [start + number - 1 for number in wrong])
        if self._nameless:
            beyond = self._beyond(table)
            for row in np.flatnonzero(beyond).tolist():
                unread.append(Unread(int(numbers[row]), BEYOND, self._shown(table, row)))
            rows, numbers = rows.filter(pa.array(~beyond)), numbers[~beyond]
        if mended:
            rows = pa.concat_batches([rows, texts(self._columns, list(mended.values()))])
            numbers = np.concatenate([numbers, list(mended)])
            order = np.argsort(numbers)
            rows, numbers = rows.take(pa.array(order)), numbers[order]
        return Block(rows, numbers, tuple(sorted(unread, key=lambda row: row.number)))

    def _keep(self, row: Any) -> str:
        self._wrong.append(row)
        return "skip"

    def _sorted(self, start: int, records: Records) -> tuple[list[Unread], dict[int, list[str | None]]]:
        """Rows of another length: those that are none, and those with blanks too many or too few at the end."""
        unread: list[Unread] = []
        mended: dict[int, list[str | None]] = {}
        named = len(self._header.names)
        for row in self._wrong:
            number, text = start + row.number - 1, row.text.rstrip("\r\n")
            if text in records.spoiled:
                line, rule = records.spoiled[text]
                unread.append(Unread(number, rule, line.decode(errors="replace").rstrip("\r\n")[:TEXT]))
                continue
            fields = self._header.dialect.fields(row.text)
            if not any(field.strip() for field in fields):
                continue  # a blank line
            if len(fields) >= named and not any(field.strip() for field in fields[named:]):
                mended[number] = [fields[position] for position in self._positions]
            else:
                rule = f"{FIELDS} {self._header.width} fields like the header, got {len(fields)}"
                unread.append(Unread(number, rule, text[:TEXT]))
        return unread, mended

    def _beyond(self, table: pa.Table) -> Any:
        """Rows with a value in a column that has no name: something has moved it there."""
        found = np.zeros(table.num_rows, dtype=bool)
        for position in self._nameless:
            column = table.column(str(position)).combine_chunks()
            found |= np.asarray(pc.greater(pc.utf8_length(pc.utf8_trim_whitespace(column)), 0))
        return found

    def _shown(self, table: pa.Table, row: int) -> str:
        values = [str(value) for value in table.slice(row, 1).to_pylist()[0].values()]
        return self._header.dialect.delimiter.join(values)[:TEXT]
