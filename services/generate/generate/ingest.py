"""Write what arrived for a day: rows to raw/<day>/data, labels to raw/<day>/target, each committed by itself."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from contract.config import Config
from contract.progress import progress
from contract.publish import DatasetWriter
from contract.recipe import Recipe
from contract.run import Run
from generate.columns import FILE, ROW

if TYPE_CHECKING:
    import pyarrow as pa

log = logging.getLogger("generate")


@dataclass(frozen=True)
class Part:
    """Some rows that arrived, each table with its provenance; None where they have no such columns."""

    data: pa.RecordBatch | None
    target: pa.RecordBatch | None
    """Key and target of the rows that have a label."""


class Source(Protocol):
    """Where a day's rows come from."""

    @property
    def data(self) -> Recipe:
        """What raw/<day>/data is made from."""

    @property
    def target(self) -> Recipe | None:
        """What raw/<day>/target is made from; None when the source has no labels (yet)."""

    @property
    def rows(self) -> int | None:
        """How many rows there will be, if that is known."""

    def parts(self, *, data: bool, target: bool) -> Iterator[Part]:
        """What arrived, in order; tables that are not asked for may be None."""


def write(run: Run, source: Source) -> None:
    """Bring raw/<day> up to date with its source."""
    started = time.monotonic()
    paths = {"data": run.layout.raw_data(run.day), "target": run.layout.raw_target(run.day)}
    recipes = {name: recipe for name in paths if (recipe := getattr(source, name)) is not None}
    due = [name for name, recipe in recipes.items() if run.up_to_date(paths[name], recipe) is None]
    if due:
        rows = dict.fromkeys(due, 0)
        with ExitStack() as stack:
            writers = {name: stack.enter_context(DatasetWriter(paths[name])) for name in due}
            tell = stack.enter_context(progress(run.day, source.rows))
            for part in source.parts(data="data" in due, target="target" in due):
                if part.data is not None:
                    tell(part.data.num_rows)
                for name, writer in writers.items():
                    if (table := getattr(part, name)) is not None:
                        writer.write(table)
                        rows[name] += table.num_rows
            # a day without a label has no target dataset: whoever needs one waits for its manifest
            for name in [each for each in due if each == "data" or rows[each]]:
                counts = {"rows_in": rows[name], "rows_out": rows[name], "rejected": 0}
                writers[name].publish(recipes[name], counts, run.provenance())
        told = ", ".join(f"{count:,} {'rows' if name == 'data' else 'labels'}" for name, count in rows.items())
        log.info("raw/%s: %s in %.1f s", run.day, told, time.monotonic() - started)
    if not recipes.get("target") or ("target" in due and not rows["target"]):
        earlier = " the earlier ones stay" if paths["target"].exists() else ""
        log.warning("raw/%s: no labels yet%s", run.day, earlier and f";{earlier}")


def part_of(
    rows: pa.RecordBatch | pa.Table, config: Config, *, day: str, file: str, row: int, number: int | None
) -> Part:
    """Take rows as they arrived apart into data and labels.

    `row` is the first one's place in `file`, `number` its place among the day's rows (None for
    rows of labels alone); both count from 1.
    """
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    if config.table.key is None and number is not None:
        numbers = pa.array(np.arange(number, number + rows.num_rows)).cast(pa.string())
        rows = rows.add_column(0, config.key, pc.binary_join_element_wise(day, numbers, "-"))
    rows = rows.append_column(FILE, pa.repeat(file, rows.num_rows))
    rows = rows.append_column(ROW, pa.array(np.arange(row, row + rows.num_rows)))
    target = config.table.target
    labels = None
    if target in rows.schema.names:
        labels = rows.select([config.key, target, FILE, ROW]).filter(_given(rows[target], config.table.missing_values))
        rows = rows.drop_columns([target])
    return Part(rows if number is not None else None, labels)


def _given(values: Any, missing: tuple[str, ...]) -> Any:
    """Which labels are there: a null, NaN or a text that stands for a missing value is none."""
    import pyarrow as pa
    import pyarrow.compute as pc

    given = pc.invert(pc.is_null(values, nan_is_null=True))
    if pa.types.is_string(values.type):
        absent = pc.is_in(pc.utf8_trim_whitespace(values), value_set=pa.array(missing, pa.string()))
        given = pc.and_(given, pc.invert(absent))
    return given
