"""Write what arrived for a day: rows to raw/<day>/data, labels to raw/<day>/target, each committed by itself.

Without a key of their own rows are numbered as they come: then both are due together, and the labels say of which data.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING

import msgspec

from contract.atomic import replace_file
from contract.config.source import Sql
from contract.datasets.arrival import ROWS
from contract.datasets.dataset import current
from contract.datasets.manifest import Manifest, encode
from contract.datasets.publish import DatasetWriter
from contract.datasets.recipe import Recipe
from contract.due.arrived import EMPTY, answers, committed
from contract.errors import DataError, NotYet
from contract.layout import MANIFEST
from contract.steps.progress import progress
from contract.steps.run import Run
from generate import customers, file_rows
from generate.columns import has_needed
from generate.inbox import Inbox
from generate.part import Part
from generate.synthetic import Customers

if TYPE_CHECKING:
    from generate.sql import Query

log = logging.getLogger("generate")


def ingest(
    run: Run, source: Customers | Inbox | Query, due: dict[str, Recipe], held: Manifest | None = None
) -> dict[str, int]:
    """Write the datasets that are due (`data`, `target`), and give the number of rows of each.

    `held`: the data that stays unless more rows have come, or as many by another recipe.
    """
    started = time.monotonic()
    paths = {"data": run.layout.raw_data(run.day), "target": run.layout.raw_target(run.day)}
    rows, unread = dict.fromkeys(due, 0), dict.fromkeys(due, 0)
    with ExitStack() as stack:
        writers = {name: stack.enter_context(DatasetWriter(paths[name])) for name in due}
        advance = stack.enter_context(progress(run.day, source.rows))
        for part in parts_of(source, data="data" in due, target="target" in due):
            if part.data is not None:
                advance(part.data.num_rows)
            for name, writer in writers.items():
                if (table := getattr(part, name)) is not None:
                    writer.write(table)
                    rows[name] += table.num_rows
            _write_unread(part, writers, unread)
        stays = _stays(run, held, due, rows.get("data", 0) + unread.get("data", 0))
        if "data" in due and "data" not in stays:
            _check_emptiness(run, source, rows["data"] + unread["data"])
        if run.config.table.key is None and not rows.get("target") and not stays:
            _no_earlier_labels(run)
        sealed = {
            name: writer.seal(
                due[name],
                {"rows_in": rows[name] + unread[name], "rows_out": rows[name], "rejected": unread[name]},
            )
            for name, writer in writers.items()
            # a day without a label has no target dataset: whoever needs one waits for its manifest
            if name not in stays and (name == "data" or rows[name])
        }
        # with a key a label is its row's by that, and the same labels are the same dataset whenever they came
        if run.config.table.key is None and "data" in sealed and "target" in sealed:
            notes = {ROWS: sealed["data"].identity}
            sealed["target"] = msgspec.structs.replace(sealed["target"], notes=notes)
        # the data last: whoever is killed between both leaves data that is not up to date, and comes again
        for name in sorted(sealed, reverse=True):
            _commit(run, writers[name], due[name], sealed[name])
    _note_question(run, held if "data" in stays else None)
    for name, count in [(name, count) for name, count in unread.items() if count]:
        log.warning(
            "raw/%s/%s: %s rows cannot be read, they will be among the rejected rows", run.day, name, f"{count:,}"
        )
    read = {name: count for name, count in rows.items() if name not in stays}
    summary = ", ".join(f"{count:,} {'rows' if name == 'data' else 'labels'}" for name, count in read.items())
    log.info("raw/%s: %s in %.1f s", run.day, summary or "nothing new", time.monotonic() - started)
    return rows


def _stays(run: Run, held: Manifest | None, due: dict[str, Recipe], rows: int) -> set[str]:
    """The datasets that are left as they were: a query that gives no more rows was not asked too early.

    By another recipe as many rows take their place. Fewer do where another query asks the same question, as its author
    wants; else the source has lost some.
    """
    if held is None:
        return set()
    before, name = held.counts["rows_in"], run.layout.name(run.layout.raw_data(run.day))
    if rows > before:
        log.warning("%s: %s rows were read, %s have come since: the day is read again", name, before, rows)
        return set()
    if held.fingerprint == due["data"].fingerprint:
        log.info("%s: up to date, the source has no more rows (--force takes them as they are now)", name)
    elif rows == before:
        return set()
    elif answers(run.config, held) and held.settings.get("source") != due["data"].settings["source"]:
        log.warning("%s: %s rows were read, another source.query gives only %s", name, before, rows)
        return set()
    else:
        told = "%s: %s rows were read, the source has only %s by now: they stay (--force takes what is there)"
        log.warning(told, name, before, rows)
    return {"data"} if run.config.table.key and has_needed(run.config, held) else {"data", "target"}


def _note_question(run: Run, stayed: Manifest | None) -> None:
    """Note with rows that stay for which key and target they were asked for last, so that nobody asks again."""
    if stayed is None or answers(run.config, stayed):
        return
    asked = {"key": run.config.table.key, "target": run.config.table.target}
    # not the fingerprint: another recipe made them
    manifest = msgspec.structs.replace(stayed, settings=stayed.settings | asked)
    replace_file(run.layout.raw_data(run.day) / MANIFEST, encode(manifest))


def _commit(run: Run, writer: DatasetWriter, recipe: Recipe, sealed: Manifest) -> None:
    """Publish, unless that very dataset is there, intact: a query was asked again, and gave the same."""
    before = None if run.force else current(writer.path, recipe)
    if before is not None and before.identity == sealed.identity:
        log.info("%s: up to date, the source has nothing else", run.layout.name(writer.path))
    else:
        writer.commit(sealed, run.provenance())


def _check_emptiness(run: Run, source: Customers | Inbox | Query, rows: int) -> None:
    """Raise NotYet for no row where nobody said that there may be none, DataError for rows where there are none."""
    if rows and isinstance(source, Inbox) and source.says_empty:
        raise DataError(
            f"inbox/{run.day}: must have no rows, by its {EMPTY}, got {rows:,}; take {EMPTY} away, or the files"
        )
    asked = run.config.source
    if not rows and isinstance(asked, Sql) and not asked.allow_empty:
        raise NotYet(
            f"source.query: must give rows for {run.day}, got 0, so they are taken for {NotYet.SAYS}; it is tried "
            "again. If a day may have none: source.allow_empty = true, or leave its weekday out of schedule.expected"
        )


def _write_unread(part: Part, writers: dict[str, DatasetWriter], unread: dict[str, int]) -> None:
    """Keep the rows that cannot be read: with the data, or with labels that come without it. The first one is told."""
    name = "target" if part.data is None else "data"
    if part.unread is None or name not in writers:
        return
    if not unread[name]:
        row = part.unread.slice(0, 1).to_pylist()[0]
        log.warning("%s: row %s: %s, got %r", row["_file"], row["_row"], row["rule"], row["value"])
    writers[name].write(part.unread, role="unread")
    unread[name] += part.unread.num_rows


def _no_earlier_labels(run: Run) -> None:
    """Raise DataError where labels of rows that only had a number would be those of the rows that have it now."""
    path = run.layout.raw_target(run.day)
    before = committed(path)
    if before is not None and answers(run.config, before):
        name = run.layout.name(path)
        raise DataError(
            f"{name}: has labels of earlier rows, which are known by their number alone (no table.key), and the rows "
            f"of now come without labels; bring them with their labels (column {run.config.table.target!r}), "
            f"or delete {name} to go on without"
        )


def parts_of(source: Customers | Inbox | Query, *, data: bool, target: bool) -> Iterator[Part]:
    """What arrived, in order; tables that are not asked for may be None."""
    if isinstance(source, Customers):
        return customers.parts_of(source, data=data, target=target)
    if isinstance(source, Inbox):
        return file_rows.parts_of(source, data=data, target=target)
    from generate import query_rows  # noqa: PLC0415 - SQLAlchemy takes as long as all the rest

    return query_rows.parts_of(source, data=data, target=target)
