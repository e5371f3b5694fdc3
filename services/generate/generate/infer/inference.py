"""Write a first pipeline.toml, and a page about it, from what is seen in a table."""

from __future__ import annotations

import argparse
import difflib
import logging
import tomllib
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import pyarrow as pa

from contract.atomic import replace_file
from contract.config.parse import parse
from contract.days import parse_day
from contract.errors import DataError, UsageError
from contract.texts.numbers import NumberForm
from generate.files.table_file import TableFile
from generate.infer.column_stats import ColumnStats
from generate.infer.gather import gather
from generate.infer.inputs import Input, open_files, open_query
from generate.infer.render.file import render
from generate.infer.repeated import Repeats, repeated_rows
from generate.infer.sampled.returning import with_returning
from generate.infer.sampled.suspicions import with_suspicions
from generate.infer.schema import TableSchema, infer_schema
from generate.split.proposal import Proposal, calendars_of, propose

STANDARD_OUTPUT = Path("-")
FIRST_DAY = date(2026, 1, 1)
"""Where neither somebody nor a column of dates says it."""

log = logging.getLogger("generate")


@dataclass(frozen=True)
class Seen:
    """A table after all of it was looked at."""

    schema: TableSchema
    columns: list[ColumnStats]
    sample: pa.Table
    """Some of its rows, as texts."""
    form: NumberForm
    source: tuple[str, ...]
    """The lines of `[source]` in pipeline.toml."""
    proposal: Proposal | None
    """How its rows become days; None for a query."""


def infer(args: argparse.Namespace) -> None:
    """Look at the whole table and write the configuration and the page."""
    page = _outputs(args)
    asked = parse_day(args.first_day, "--first-day") if args.first_day is not None else None
    table = _open(args, asked or FIRST_DAY)
    target, key, group = (_column(table, option, getattr(args, option)) for option in ("target", "key", "group"))
    assert target is not None
    seen = look_at(table, target, key, group)
    schema = seen.schema
    name = args.name or table.meaning or schema.target
    proposal = seen.proposal
    first_day = asked or (proposal and proposal.first_day) or FIRST_DAY
    text = render(schema, name=name, first_day=first_day, source=seen.source, proposal=proposal)
    try:
        config = parse(tomllib.loads(text))
    except ValueError as error:
        raise DataError(f"{table.name}: {error}") from None
    if page is not None:
        from generate.infer.page.page import page_of  # noqa: PLC0415 - templates, which a configuration alone needs not

        page.parent.mkdir(parents=True, exist_ok=True)
        replace_file(page, page_of(schema, seen.columns, seen.sample, seen.form, name=name).encode())
    if args.output == STANDARD_OUTPUT:
        print(text, end="")
    else:
        replace_file(args.output, text.encode())
    _tell(args.output, schema)
    log.info(
        "%s: %s, %d features, key %s, from %s rows%s; next: read it, and put files into data/inbox/<day>/%s",
        args.output,
        config.table.task,
        len(config.features),
        config.table.key or "none (rows are numbered)",
        f"{schema.rows:,}",
        f", shown in {page}" if page is not None else "",
        f", or one of many days: generate split FILE {proposal.options}" if proposal is not None else "",
    )


def _column(table: Input, option: str, name: str | None) -> str | None:
    """A column by its name, which people give without the blanks around it. Raises UsageError for another name."""
    if name is None or name in table.columns:
        return name
    same = [column for column in table.columns if column.strip(' \t\u00a0"') == name.strip()]
    if len(same) == 1:
        return same[0]
    close = difflib.get_close_matches(name, table.columns, n=1) or table.columns[:5]
    raise UsageError(f"--{option}: must be a column of {table.name}, got {name!r}; is it {' or '.join(close)}?")


def _outputs(args: argparse.Namespace) -> Path | None:
    """Where the page goes. Raises UsageError where that or the configuration would replace what is there."""
    to_file = args.output != STANDARD_OUTPUT
    page: Path | None = args.page or (args.output.with_suffix(".html") if to_file else None)
    for option, path in (("--output", args.output if to_file else None), ("--page", page)):
        if path is not None and path.exists() and not args.overwrite:
            raise UsageError(f"{option}: {path} is there already; give --force to replace it, or another {option}")
    return page


def _open(args: argparse.Namespace, first_day: date) -> Input:
    if bool(args.files) == (args.query is not None):
        raise UsageError(f"FILE or --query: must be one of the two, got {'both' if args.files else 'none'}")
    if args.query is not None:
        return open_query(args.query, first_day)
    return open_files(args.files, args.target)


def _proposal(table: Input, schema: TableSchema) -> Proposal | None:
    """How the rows of a file become days; None for a query, which is asked day by day."""
    if not all(isinstance(one, TableFile) for one in table.tables):
        return None
    dates = {
        column.name: column.settings.get("format", "iso")
        for column in schema.columns
        if column.settings["type"] == "datetime"
    }
    batches = table.batches(list(dates)) if dates else ()
    return propose(schema.rows, calendars_of(dates, batches, schema.missing.values, "UTC"))


def look_at(table: Input, target: str, key: str | None = None, group: str | None = None) -> Seen:
    """Read the whole table and decide what it is. Raises DataError or UsageError when nothing can be predicted."""
    seen = gather(table)
    schema = infer_schema(table.name, seen.columns, target, key, group)
    proposal = _proposal(table, schema)
    if group is None:
        by = proposal.by if proposal is not None else None
        schema = with_returning(schema, seen.sample, seen.form, seen.columns, by)
    schema = _with_repeats(schema, table)
    return Seen(
        with_suspicions(schema, seen.sample, seen.form),
        seen.columns,
        seen.sample,
        seen.form,
        (*table.source, *seen.source),
        proposal,
    )


def _with_repeats(schema: TableSchema, table: Input) -> TableSchema:
    """Count rows that come again: those that nothing or the key alone tells apart, and those of an earlier file."""
    apart = (schema.key, schema.group) != (None, None)
    repeats = Repeats() if apart else repeated_rows(table, schema.features)
    copies = again = 0
    if schema.key is not None and schema.group is None:
        without = repeated_rows(table, [name for name in table.columns if name != schema.key]).rows
        # with the same key, too, it is the same row again
        copies = max(0, without - repeated_rows(table, table.columns).rows) if without else 0
    if len(table.tables) > 1:
        columns = [column.name for column in schema.columns if not column.ignored or column.name == schema.key]
        again = repeated_rows(table, columns).in_other_files
    return replace(schema, repeated=repeats.rows, copies=copies, delivered_again=again)


def _tell(output: Path, schema: TableSchema) -> None:
    """Say which rows count as one, where nobody knows, and what is suspicious."""
    maybe = f"; is it rather {' or '.join(map(repr, schema.maybe_groups[:3]))}?" if schema.maybe_groups else ""
    if schema.group is not None:
        log.info("%s: rows with the same %r train or test together (table.group)%s", output, schema.group, maybe)
    elif schema.repeated:
        log.warning(
            "%s: %s of %s rows equal an earlier one in all features, and no key tells them apart: they train or test "
            "together; name the column that says what a row belongs to as table.group, or set it to 'row_key' where "
            "each row is a thing of its own%s",
            output,
            f"{schema.repeated:,}",
            f"{schema.rows:,}",
            maybe,
        )
    elif maybe:
        log.warning("%s: rows of one thing train or test together only if table.group names it%s", output, maybe)
    for name, suspicion in schema.suspicions:
        if name or "no key tells them apart" not in suspicion:
            log.warning("%s: %s%s", output, f"column {name!r}: " if name else "", suspicion)
