"""From the options of `generate split` to the rule that says which day a row goes to."""

from __future__ import annotations

import argparse
import difflib
import logging
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import date

import pyarrow as pa

from contract.config import Config
from contract.config.source import Files
from contract.errors import DataError, UsageError
from contract.texts.dates import DateForm
from contract.texts.numbers import NumberForm
from generate.files.table_file import TableFile
from generate.infer.column_stats import ColumnStats
from generate.infer.types.kinds import kind_of
from generate.split.assignment import Assignment, ByDate, ByHash, InOrder, Within, expected_days
from generate.split.calendar import Calendar, DayReader
from generate.split.proposal import at_most, calendars_of, propose

log = logging.getLogger("generate")

_LAST = 3_652_059
"""The ordinal of 9999-12-31."""


def decide(args: argparse.Namespace, config: Config, tables: Sequence[TableFile]) -> None:
    """Where neither --by nor --days is given, set them to what suits the table. Raises UsageError."""
    given = args.by is not None or args.days is not None
    if args.at_most is not None and (given or args.at_most < 1):
        beside = " beside --by or --days" if given else ""
        raise UsageError(f"--at-most: must be 1 or more, without --by and --days, got {args.at_most}{beside}")
    if given:
        return
    there = set.intersection(*(set(table.schema.names) for table in tables))
    dates = {
        name: column.format or "iso"
        for name, column in config.columns.items()
        if column.type == "datetime" and name in there
    }
    rows = 0
    names = list(dates) or [tables[0].schema.names[0]]

    def batches() -> Iterator[pa.RecordBatch]:
        nonlocal rows
        for table in tables:
            for batch in table.batches(names):
                rows += batch.num_rows
                yield batch

    calendars = calendars_of(dates, batches(), config.table.missing_values, config.schedule.timezone)
    proposal = propose(rows, calendars)
    if args.at_most is not None:
        proposal = at_most(proposal, args.at_most)
    args.by, args.days = proposal.by, proposal.days
    log.info("%s: %s", proposal.why, proposal.options)


def assignment_of(args: argparse.Namespace, config: Config, tables: Sequence[TableFile]) -> Assignment:
    """The rule that --by and --days ask for. Raises UsageError where they do not fit, DataError for a wrong column."""
    days = _days(args.days, config) if args.days is not None else []
    if args.by is None:
        return ByHash(config, days)
    for table in tables:
        if args.by not in table.schema.names:
            close = difflib.get_close_matches(args.by, table.schema.names, n=1) or table.schema.names[:5]
            raise UsageError(f"--by: must be a column of {table.name}, got {args.by!r}; is it {' or '.join(close)}?")
    by = ByDate(args.by, DayReader(_form(args.by, config, tables), config.table.missing_values))
    calendar = Calendar()
    for table in tables:
        for batch in table.batches([args.by]):
            calendar.add(by.days(batch))
    if args.days is None:
        return Within(by, *calendar.span()) if calendar.total else by
    try:
        parts = calendar.in_parts(args.days)
    except ValueError as error:
        raise DataError(
            f"--days {args.days}: {args.by!r} must have as many different days at least, got {error}; give fewer days, "
            "or leave --by out: then rows go to days by their key"
        ) from None
    first, last = (date.fromordinal(day) for day in (days[0], days[-1]))
    log.info("--by %s --days %d: rows in their order on the days %s to %s", args.by, args.days, first, last)
    return InOrder(by, parts, days)


def _days(count: int, config: Config) -> list[int]:
    if 1 <= count <= _LAST - config.schedule.first_day.toordinal():
        with suppress(OverflowError):
            return expected_days(config, count)
    raise UsageError(f"--days: must be 1 or more, and end before the year 10000, got {count}")


def _form(name: str, config: Config, tables: Sequence[TableFile]) -> DateForm:
    """How a column's dates are written: as pipeline.toml says, else as all of its values have it."""
    column, timezone = config.columns.get(name), config.schedule.timezone
    if column is not None and column.type == "datetime":
        return DateForm(column.format or "iso", timezone)
    if all(pa.types.is_temporal(table.schema.field(name).type) for table in tables):
        return DateForm("iso", timezone)
    assert isinstance(config.source, Files)
    stats = ColumnStats(name, floating=False, form=NumberForm(config.source.decimal, config.source.thousands))
    for table in tables:
        for batch in table.batches([name]):
            stats.add(batch.column(0))
    for word in config.table.missing_values:
        stats.without(word)
    kind = kind_of(stats)
    if kind.type != "datetime":
        example = stats.odd or next(iter(stats.levels), "nothing")
        raise DataError(
            f"--by: {name!r} must be a column of dates in one form that is known, got {example!r}; write them as "
            f'YYYY-MM-DD, or say how they are written by columns.{name}.type = "datetime" and its format'
        )
    if kind.alternative is not None:
        log.warning(
            '%s: day or month first? No value tells; read as %s. If it is %s: set columns.%s.type = "datetime" and '
            "that format",
            name,
            kind.format,
            kind.alternative,
            name,
        )
    return DateForm(kind.format or "iso", timezone)
