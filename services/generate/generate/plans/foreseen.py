"""What a dry run can tell of a day that is due: what its source says before it is read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from contract.config.source import Sql
from contract.datasets.arrival import ROWS
from contract.datasets.dataset import current
from contract.datasets.manifest import read_manifest
from contract.datasets.recipe import Recipe
from contract.due.arrived import committed
from contract.steps.dry_run import DryRun
from contract.steps.run import Run
from generate.columns import wanted
from generate.synthetic import Customers

if TYPE_CHECKING:
    from generate.inbox import Inbox
    from generate.sql import Query


def tell(run: Run, dry_run: DryRun, source: Customers | Inbox | Query, due: dict[str, Recipe]) -> None:
    """Tell which datasets would be written. What a database has, nobody knows before it is asked."""
    paths = {"data": run.layout.raw_data(run.day), "target": run.layout.raw_target(run.day)}
    if isinstance(run.config.source, Sql):
        there = all(committed(paths[name]) is not None for name in due)
        why = "it may have more rows, or other labels, by now" if there else "its rows are not here"
        no_labels = "target" in due and committed(paths["target"]) is None
        why += "; it alone knows whether it has labels by now" if no_labels else ""
        dry_run.would(run.step, f"ask the database for {' and '.join(sorted(due))} of {run.day}", why)
        if no_labels:  # later steps must not take for there what may never come
            due = {name: recipe for name, recipe in due.items() if name != "target"}
        due = {name: recipe for name, recipe in due.items() if run.force or current(paths[name], recipe) is None}
    columns = {"data": [run.config.key, *wanted(run.config)], "target": [run.config.key, run.config.table.target]}
    counts = {"rows_in": source.rows, "rows_out": source.rows} if source.rows is not None else {}
    # the labels after the data, of which they say whose they are
    for name in sorted(due):
        dry_run.would_write(
            run,
            paths[name],
            due[name],
            columns=list(dict.fromkeys(columns[name])),
            counts=counts if name == "data" else {},
            notes={ROWS: read_manifest(paths["data"]).identity} if name == "target" and "data" in due else {},
        )
