"""The values of a sample as numbers, by what was decided about their columns."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from contract.texts.dates import EPOCHS, DateForm
from contract.texts.numbers import NumberForm
from contract.texts.values import canonical
from generate.infer.schema import TableSchema
from generate.infer.types.column_schema import ColumnSchema

Floats = npt.NDArray[np.float64]


def texts(rows: pa.Table, schema: TableSchema, name: str) -> pa.Array:
    """A column's texts, null where they stand for a missing value."""
    text = canonical(rows.column(name).combine_chunks())
    gone = pc.is_in(text, value_set=pa.array(schema.missing.values, pa.string()))
    return pc.if_else(gone, pa.scalar(None, pa.string()), text)


def numbers(text: pa.Array, column: ColumnSchema, form: NumberForm) -> Floats:
    """Texts as numbers, NaN for what is none."""
    text = replace(form, unit=column.settings.get("unit")).plain(text)
    result: Floats = text.cast(pa.float64()).fill_null(np.nan).to_numpy(zero_copy_only=False)
    return result


def moments(text: pa.Array, column: ColumnSchema) -> Floats:
    """Texts as seconds since 1970, NaN for what is no time."""
    written = column.settings.get("format", "iso")
    form = DateForm(written, "UTC")
    seconds: Any = (
        form.of_epoch(pa.array(numbers(text, column, NumberForm()))) if written in EPOCHS else form.moments(text)
    ).cast(pa.timestamp("s"), safe=False)
    result: Floats = seconds.cast(pa.int64()).cast(pa.float64()).fill_null(np.nan).to_numpy(zero_copy_only=False)
    return result


def codes(text: pa.Array) -> tuple[npt.NDArray[np.int64], list[str]]:
    """Texts as positions among those that occur; -1 for a missing one."""
    encoded = text.dictionary_encode()
    return encoded.indices.fill_null(-1).to_numpy().astype(np.int64), encoded.dictionary.to_pylist()


def class_codes(text: pa.Array, schema: TableSchema) -> Floats:
    """Positions among the classes; NaN for other spellings than those that are listed."""
    places = {word: float(number) for number, word in enumerate(schema.classes)}
    return np.array([places.get(word, np.nan) for word in text.to_pylist()])


def labels(rows: pa.Table, schema: TableSchema, form: NumberForm) -> Floats:
    """The target as rows x outputs: the quantity, or a column for each class; NaN where it is neither."""
    text = texts(rows, schema, schema.target)
    if schema.task == "regression":
        return numbers(text, schema.column(schema.target), form)[:, None]
    found = class_codes(text, schema)
    return np.where(np.isnan(found)[:, None], np.nan, found[:, None] == np.arange(len(schema.classes)))
