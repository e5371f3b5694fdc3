"""The rules of `pipeline.toml` for one column."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from contract.config.data import Column
from contract.errors import DataError
from preprocess import numbers, texts
from preprocess.checked_column import CheckedColumn, mask


def check_column(name: str, column: pa.Array, spec: Column, missing: texts.Words) -> CheckedColumn:
    """A column's values as its type has them, and the rows that break its rules.

    Raises DataError for a column whose own type cannot be read at all.
    """
    try:
        if pa.types.is_dictionary(column.type):
            checked = _read(column.dictionary, spec, missing).of(column.indices)
        else:
            checked = _read(column, spec, missing)
    except DataError as error:
        raise DataError(f"column {name}: {error}; write it as another type") from None
    if spec.missing == "reject":
        checked = checked.breaking("missing", checked.missing)
    if spec.min is not None:
        checked = checked.breaking(f"below {spec.min:.15g}", mask(pc.less(checked.values, spec.min)))
    if spec.max is not None:
        checked = checked.breaking(f"above {spec.max:.15g}", mask(pc.greater(checked.values, spec.max)))
    return checked


def _read(column: pa.Array, spec: Column, missing: texts.Words) -> CheckedColumn:
    if spec.type == "number":
        return numbers.number(column, missing)
    if spec.type == "integer":
        return numbers.integer(column, missing)
    if spec.type == "category":
        return texts.category(column, missing, spec.values)
    if spec.type == "datetime":
        return texts.date(column, missing)
    return texts.text(column, missing)
