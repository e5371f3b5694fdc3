"""Which sheet of a workbook holds the table, and where in it the table begins."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from contract.config.source import Files
from contract.errors import DataError
from generate.files.excel.cells import spread, with_merged
from generate.infer.header import has_number, is_header

if TYPE_CHECKING:
    from python_calamine import CalamineSheet, CalamineWorkbook

SAMPLE_LINES = 100
_HEADS = 20
"""Lines that may stand before a header."""

log = logging.getLogger("generate")


def sheet_of(path: Path, column: str | None) -> tuple[Files, dict[str, str]]:
    """The settings by which a workbook is read, and what was guessed of them.

    Of several sheets those that can be seen go before hidden ones, then those with a column of that name, then those
    with most rows. Raises DataError for what is no whole workbook.
    """
    import python_calamine  # noqa: PLC0415 - only for Excel

    try:
        workbook = python_calamine.load_workbook(str(path))
    except (python_calamine.CalamineError, python_calamine.ZipError, python_calamine.XmlError) as error:
        raise DataError(f"{path.name}: must be a whole Excel workbook, is not: {error}; save it again") from None
    filled = _filled(workbook)
    if not filled:
        return Files(), {}
    named = [sheet for sheet in filled if column is not None and any(column in row for row in _texts(sheet)[:_HEADS])]
    sheet = (named or filled)[0]
    notes = {}
    if len(filled) > 1:
        why = f"with a column {column!r}" if 0 < len(named) < len(filled) else "with most rows"
        notes["sheet"] = f"the one {why} of {', '.join(repr(one.name) for one in filled)}"
        _tell_alike(path, sheet, filled)
    rows = _texts(sheet)
    first = next((number for number, row in enumerate(rows) if any(row)), 0)
    header = _header(rows, first, spread(sheet.merged_cell_ranges or []))
    return Files(skip_lines=header if header > first else 0, sheet=sheet.name if len(filled) > 1 else None), notes


def _filled(workbook: CalamineWorkbook) -> list[CalamineSheet]:
    seen = {one.name: str(one.visible).endswith("Visible") for one in workbook.sheets_metadata}
    sheets = [workbook.get_sheet_by_name(name) for name in workbook.sheet_names]
    return sorted((one for one in sheets if one.height), key=lambda one: (not seen.get(one.name, True), -one.height))


def _texts(sheet: CalamineSheet) -> list[list[str]]:
    left = sheet.start[1] if sheet.start else 0
    rows = with_merged(iter(sheet.iter_rows()), sheet.merged_cell_ranges or [], left)
    return [[str(cell).strip() for cell in row] for row in islice(rows, SAMPLE_LINES)]


def _header(rows: Sequence[Sequence[str]], first: int, heads: set[int]) -> int:
    """The row that names the columns; rows of `heads` name groups of them, where names stand below."""
    usual = Counter(sum(map(bool, row)) for row in rows if any(row)).most_common(1)
    width = usual[0][0] if usual else 1
    for number, row in enumerate(rows[first:_HEADS], first):
        if not is_header(row, rows[number + 1 :], width):
            continue
        below = rows[number + 1] if number + 1 < len(rows) else []
        if number in heads and all(below) and not has_number([below]) and is_header(below, rows[number + 2 :], width):
            continue
        return number
    return first


def _tell_alike(path: Path, sheet: CalamineSheet, sheets: Sequence[CalamineSheet]) -> None:
    """Say which other sheets look like parts of the same table."""
    header = next(iter(sheet.iter_rows()), [])
    alike = [other for other in sheets if other.name != sheet.name and next(iter(other.iter_rows()), []) == header]
    if alike:
        log.warning(
            "%s: of its sheets only %r is read; %s have the same header: put their rows into it, or save each as a "
            "file, if they are of one table",
            path.name,
            sheet.name,
            ", ".join(f"{other.name!r} ({other.height - 1:,} rows)" for other in alike),
        )
