"""A sheet of an Excel workbook (.xlsx)."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from datetime import datetime, time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from contract.config.source import Files
from contract.errors import DataError
from generate.files.excel.cells import letters, uncalculated, with_merged
from generate.files.plain_text import plain_text
from generate.files.row_lines import TOTALS, is_total
from generate.files.rows_of_text import BEYOND
from generate.files.table_file import TEXT, Block, TableFile, Unread, texts

if TYPE_CHECKING:
    from python_calamine import CalamineSheet, CalamineWorkbook

BATCH_ROWS = 65_536


class ExcelFile(TableFile):
    """The first row with values (after `source.skip_lines`) names the columns; values become text."""

    def __init__(self, path: Path, name: str, source: Files) -> None:
        """`name` is what messages call the file. Raises DataError when there is no such sheet, or no header."""
        self.path, self.name, self.source = path, name, source
        self._left, self._sheet_name = 0, ""
        header = next(self._cells(), None)
        if header is None:
            raise DataError(f"{name}: must have a header, got an empty sheet; write it again or take it away")
        names = [self._text(0, "header", value) or "" for value in header]
        while len(names) > 1 and not names[-1].strip():
            names.pop()
        self.schema = pa.schema([(column, pa.string()) for column in names])

    def read(self, columns: Sequence[str]) -> Generator[Block, None, None]:
        """The rows in order; of the last ones those without any value are none, and a line of totals is told."""
        names = self.schema.names
        positions = [names.index(column) for column in columns]
        self._must_be_calculated(columns, positions)
        rows: list[list[str | None]] = []
        numbers: list[int] = []
        unread: list[Unread] = []
        for number, values, last in _with_last(self._cells()):
            beyond = any(value not in ("", None) for value in values[len(names) :])
            if beyond or last:
                rule = BEYOND if beyond else TOTALS
                unread.append(Unread(number, rule, " ".join(str(value) for value in values if value != "")[:TEXT]))
                continue
            row = [values[position] if position < len(values) else None for position in positions]
            rows.append([self._text(number, column, value) for column, value in zip(columns, row, strict=True)])
            numbers.append(number)
            if len(rows) == BATCH_ROWS:
                yield Block(texts(columns, rows), np.array(numbers), tuple(unread))
                rows, numbers, unread = [], [], []
        if rows or unread:
            yield Block(texts(columns, rows), np.array(numbers, dtype=np.int64), tuple(unread))

    def _cells(self) -> Iterator[list[Any]]:
        """The rows of the sheet from the header on."""
        import python_calamine  # noqa: PLC0415 - only for Excel

        faults = (python_calamine.CalamineError, python_calamine.XmlError, python_calamine.ZipError)
        try:
            sheet = self._sheet(python_calamine.load_workbook(str(self.path)))
            self._sheet_name, self._left = sheet.name, sheet.start[1] if sheet.start else 0
            cells = with_merged(
                sheet.iter_rows() if sheet.height else iter(()), sheet.merged_cell_ranges or [], self._left
            )
            for _ in range(self.source.skip_lines):
                next(cells, None)
            header = False
            for values in cells:
                header = header or any(value != "" for value in values)
                if header:
                    yield values
        except python_calamine.PasswordError:
            raise DataError(f"{self.name}: must not be encrypted; save it without a password") from None
        except (*faults, python_calamine.WorksheetNotFound) as error:
            raise DataError(
                f"{self.name}: must be a whole Excel workbook, is damaged: {error}; save it again"
            ) from None

    def _must_be_calculated(self, columns: Sequence[str], positions: Sequence[int]) -> None:
        """Raise DataError for formulas without values: their cells would be empty."""
        cells = uncalculated(self.path, self._sheet_name)
        for column, position in zip(columns, positions, strict=True):
            cell = cells.get(letters(self._left + position))
            if cell is not None:
                raise DataError(
                    f"{self.name}: cell {cell}: column {column!r} must have values, got a formula that was not "
                    "calculated; open the workbook in a spreadsheet program and save it there, or leave the column out"
                )

    def _sheet(self, workbook: CalamineWorkbook) -> CalamineSheet:
        sheets = [workbook.get_sheet_by_name(name) for name in workbook.sheet_names]
        filled = [sheet for sheet in sheets if sheet.height]
        if self.source.sheet is not None:
            filled = [sheet for sheet in sheets if sheet.name == self.source.sheet]
        if len(filled) > 1 or (not filled and self.source.sheet is not None):
            names = ", ".join(repr(sheet.name) for sheet in sheets)
            raise DataError(
                f"{self.name}: one sheet must hold the rows, got {names} and source.sheet {self.source.sheet!r}; "
                "set source.sheet to its name"
            )
        if not sheets:
            raise DataError(f"{self.name}: must have a sheet, got none; save it again")
        return filled[0] if filled else sheets[0]

    def _text(self, number: int, column: str, value: object) -> str | None:
        try:
            # what midnight is to a spreadsheet is a day
            return plain_text(
                value.date() if isinstance(value, datetime) and value.time() == time() else value, self.source.decimal
            )
        except TypeError as error:
            raise DataError(
                f"{self.name}: row {number}: column {column!r} must hold plain values, got a {error}; format it as "
                "text or a number, or leave it out"
            ) from None


def _with_last(cells: Iterator[list[Any]]) -> Iterator[tuple[int, list[Any], bool]]:
    """The rows after the header with their numbers, those at the end without values left out.

    The truth says that it is the last one, and a line of totals by its first word, which no other row begins with.
    """
    next(cells)
    blank: list[tuple[int, list[Any]]] = []
    held: tuple[int, list[Any]] | None = None
    words: set[str | None] = set()
    for number, values in enumerate(cells, 1):
        if all(value == "" for value in values):
            blank.append((number, values))
            continue
        if held is not None:
            words.add(is_total([str(value) for value in held[1]]))
            yield (*held, False)
        yield from ((*row, False) for row in blank)
        blank, held = [], (number, values)
    if held is not None:
        word = is_total([str(value) for value in held[1]])
        yield (*held, word is not None and word not in words)
