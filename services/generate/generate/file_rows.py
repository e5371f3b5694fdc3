"""The rows of the files of an inbox."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator

import pyarrow as pa
import pyarrow.compute as pc

from contract.config import Config
from contract.datasets.prefetch import prefetch
from contract.texts.values import canonical, inexact
from generate.columns import FILE, ROW, wanted
from generate.inbox import Arrival, Inbox, state_of
from generate.part import Part, part_of, unread_of


def parts_of(inbox: Inbox, *, data: bool, target: bool) -> Iterator[Part]:
    """The rows of the files in the order of their names."""
    run, config = inbox.run, inbox.run.config
    rows_schema = _schema(config, wanted(config), [arrival for arrival in inbox.arrivals if arrival.contents.data])
    label_schema = _schema(
        config, [config.key, config.table.target], [arrival for arrival in inbox.arrivals if arrival.contents.target]
    )
    known = {*wanted(config), config.key, config.table.target}
    decimal = inbox.source.decimal
    before = 0
    for arrival in inbox.arrivals:
        # without a key of their own a day's rows are numbered, so each row has to be counted
        asked = (data and arrival.contents.data) or (target and arrival.contents.target)
        if not asked and config.table.key:
            continue
        last = 0
        wanted_here = [name for name in arrival.table.schema.names if name in known]
        for block in prefetch(arrival.table.read(wanted_here)):
            first = int(block.numbers[0]) if len(block.numbers) else last + 1
            part = part_of(
                block.rows,
                config,
                day=run.day,
                file=arrival.input.path,
                row=block.numbers,
                number=before + first if arrival.contents.data else None,
            )
            yield Part(
                _conform(part.data, rows_schema, decimal),
                _conform(part.target, label_schema, decimal),
                unread_of(block, arrival.input.path) if asked else None,
            )
            last = max([last, *block.numbers[-1:].tolist(), *(row.number for row in block.unread[-1:])])
        before += last if arrival.contents.data else 0
        _must_be_unchanged(arrival)
    if not before:
        yield Part(rows_schema.empty_table(), None)


def _schema(config: Config, columns: list[str], arrivals: list[Arrival]) -> pa.Schema:
    """One schema for all files: a column in which their types differ becomes text, as in a CSV file."""
    fields = []
    for name in dict.fromkeys([config.key, *columns]):
        schemas = [arrival.table.schema for arrival in arrivals]
        types = {schema.field(name).type for schema in schemas if name in schema.names}
        fields.append((name, types.pop() if len(types) == 1 else pa.string()))
    return pa.schema([*fields, (FILE, pa.string()), (ROW, pa.int64())])


def _conform(rows: pa.RecordBatch | None, schema: pa.Schema, decimal: str) -> pa.RecordBatch | None:
    """The columns of a schema, in its order and types; null where a file has no such column."""
    if rows is None:
        return None
    present = set(rows.schema.names)
    return pa.RecordBatch.from_arrays(
        [
            _of_type(rows[field.name], field.type, decimal)
            if field.name in present
            else pa.nulls(rows.num_rows, field.type)
            for field in schema
        ],
        schema=schema,
    )


def _of_type(values: pa.Array, kind: pa.DataType, decimal: str) -> pa.Array:
    """The values as the day's schema has them: where another file has another type, as the one text of each.

    Numbers get the mark of a fraction that the texts beside them have. A float that has lost digits is written with a
    fraction of zero: by that it is known.
    """
    if values.type == kind or not pa.types.is_string(kind):
        return values.cast(kind)
    text = canonical(values)
    if pa.types.is_floating(values.type) and (lost := inexact(values)).any():
        whole = pa.array([f"{value:.1f}" if value is not None else None for value in values.to_pylist()], pa.string())
        text = pc.if_else(pa.array(lost), whole, text)
    numeric = pa.types.is_floating(values.type) or pa.types.is_decimal(values.type)
    return pc.replace_substring(text, ".", decimal) if numeric and decimal != "." else text


def _must_be_unchanged(arrival: Arrival) -> None:
    """A file that grew while it was read is not the one whose hash the manifest names."""
    if state_of(arrival.table.path) != arrival.state:
        raise BlockingIOError(
            errno.EAGAIN, "changed while it was read; run again when it is complete", os.fspath(arrival.table.path)
        )
