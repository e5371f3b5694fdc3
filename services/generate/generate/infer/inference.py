"""Write a first pipeline.toml from what is seen in a file."""

from __future__ import annotations

import argparse
import difflib
import logging
import tomllib
from dataclasses import replace
from pathlib import Path

import pyarrow as pa

from contract.atomic import replace_file
from contract.config.parse import parse
from contract.days import parse_day
from contract.errors import DataError, MissingInput, UsageError
from contract.number_text import NumberForm
from contract.steps.progress import progress
from generate.columns import differ
from generate.files.open_table import ENDINGS, is_table, open_table
from generate.files.parquet_file import ParquetFile
from generate.files.table_file import TableFile, Unread
from generate.infer.column_stats import ColumnStats
from generate.infer.render import render
from generate.infer.repeated import repeated_rows
from generate.infer.schema import TableSchema, infer_schema
from generate.infer.sniffing import Sniffed, sniff

STANDARD_OUTPUT = Path("-")

log = logging.getLogger("generate")


def infer(args: argparse.Namespace) -> None:
    """Look at the whole file and write the configuration."""
    to_file = args.output != STANDARD_OUTPUT
    if to_file and args.output.exists() and not args.overwrite:
        raise UsageError(f"--output: {args.output} is there already; give --force to replace it, or another --output")
    first_day = parse_day(args.first_day, "--first-day")
    table, sniffed = _open(args.file)
    differ(table.name, table.schema.names)
    for option, name in (("--target", args.target), ("--key", args.key), ("--group", args.group)):
        if name is not None and name not in table.schema.names:
            close = difflib.get_close_matches(name, table.schema.names, n=1) or table.schema.names[:5]
            raise UsageError(f"{option}: must be a column of {table.name}, got {name!r}; is it {' or '.join(close)}?")
    schema = infer_schema(table.name, _column_stats(table, sniffed.form), args.target, args.key, args.group)
    if schema.key is None and schema.group is None:
        schema = replace(schema, repeated=repeated_rows(table, schema.features))
    text = render(schema, first_day=first_day, source=sniffed.lines)
    try:
        config = parse(tomllib.loads(text))
    except ValueError as error:
        raise DataError(f"{table.name}: {error}") from None
    if to_file:
        replace_file(args.output, text.encode())
    else:
        print(text, end="")
    _tell_of_groups(args.output, schema)
    log.info(
        "%s: %s, %d features, key %s, from %s rows; next: read it, and put files into data/inbox/<day>/",
        args.output,
        config.table.task,
        len(config.features),
        config.table.key or "none (rows are numbered)",
        f"{schema.rows:,}",
    )


def _tell_of_groups(output: Path, schema: TableSchema) -> None:
    """Say which rows count as one, and where nobody knows."""
    maybe = f"; is it rather {' or '.join(map(repr, schema.maybe_groups[:3]))}?" if schema.maybe_groups else ""
    if schema.group is not None:
        log.info("%s: rows with the same %r train or test together (table.group)%s", output, schema.group, maybe)
    elif schema.repeated:
        log.warning(
            "%s: %s of %s rows equal an earlier one in all features, and no key tells them apart: they train or test "
            "together; name the column that says whose a row is as table.group, or set it to 'row_key' where each row "
            "is a thing of its own%s",
            output,
            f"{schema.repeated:,}",
            f"{schema.rows:,}",
            maybe,
        )
    elif maybe:
        log.warning("%s: rows of one thing train or test together only if table.group names it%s", output, maybe)


def _open(path: Path) -> tuple[TableFile, Sniffed]:
    if not path.is_file():
        raise MissingInput(f"{path}: must be a file, got none")
    if not is_table(path.name):
        raise UsageError(f"{path}: must be named {ENDINGS}, like the files in inbox/<day>/; rename it")
    sniffed = sniff(path)
    table = open_table(path, path.name, sniffed.source)
    if isinstance(table, ParquetFile):
        table.leave_out((), ())
    return table, sniffed


def _column_stats(table: TableFile, form: NumberForm) -> list[ColumnStats]:
    columns = [
        ColumnStats(
            field.name,
            floating=pa.types.is_floating(field.type),
            form=form if pa.types.is_string(field.type) else NumberForm(),
        )
        for field in table.schema
    ]
    unread: list[Unread] = []
    with progress(table.name, table.rows) as advance:
        for block in table.read(table.schema.names):
            for column, values in zip(columns, block.rows.columns, strict=True):
                column.add(values)
            unread += block.unread
            advance(block.rows.num_rows)
    if unread:
        first = f"row {unread[0].number}: {unread[0].rule}, got {unread[0].text!r}"
        log.warning("%s: %s rows cannot be read, the first: %s", table.name, f"{len(unread):,}", first)
    return columns
