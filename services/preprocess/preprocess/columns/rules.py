"""The rules of `pipeline.toml` for one column."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from contract.config import Config
from contract.config.data import Column
from contract.config.source import Files
from contract.errors import DataError
from contract.texts.numbers import NumberForm
from preprocess.columns import numbers, texts
from preprocess.columns.checked_column import CheckedColumn, Mask, mask, nulls
from preprocess.columns.dates import Dates


@dataclass(frozen=True)
class Written:
    """How the source writes numbers, and whose wall clock its dates are of."""

    numbers: NumberForm = numbers.PLAIN
    timezone: str = "UTC"


AS_PROGRAMS_DO = Written()


def check_column(
    name: str,
    column: pa.Array,
    spec: Column,
    missing: texts.Words,
    form: Written = AS_PROGRAMS_DO,
    *,
    key: bool = False,
    closed: bool = True,
) -> CheckedColumn:
    """A column's values as its type has them, and the rows that break its rules; the `key` has the one text of each.

    `form`: how the source writes numbers and dates; not `closed`: a category may have words that are not listed.

    Raises DataError for a column whose own type cannot be read at all.
    """
    read = texts.key if key and spec.type == "text" else _reader(spec, form, closed=closed)
    try:
        if pa.types.is_dictionary(column.type):
            checked = read(column.dictionary, missing).of(column.indices)
        else:
            checked = read(column, missing)
    except DataError as error:
        raise DataError(f"column {name}: {error}; write it as another type") from None
    if spec.missing == "reject":
        checked = checked.breaking("missing", checked.missing)
    if spec.min is not None:
        checked = checked.breaking(f"below {spec.min:.15g}", _below(checked.values, spec.min))
    if spec.max is not None:
        checked = checked.breaking(f"above {spec.max:.15g}", _above(checked.values, spec.max))
    return checked


def _below(values: pa.Array, bound: float) -> Mask:
    if pa.types.is_integer(values.type):
        # a whole number beyond 2^53 has no exact float to be compared with
        if bound > 2**63 - 1:
            return ~nulls(values)
        bound = math.ceil(max(bound, -(2.0**63)))
    return mask(pc.less(values, bound))


def _above(values: pa.Array, bound: float) -> Mask:
    if pa.types.is_integer(values.type):
        if bound < -(2**63):
            return ~nulls(values)
        if bound > 2**63 - 1:
            return np.zeros(len(values), dtype=bool)
        bound = math.floor(bound)
    return mask(pc.greater(values, bound))


def written_form(config: Config) -> Written:
    """How the source writes numbers and dates."""
    source = config.source
    form = NumberForm(source.decimal, source.thousands) if isinstance(source, Files) else numbers.PLAIN
    return Written(form, config.schedule.timezone)


def _reader(spec: Column, form: Written, *, closed: bool) -> Callable[[pa.Array, texts.Words], CheckedColumn]:
    if spec.type == "category":
        return partial(texts.category, allowed=spec.values, closed=closed)
    if spec.type in ("number", "integer"):
        read = numbers.number if spec.type == "number" else numbers.integer
        return partial(read, form=replace(form.numbers, unit=spec.unit))
    return Dates(spec.format or "iso", form.timezone).read if spec.type == "datetime" else texts.text
