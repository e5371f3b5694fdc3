"""Rows as they arrived, taken apart into data and labels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from contract.config import Config
from contract.texts.values import canonical
from generate.columns import FILE, ROW
from generate.files.table_file import Block, Numbers

UNREAD = pa.schema({FILE: pa.string(), ROW: pa.int64(), "rule": pa.string(), "value": pa.string()})
"""Rows that could not be read: where they are, which rule they break, and their text."""


@dataclass(frozen=True)
class Part:
    """Some rows that arrived, each table with its provenance; None where they have no such columns."""

    data: pa.RecordBatch | None
    target: pa.RecordBatch | None
    """Key and target of the rows that have a label."""
    unread: pa.RecordBatch | None = None
    """Rows that are there and could not be read, by UNREAD."""


def part_of(
    rows: pa.RecordBatch | pa.Table, config: Config, *, day: str, file: str, row: int | Numbers, number: int | None
) -> Part:
    """Take rows as they arrived apart into data and labels.

    `row` is the first one's place in `file` (or the places of all), `number` its number among the day's rows (None for
    rows of labels alone); both count from 1.
    """
    places = np.arange(row, row + rows.num_rows) if isinstance(row, int) else row
    if config.table.key is None and number is not None:
        numbers = pa.array(number + places - places[:1].sum()).cast(pa.string())
        rows = rows.add_column(0, config.key, pc.binary_join_element_wise(day, numbers, "-"))
    rows = rows.append_column(FILE, pa.repeat(file, rows.num_rows))
    rows = rows.append_column(ROW, pa.array(places))
    target = config.table.target
    labels = None
    if target in rows.schema.names:
        labels = rows.select([config.key, target, FILE, ROW]).filter(given(rows[target], config))
        rows = rows.drop_columns([target])
    return Part(rows if number is not None else None, labels)


def unread_of(block: Block, file: str) -> pa.RecordBatch | None:
    """The rows of a block that could not be read, None where all could."""
    if not block.unread:
        return None
    lines = [(file, row.number, row.rule, row.text) for row in block.unread]
    return pa.RecordBatch.from_arrays(
        [pa.array(column, kind) for column, kind in zip(zip(*lines, strict=True), UNREAD.types, strict=True)],
        schema=UNREAD,
    )


def given(values: Any, config: Config) -> Any:
    """Which labels are there: a null, NaN or a text that stands for a missing value is none, unless it is a class."""
    given = pc.invert(pc.is_null(values, nan_is_null=True))
    if pa.types.is_string(values.type):
        missing = canonical(pa.array(config.table.missing_values, pa.string()))
        classes = pa.array(config.columns[config.table.target].values or (), pa.string())
        listed = pc.is_in(pc.utf8_trim_whitespace(values), value_set=classes)
        present = pc.or_(listed, pc.invert(pc.is_in(canonical(values), value_set=missing)))
        given = pc.and_(given, present)
    return given
