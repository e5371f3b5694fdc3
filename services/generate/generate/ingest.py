"""Write what arrived for a day: rows to raw/<day>/data, labels to raw/<day>/target, each committed by itself."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING

from contract.progress import progress
from contract.publish import DatasetWriter
from contract.recipe import Recipe
from contract.run import Run
from generate import customers, file_rows
from generate.inbox import Inbox
from generate.part import Part
from generate.synthetic import Customers

if TYPE_CHECKING:
    from generate.sql import Query

log = logging.getLogger("generate")


def ingest(run: Run, source: Customers | Inbox | Query, due: dict[str, Recipe]) -> dict[str, int]:
    """Write the datasets that are due (`data`, `target`), and give the number of rows of each."""
    started = time.monotonic()
    paths = {"data": run.layout.raw_data(run.day), "target": run.layout.raw_target(run.day)}
    rows = dict.fromkeys(due, 0)
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
        # a day without a label has no target dataset: whoever needs one waits for its manifest
        for name in [name for name in due if name == "data" or rows[name]]:
            counts = {"rows_in": rows[name], "rows_out": rows[name], "rejected": 0}
            writers[name].publish(due[name], counts, run.provenance())
    summary = ", ".join(f"{count:,} {'rows' if name == 'data' else 'labels'}" for name, count in rows.items())
    log.info("raw/%s: %s in %.1f s", run.day, summary, time.monotonic() - started)
    return rows


def parts_of(source: Customers | Inbox | Query, *, data: bool, target: bool) -> Iterator[Part]:
    """What arrived, in order; tables that are not asked for may be None."""
    if isinstance(source, Customers):
        return customers.parts_of(source, data=data, target=target)
    if isinstance(source, Inbox):
        return file_rows.parts_of(source, data=data, target=target)
    from generate import query_rows  # noqa: PLC0415 - SQLAlchemy takes as long as all the rest

    return query_rows.parts_of(source, data=data, target=target)
