"""Rows that break a rule, and where they came from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from contract.config.data import Table
from contract.errors import DataError
from contract.texts.values import as_text
from preprocess.columns.checked_column import CheckedColumn, Mask

SCHEMA = pa.schema(
    {
        "_file": pa.string(),
        "_row": pa.int64(),
        "key": pa.string(),
        "column": pa.string(),
        "rule": pa.string(),
        "value": pa.string(),
    }
)
PROVENANCE = ["_file", "_row"]
WHOLE_ROW = "row"
"""In place of a column, where a row could not be read at all."""

Positions = npt.NDArray[np.intp]


class TooManyRejected(DataError):
    """All rows of a day were judged, and more are rejected than may be, or all of them."""


@dataclass(frozen=True)
class Verdict:
    """The first rule that each row of a batch breaks, in the order in which the columns were given."""

    rule: npt.NDArray[np.int32]
    """For each row the position in `rules`, -1 for a good row."""
    rules: list[tuple[str, str]]
    """Column and rule."""

    @property
    def good(self) -> Mask:
        """The rows that break none."""
        result: Mask = self.rule < 0
        return result


def judge(columns: Mapping[str, CheckedColumn], rows: Mask) -> Verdict:
    """Judge the rows of a batch; those outside `rows` are not asked and count as good."""
    rule = np.full(len(rows), -1, dtype=np.int32)
    rules: list[tuple[str, str]] = []
    for name, checked in columns.items():
        for text, breaking in checked.broken:
            first = breaking & rows & (rule < 0)
            if first.any():
                rule[first] = len(rules)
                rules.append((name, text))
    return Verdict(rule, rules)


def rejected(
    batch: pa.RecordBatch,
    keys: pa.Array,
    verdict: Verdict,
    elsewhere: Mapping[str, Callable[[Positions], pa.Table]] | None = None,
) -> pa.Table:
    """The rejected rows of a batch by SCHEMA, in the batch's order.

    `elsewhere` gives the lines of columns whose values did not come with the batch.
    """
    tables, positions = [SCHEMA.empty_table()], [np.zeros(0, dtype=np.intp)]
    for index, (column, rule) in enumerate(verdict.rules):
        rows = np.flatnonzero(verdict.rule == index)
        positions.append(rows)
        if elsewhere and column in elsewhere:
            tables.append(elsewhere[column](rows))
            continue
        provenance = [batch.column(name).take(pa.array(rows)).cast(SCHEMA.field(name).type) for name in PROVENANCE]
        values = batch.column(column).take(pa.array(rows))
        if pa.types.is_dictionary(values.type):
            values = values.dictionary_decode()
        reason = [pa.repeat(pa.scalar(text, pa.string()), len(rows)) for text in (column, rule)]
        arrays = [*provenance, keys.take(pa.array(rows)), *reason, as_text(values)]
        tables.append(pa.Table.from_arrays(arrays, schema=SCHEMA))
    order = np.argsort(np.concatenate(positions), kind="stable")
    return pa.concat_tables(tables).take(pa.array(order))


def unread(batch: pa.RecordBatch) -> pa.Table:
    """Rows that generate could not read, as rejected ones by SCHEMA: without a key, and of no column."""
    nothing = pa.nulls(batch.num_rows, pa.string())
    columns = {"key": nothing, "column": pa.repeat(WHOLE_ROW, batch.num_rows)}
    arrays = [columns[name] if name in columns else batch.column(name) for name in SCHEMA.names]
    return pa.Table.from_arrays(arrays, schema=SCHEMA)


@dataclass
class Tally:
    """Rejected rows so far."""

    by_rule: Counter[str] = field(default_factory=Counter)
    """Rows by `<column>: <rule>`."""
    first: dict[str, object] | None = None
    """The first one, by SCHEMA."""

    def add(self, rows: pa.Table) -> None:
        """Count the next rejected rows."""
        if not rows.num_rows:
            return
        if self.first is None:
            self.first = rows.slice(0, 1).to_pylist()[0]
        for line in rows.group_by(["column", "rule"]).aggregate([([], "count_all")]).to_pylist():
            self.by_rule[f"{line['column']}: {line['rule']}"] += line["count_all"]

    @property
    def rows(self) -> int:
        """How many."""
        return self.by_rule.total()

    def __str__(self) -> str:
        """Counts by rule, most first, and the first offender, for people."""
        rules = ", ".join(f"{rule} ({count:,})" for rule, count in sorted(self.by_rule.items(), key=_most_first))
        at = self.first
        assert at is not None
        value = "nothing" if at["value"] is None else repr(at["value"])
        whose = "" if at["column"] == WHOLE_ROW else f" (key {at['key']}), column {at['column']}"
        return f"{rules}; the first: {at['_file']} row {at['_row']}{whose}: {at['rule']}, got {value}"


def too_many_rejected(name: str, tally: Tally, total: int, table: Table) -> str:
    """The warning that too many rows are rejected, if the day continues without them; empty if there are not.

    `name`: of the raw data; `total`: all of its rows. Raises TooManyRejected where they stop the day, or none is left.
    """
    allowed = table.max_rejected_fraction
    if tally.rows <= allowed * total and (tally.rows < total or not total):
        return ""
    reason = (
        f"{name}: {tally.rows:,} of {total:,} rows break a rule ({tally.rows / total:.1%}), "
        f"table.max_rejected_fraction allows {allowed:.1%} and one row must be left: {tally}"
    )
    if tally.rows == total or table.on_too_many_rejected == "stop":
        way_out = (
            "" if tally.rows == total else '; to continue without these rows set table.on_too_many_rejected = "predict"'
        )
        raise TooManyRejected(f"{reason}; mend the data, or the rules in pipeline.toml{way_out}")
    return reason


def _most_first(item: tuple[str, int]) -> tuple[int, str]:
    return -item[1], item[0]
