"""Rows as they arrived, taken apart into data and labels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from contract.config import Config
from contract.value_text import canonical
from generate.columns import FILE, ROW


@dataclass(frozen=True)
class Part:
    """Some rows that arrived, each table with its provenance; None where they have no such columns."""

    data: pa.RecordBatch | None
    target: pa.RecordBatch | None
    """Key and target of the rows that have a label."""


def part_of(
    rows: pa.RecordBatch | pa.Table, config: Config, *, day: str, file: str, row: int, number: int | None
) -> Part:
    """Take rows as they arrived apart into data and labels.

    `row` is the first one's place in `file`, `number` its number among the day's rows (None for
    rows of labels alone); both count from 1.
    """
    if config.table.key is None and number is not None:
        numbers = pa.array(np.arange(number, number + rows.num_rows)).cast(pa.string())
        rows = rows.add_column(0, config.key, pc.binary_join_element_wise(day, numbers, "-"))
    rows = rows.append_column(FILE, pa.repeat(file, rows.num_rows))
    rows = rows.append_column(ROW, pa.array(np.arange(row, row + rows.num_rows)))
    target = config.table.target
    labels = None
    if target in rows.schema.names:
        labels = rows.select([config.key, target, FILE, ROW]).filter(_given(rows[target], config))
        rows = rows.drop_columns([target])
    return Part(rows if number is not None else None, labels)


def _given(values: Any, config: Config) -> Any:
    """Which labels are there: a null, NaN or a text that stands for a missing value is none, unless it is a class."""
    given = pc.invert(pc.is_null(values, nan_is_null=True))
    if pa.types.is_string(values.type):
        missing = canonical(pa.array(config.table.missing_values, pa.string()))
        classes = pa.array(config.columns[config.table.target].values or (), pa.string())
        listed = pc.is_in(pc.utf8_trim_whitespace(values), value_set=classes)
        present = pc.or_(listed, pc.invert(pc.is_in(canonical(values), value_set=missing)))
        given = pc.and_(given, present)
    return given
