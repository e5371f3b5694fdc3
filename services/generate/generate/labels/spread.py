"""Divide the files of `inbox/labels/`: each day gets a file of its own labels, as if it had come with its rows."""

from __future__ import annotations

import logging
import os
from datetime import date
from pathlib import Path

import msgspec
import pyarrow as pa

from contract.config import Config
from contract.config.source import Files
from contract.datasets.dataset import Dataset
from contract.datasets.files import sha256_of
from contract.datasets.staging import stage, sweep, unstage
from contract.due.arrived import labels_have_come
from contract.errors import DataError, StepError
from contract.layout import Layout
from contract.lock import exclusive_run
from contract.texts.dates import DateForm
from generate.columns import are_labels_of_before, differ
from generate.files.open_table import open_table
from generate.files.table_file import TableFile
from generate.inbox import state_of
from generate.labels import record
from generate.labels.news import to_read
from generate.labels.search import MOST_LABELS, Count, days_of, rows_by_day
from generate.part import given
from generate.split.calendar import DayReader
from generate.split.deliver import LABELS
from generate.split.spool import Spool

DAY = "day"
"""A column that says of a label itself which day it belongs to."""
MOST = 0.5
"""Share of the labels: if fewer find a day, the file is not what it should be."""

log = logging.getLogger("generate")


def spread(layout: Layout, config: Config) -> tuple[set[str], StepError | None]:
    """Give each label of `inbox/labels/` to its day.

    Returns the days whose inbox has changed, and what is wrong with a file (most of its labels have no day); such a
    file stops no other one. Raises Occupied while another run does the same.
    """
    raw = rows_by_day(layout, config.key)
    identities = {day: rows.manifest.identity for day, rows in raw.items()}
    changed: set[str] = set()
    wrong: StepError | None = None
    with exclusive_run(layout, "labels", date.min):
        known = record.read(layout.spread)
        asked = (config.table.key, config.table.target)
        # the record of an earlier version does not say for what a file was read
        questions = {
            (then.get("key"), then.get("target", "")) for then in (rows.manifest.settings for rows in raw.values())
        }
        for path in to_read(layout, known, identities, asked):
            before = known.get(path.name)
            try:
                state = state_of(path)
                if before is not None and (then := _of_before(path, layout, config, [before.asked, *questions])):
                    # what it gave to days stays with them, for whoever goes back to that target
                    known[path.name] = msgspec.structs.replace(before, asked=then, left_out=(state, asked))
                    record.write(layout.spread, known)
                    continue
                count, days = _spread_file(path, layout, config, raw)
            except StepError as error:
                wrong = wrong or error
                continue
            gone = set(before.days) - set(days) if before is not None else set()
            for day in gone:
                (layout.inbox(day) / _name(path)).unlink(missing_ok=True)
            changed |= gone | {day for day, is_new in days.items() if is_new}
            known[path.name] = record.Done(state, identities, count.left, tuple(days), asked)
            record.write(layout.spread, known)
        if wrong is None and labels_have_come(layout):
            # looked at, with nothing to do; what is refused is looked at by each run
            record.write(layout.spread, known)
    return changed, wrong


def _of_before(path: Path, layout: Layout, config: Config, questions: list[record.Asked]) -> record.Asked | None:
    """The key and the target of before whose labels a file has where it has none for those of now; says so."""
    assert isinstance(config.source, Files)
    name = layout.name(path)
    names = open_table(path, name, config.source).schema.names
    then = next((asked for asked in questions if are_labels_of_before(names, config, [asked])), None)
    if then is not None:
        log.warning(
            "%s: left out, its labels are of another target or key than pipeline.toml has (%s by %s); bring those, or "
            "take it away",
            *(name, config.table.target, config.table.key or "no key"),
        )
    return then


def _name(path: Path) -> str:
    return f"{LABELS}{path.name}.parquet"


def _spread_file(path: Path, layout: Layout, config: Config, raw: dict[str, Dataset]) -> tuple[Count, dict[str, bool]]:
    """Write the labels of one file; what became of them, and its days with whether their inbox has changed."""
    name, inbox = layout.name(path), layout.root / "inbox"
    table, names = _open(path, name, config)
    schema = pa.schema([table.schema.field(column) for column in (config.key, config.table.target)])
    reader = DayReader(DateForm("iso", config.schedule.timezone), config.table.missing_values)
    count, unread = Count(), 0
    staging, lock = stage(inbox)
    try:
        (staging / "spool").mkdir()
        spool = Spool(staging / "spool", schema)
        for block in table.read(names):
            unread += len(block.unread)
            rows = block.rows.filter(given(block.rows[config.table.target], config))
            for start in range(0, rows.num_rows, MOST_LABELS):
                some = rows.slice(start, MOST_LABELS)
                own = reader.days(some[DAY]) if DAY in names else None
                days = days_of(some[config.key], own, raw, config.key, count)
                spool.add(some.select(schema.names), days)
        _judge(name, count, unread, config)
        delivered = {day: _deliver(made, inbox / day) for day, made in spool.write(staging, _name(path))}
    finally:
        unstage(staging, lock)
        sweep(inbox, superseded=False)
    return count, delivered


def _open(path: Path, name: str, config: Config) -> tuple[TableFile, list[str]]:
    """The file, and which of its columns are asked for."""
    assert isinstance(config.source, Files)
    table = open_table(path, name, config.source)
    differ(name, table.schema.names)
    needed = [config.table.key, config.table.target]
    if config.table.key is None or (missing := [column for column in needed if column not in table.schema.names]):
        got = ", ".join(map(repr, table.schema.names[:12]))
        lacking = "table.key in pipeline.toml, by which a label finds its row" if config.table.key is None else missing
        raise DataError(
            f"{name}: labels of many days need the key and the target as columns, without {lacking}; got {got}; add it"
        )
    asked = [config.key, config.table.target]
    return table, asked + ([DAY] if DAY in table.schema.names and DAY not in config.columns else [])


def _judge(name: str, count: Count, unread: int, config: Config) -> None:
    """Say how many labels found a day. Raises DataError where most did not."""
    lost = count.left - count.several
    parts = [f"{count.found:,} of {count.labels:,} labels found the day of their row"]
    if lost:
        example = f" (such as {', '.join(map(repr, count.strangers))})" if count.strangers else ""
        parts.append(f"{lost:,} have a key that no row has{example}")
    if count.several:
        parts.append(f"{count.several:,} have a key that rows of several days have: say which by a column {DAY!r}")
    if unread:
        parts.append(f"{unread:,} rows cannot be read")
    summary = "; ".join(parts)
    if count.found < MOST * count.labels or (unread and not count.labels):
        raise DataError(
            f"{name}: {summary}; write the key {config.key!r} as the rows have it, generate the days of their rows "
            f"first, or take the file away"
        )
    log.log(logging.WARNING if count.left or unread else logging.INFO, "%s: %s", name, summary)


def _deliver(made: Path, folder: Path) -> bool:
    """Move a day's file to its inbox, unless it is there; whether it was not."""
    target = folder / made.name
    if target.exists() and sha256_of(target) == sha256_of(made):
        return False
    folder.mkdir(parents=True, exist_ok=True)
    with made.open("rb") as content:
        os.fsync(content.fileno())
    os.replace(made, target)
    return True
