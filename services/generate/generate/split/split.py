"""Split tables into the days of their rows: everything is written aside and looked at before the first day appears."""

from __future__ import annotations

import argparse
import logging
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path

from contract.config import Config
from contract.config.parse import config_of, read
from contract.config.source import Files
from contract.datasets.staging import remove_empty, stage, sweep, unstage
from contract.days import parse_day
from contract.due.arrived import EMPTY
from contract.errors import DataError, MissingInput, UsageError
from contract.layout import Layout
from contract.steps.cli import open_root
from contract.steps.progress import progress
from generate.columns import check
from generate.files.open_table import ENDINGS, is_table, open_table
from generate.files.parquet_file import ParquetFile
from generate.files.table_file import TableFile
from generate.split.assignment import Assignment
from generate.split.calendar import NO_DAY
from generate.split.deliver import Delivery, deliver, mark_empty
from generate.split.left_out import LeftOut, tell
from generate.split.rules import assignment_of, decide
from generate.split.spool import Spool

NO_DATE = "no date that can be read, or one that is years away from all others"

log = logging.getLogger("generate")


def split(args: argparse.Namespace) -> None:
    """Write inbox/<day>/<file>.parquet and a marker for each day.

    Raises UsageError for options that do not fit and for days that have other content, MissingInput without a file,
    DataError where too many rows have no day.
    """
    root, config = open_root(args), config_of(args.config, read(Path(args.config)))
    if not isinstance(config.source, Files):
        raise UsageError(
            f'{args.config}: source.kind must be "files", which reads inbox/<day>/; write a configuration for the '
            "table first: generate infer FILE --target COLUMN"
        )
    tables = _open(args.files, config)
    undated = parse_day(args.undated, "--undated") if args.undated else None
    decide(args, config, list(tables.values()))
    assignment = assignment_of(args, config, list(tables.values()))
    inbox = Layout(root).root / "inbox"
    staging, lock = stage(inbox)
    try:
        delivery = Delivery(inbox)
        for name, table in tables.items():
            left = _spool(table, name, assignment, config, undated, delivery, staging)
            tell(table, left, config, inbox / left.path.name, args)
        if not delivery.rows:
            raise DataError(
                f"no row is left: all are of days before schedule.first_day {config.schedule.first_day}; write an "
                "earlier first_day into pipeline.toml"
            )
        gaps = _gaps(delivery, args, config)
        new = deliver(delivery)
        mark_empty(inbox, gaps)
    finally:
        unstage(staging, lock)
        sweep(inbox, superseded=False)
        remove_empty(inbox)
    days = sorted(delivery.rows)
    log.info(
        "inbox: %s rows on %s days, %s to %s%s",
        f"{sum(delivery.rows.values()):,}",
        f"{len(days):,}",
        days[0],
        days[-1],
        "" if new == len(days) else f"; {len(days) - new:,} of them were there already",
    )


def _open(paths: Sequence[Path], config: Config) -> dict[str, TableFile]:
    """The files by the names that they get in each day."""
    assert isinstance(config.source, Files)
    tables: dict[str, TableFile] = {}
    for path in paths:
        if not path.is_file() or not is_table(path.name):
            error = UsageError if path.exists() else MissingInput
            raise error(f"{path}: must be a file named {ENDINGS}")
        table = open_table(path, path.name, config.source)
        asked = {config.key, config.table.target, *config.kept} | ({config.group} if config.group else set())
        if isinstance(table, ParquetFile):
            table.leave_out(asked, config.columns)
        if not check(path.name, table.schema.names, config, alone=True).data:
            raise UsageError(
                f"{path.name}: must hold rows, has labels alone; put it into inbox/labels/, and each label goes to "
                "the day of its row"
            )
        # hidden files and those that begin with _ are none of an inbox
        stem = path.name.partition(".")[0].lstrip("._") or "table"
        name, number = stem, 2
        while name in tables:
            name, number = f"{stem}-{number}", number + 1
        tables[name] = table
    return tables


def _spool(
    table: TableFile,
    name: str,
    assignment: Assignment,
    config: Config,
    undated: date | None,
    delivery: Delivery,
    staging: Path,
) -> LeftOut:
    """Write a file's rows aside, each day's into one file; gives those that have none."""
    first, left = config.schedule.first_day.toordinal(), LeftOut.of(staging, name)
    scratch = staging / f"{name}.spool"
    scratch.mkdir()
    spool = Spool(scratch, table.schema)
    with progress(table.name, table.rows) as advance, left.path.open("wb") as listed:
        for block in table.read(table.schema.names):
            days = assignment.days(block.rows)
            left.read += block.rows.num_rows + len(block.unread)
            for row in block.unread:
                left.add(listed, row.number, row.rule, row.text)
            if undated is not None:
                days[days == NO_DAY] = undated.toordinal()
            for place in (days == NO_DAY).nonzero()[0].tolist():
                values = block.rows.slice(place, 1).to_pylist()[0]
                left.add(listed, int(block.numbers[place]), NO_DATE, list(map(str, values.values())))
            early = (days != NO_DAY) & (days < first)
            left.early += int(early.sum())
            days[early] = NO_DAY
            spool.add(block.rows, days)
            advance(block.rows.num_rows)
    for day, path in spool.write(staging, f"{name}.parquet"):
        delivery.add(day, path, spool.rows[date.fromisoformat(day).toordinal()])
    return left


def _gaps(delivery: Delivery, args: argparse.Namespace, config: Config) -> list[str]:
    """The days between, of which data is expected, that have no row: they are to be marked, unless most are such.

    Raises DataError where a hash left some of the days without any.
    """
    # where rows without a date go says nothing about when rows came
    dated = sorted(day for day in delivery.rows if day != args.undated) or sorted(delivery.rows)
    first, last = (date.fromisoformat(day) for day in (dated[0], dated[-1]))
    if args.by is None:
        if empty := args.days - len(delivery.rows):
            raise DataError(
                f"--days {args.days}: must leave no day without a row, got {empty:,} without any of "
                f"{sum(delivery.rows.values()):,} rows; give fewer days, such as {max(1, len(dated) // 3)}"
            )
        return []
    between = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    expected = [day.isoformat() for day in between if config.schedule.expects(day)]
    gaps = [day for day in expected if day not in delivery.rows]
    if others := [day for day in dated if not config.schedule.expects(date.fromisoformat(day))]:
        log.warning(
            "inbox: %s rows are of days on which schedule.expected and schedule.holidays expect none, the first of "
            "them %s: they can be predicted, and no training uses them",
            f"{sum(delivery.rows[day] for day in others):,}",
            others[0],
        )
    marked = len(gaps) <= len(expected) / 2
    if gaps:
        log.warning(
            "inbox: %s of the %s days from the first to the last on which data is expected have no row, the first of "
            "them %s; %s",
            f"{len(gaps):,}",
            f"{len(expected):,}",
            gaps[0],
            f"they are marked as days without rows ({EMPTY})"
            if marked
            else "rows are too few for each day to have some: --by with --days puts them on that many days in order",
        )
    return gaps if marked else []
