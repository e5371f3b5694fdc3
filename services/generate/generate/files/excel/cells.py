"""What a sheet's cells hold beyond their values: merged cells, and formulas that nobody has calculated."""

from __future__ import annotations

import html
import re
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

Range = tuple[tuple[int, int], tuple[int, int]]
"""Row and column of the first and the last cell, from 0."""

_SHEET = re.compile(rb'<(?:\w+:)?sheet\b[^>]*?\bname="([^"]*)"[^>]*?\b\w+:id="([^"]*)"')
_RELATION = re.compile(rb"<(?:\w+:)?Relationship\b[^>]*>")
# a text that is empty (t="str") is a value as well
_UNCALCULATED = re.compile(
    rb'<(?:\w+:)?c r="([A-Z]+)(\d+)"(?![^>]*t="str")[^>]*>\s*<(?:\w+:)?f\b(?:[^>]*/>|[^>]*>[^<]*</(?:\w+:)?f>)\s*'
    rb"(?:<(?:\w+:)?v\s*/>|<(?:\w+:)?v></(?:\w+:)?v>)?\s*</(?:\w+:)?c>"
)
_BLOCK, _LONGEST_CELL = 1 << 20, 1 << 16


def with_merged(rows: Iterator[list[Any]], merged: Sequence[Range], left: int) -> Iterator[list[Any]]:
    """The rows from the sheet's first, with the value of cells that are merged downwards in each of their rows.

    A spreadsheet keeps it in the first one alone. `left`: the sheet's column of the rows' first cell.
    """
    below: dict[int, list[tuple[int, int]]] = {}
    for (top, column), (bottom, last) in merged:
        if column == last:
            for row in range(top + 1, bottom + 1):
                below.setdefault(row, []).append((top, column - left))
    tops = {top for cells in below.values() for top, _ in cells}
    kept: dict[int, list[Any]] = {}
    for number, values in enumerate(rows):
        if number in tops:
            kept[number] = values
        # where nothing else stands the merged cell is a frame, not a row
        if number in below and any(value != "" for value in values):
            for top, column in below[number]:
                if 0 <= column < len(values):
                    values[column] = kept[top][column]
        yield values


def spread(merged: Sequence[Range]) -> set[int]:
    """The rows that have cells merged over several columns, as heads of groups of columns are."""
    return {top for (top, column), (_, last) in merged if last > column}


def uncalculated(path: Path, sheet: str) -> dict[str, str]:
    """The columns of a sheet that have a formula without its value, each with the first such cell.

    Programs that write workbooks do not calculate; a spreadsheet does when it saves one.
    """
    found: dict[str, str] = {}
    with zipfile.ZipFile(path) as archive:
        part = _part(archive, sheet)
        if part not in archive.namelist():
            return found
        with archive.open(part) as file:
            rest = b""
            while block := file.read(_BLOCK):
                text = rest + block
                if b"<f" in text or b":f" in text:
                    for column, row in _UNCALCULATED.findall(text):
                        found.setdefault(column.decode(), (column + row).decode())
                rest = text[-_LONGEST_CELL:]
    return found


def letters(column: int) -> str:
    """A, B … Z, AA: the name of a column, from 0."""
    name = ""
    column += 1
    while column:
        column, letter = divmod(column - 1, 26)
        name = chr(ord("A") + letter) + name
    return name


def _part(archive: zipfile.ZipFile, sheet: str) -> str:
    """The file of a sheet within the workbook."""
    book = archive.read("xl/workbook.xml")
    wanted = next((key for name, key in _SHEET.findall(book) if html.unescape(name.decode()) == sheet), None)
    for relation in _RELATION.findall(archive.read("xl/_rels/workbook.xml.rels")):
        values = dict(re.findall(rb'(\w+)="([^"]*)"', relation))
        if values.get(b"Id") == wanted:
            target = values[b"Target"].decode()
            return target.lstrip("/") if target.startswith("/") else f"xl/{target}"
    return ""
