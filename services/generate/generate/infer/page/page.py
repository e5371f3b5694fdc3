"""The page beside a first pipeline.toml."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from markupsafe import Markup

from analysis.pages.page import render
from contract.texts.numbers import NumberForm
from generate.infer.column_stats import ColumnStats
from generate.infer.page.distribution import MOST_BARS, bars, histogram
from generate.infer.render.toml_text import value
from generate.infer.sampled.values import moments, numbers, texts
from generate.infer.schema import TableSchema
from generate.infer.types.column_schema import ColumnSchema

_TEMPLATE = Path(__file__).parent / "templates" / "infer.html"


@dataclass(frozen=True)
class Shown:
    """A column as the page shows it."""

    name: str
    use: str
    """Key, group, target, feature or ignored."""
    settings: str
    why: str
    missing: float
    """The share of the rows without a value."""
    plot: Markup
    suspicions: tuple[str, ...]
    cost: str
    """What may be lost where it is ignored."""


def page_of(schema: TableSchema, columns: Sequence[ColumnStats], rows: pa.Table, form: NumberForm, *, name: str) -> str:
    """The page; `rows` are a sample of the table, by which numbers and times are drawn."""
    by_name = {stats.name: stats for stats in columns}
    shown = [_shown(schema, column, by_name[column.name], rows, form) for column in schema.columns]
    return render(
        _TEMPLATE,
        name=name,
        schema=schema,
        columns=shown,
        ignored=[column for column in shown if column.use == "ignored"],
        suspicions=schema.suspicions,
        sampled=len(rows) if len(rows) < schema.rows else None,
    )


def _shown(schema: TableSchema, column: ColumnSchema, stats: ColumnStats, rows: pa.Table, form: NumberForm) -> Shown:
    uses = {schema.key: "key", schema.target: "target", schema.group: "group"}
    use = uses.get(column.name) or ("ignored" if column.ignored else "feature")
    settings = ", ".join(
        f"{key} = {value(setting)}" for key, setting in column.settings.items() if key not in ("values", "role")
    )
    missing = stats.missing / max(stats.rows, 1)
    plot = _plot(schema, column, stats, rows, form) if len(rows) and stats.given else Markup("")
    return Shown(column.name, use, settings, column.summary, missing, plot, column.suspicions, column.cost)


def _plot(schema: TableSchema, column: ColumnSchema, stats: ColumnStats, rows: pa.Table, form: NumberForm) -> Markup:
    what = f"distribution of {column.name}"
    text = texts(rows, schema, column.name)
    kind = column.settings["type"]
    if kind in ("number", "integer"):
        drawn = numbers(text, column, form)
        drawn = drawn[np.isfinite(drawn)]
        return histogram(drawn, f"{drawn.min():g}", f"{drawn.max():g}", what) if len(drawn) else Markup("")
    if kind == "datetime":
        drawn = moments(text, column)
        drawn = drawn[np.isfinite(drawn)]
        return histogram(drawn, _moment(drawn.min()), _moment(drawn.max()), what) if len(drawn) else Markup("")
    if kind == "category" or (stats.distinct <= MOST_BARS and not stats.free):
        most = stats.levels.most_common(MOST_BARS)
        rest = sum(stats.levels.values()) - sum(count for _, count in most)
        labels, counts = [label for label, _ in most], [count for _, count in most]
        more = [f"{stats.distinct - len(most):,} others"] if rest else []
        return bars(labels + more, counts + ([rest] if rest else []), what)
    lengths = pc.utf8_length(text.drop_null()).cast(pa.float64()).to_numpy(zero_copy_only=False)
    if not len(lengths):
        return Markup("")
    return histogram(lengths, f"{lengths.min():g} characters", f"{lengths.max():g}", f"lengths of {column.name}")


def _moment(seconds: float) -> str:
    moment = datetime.fromtimestamp(seconds, UTC)
    if moment.year == 1900:  # of a time without a day
        return f"{moment:%H:%M}"
    return f"{moment:%Y-%m-%d}" if moment.hour == moment.minute == 0 else f"{moment:%Y-%m-%d %H:%M}"
