"""Text that a spreadsheet would run as a formula, in CSV files: docs/decisions/0014."""

from __future__ import annotations

from typing import TypeVar

import pyarrow as pa
import pyarrow.compute as pc

_FIRST = r"([=+\-@\t\r'])"

Rows = TypeVar("Rows", pa.RecordBatch, pa.Table)


def without_formulas(rows: Rows) -> Rows:
    """Put an apostrophe before every text that begins as a formula does, or with an apostrophe."""
    return _replaced(rows, f"^{_FIRST}", r"'\1")


def with_formulas(rows: Rows) -> Rows:
    """The rows as they were before `without_formulas`."""
    return _replaced(rows, f"^'{_FIRST}", r"\1")


def _replaced(rows: Rows, pattern: str, new: str) -> Rows:
    columns = [
        pc.replace_substring_regex(column, pattern, new) if pa.types.is_string(column.type) else column
        for column in rows.columns
    ]
    return type(rows).from_arrays(columns, schema=rows.schema)
