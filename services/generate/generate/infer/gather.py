"""Look at all rows of a table, once: what is in each column, and how its numbers are written."""

from __future__ import annotations

import logging
from collections import Counter
from dataclasses import dataclass

import pyarrow as pa

from contract.steps.progress import progress
from contract.texts.numbers import NumberForm
from generate.infer.column_stats import MOST_DISTINCT, ColumnStats
from generate.infer.inputs import Input
from generate.infer.render.toml_text import value
from generate.infer.sampled.sample import Sample
from generate.infer.types.number_forms import number_form

MOST_IN_ALL = 2_000_000
"""Distinct values of all columns together: a wide table counts fewer of each."""

log = logging.getLogger("generate")


@dataclass(frozen=True)
class Gathered:
    """What was seen in the rows."""

    columns: list[ColumnStats]
    sample: pa.Table
    """Some of the rows, as texts."""
    form: NumberForm
    """How numbers are written."""
    doubt: str = ""
    """What could not be told about that."""

    @property
    def source(self) -> tuple[str, ...]:
        """The lines of `[source]` that say how numbers are written."""
        marks = {"decimal": self.form.decimal, "thousands": self.form.thousands}
        doubted = "decimal" if self.form.decimal != "." else "thousands"
        return tuple(
            f"{key} = {value(mark)}" + (f"  # {self.doubt}" if self.doubt and key == doubted else "")
            for key, mark in marks.items()
            if mark != getattr(NumberForm(), key)
        )


def gather(table: Input, form: NumberForm | None = None) -> Gathered:
    """Read the whole table. `form`: how numbers are written, where it is known; else the first rows tell.

    Where all rows tell another form than the first did, the table is read again.
    """
    known = NumberForm() if form is None else form
    columns = columns_of(table, known)
    sample, unreadable = Sample(table.columns), Counter[str]()
    with progress(table.name, table.rows) as advance:
        for number, batch in enumerate(table.batches(table.columns, unreadable)):
            _add(columns, batch)
            if number == 0 and form is None and (found := _form(table, columns)[0]) != known:
                known, columns = found, columns_of(table, found)
                _add(columns, batch)
            sample.add(batch)
            advance(batch.num_rows)
    found, doubt = _form(table, columns)
    if form is None and found != known:
        return gather(table, found)
    for first, rows in unreadable.items():
        log.warning("%s: %s rows cannot be read, the first: %s", table.name, f"{rows:,}", first.partition(": ")[2])
    return Gathered(columns, sample.table(), known, doubt)


def columns_of(table: Input, form: NumberForm) -> list[ColumnStats]:
    """An empty one for each column, of a table that writes numbers in a form."""
    most = min(MOST_DISTINCT, MOST_IN_ALL // len(table.columns) + 1)
    return [
        ColumnStats(name, floating=table.is_floating(name), form=form, most_distinct=most) for name in table.columns
    ]


def _add(columns: list[ColumnStats], batch: pa.RecordBatch) -> None:
    for column, values in zip(columns, batch.columns, strict=True):
        column.add(values)


def _form(table: Input, columns: list[ColumnStats]) -> tuple[NumberForm, str]:
    if table.delimiter is None:
        return NumberForm(), ""
    return number_form({column.name: column.number_shapes for column in columns}, table.delimiter)
