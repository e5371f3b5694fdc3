"""The drift reference: made by train from its rows, read by predict. Columns as bins, and rows to draw days from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec
import numpy as np

from analysis.drift.day_marks import LEAST_DAYS, marks_of
from analysis.drift.findings import KOLMOGOROV_SQUARE, Array, Column, freedom, pooled_bins, statistics
from analysis.drift.measures import as_measured, measured_as, measures
from analysis.rows import Categorical

BINS = 64
CATEGORIES = 50
"""Both, with those for missing and for all other values, are fewer than a byte tells apart."""
SAMPLE_ROWS = 5000
"""The rows that days are drawn from."""
_SQUARE_VARIANCE = 0.4
"""Of the square of Kolmogorov's statistic, over the square of its mean (its fourth moment is 7 pi^4 / 720)."""
_BEYOND_CHANCE = 0.5
"""Standard deviations of a dispersion that chance makes: a few days often do not show how far apart they are, so a
doubt counts for days that differ. At 3, days 0.2 deviations apart were alarms on 3 to 5 %; at none, power is lost."""


class Reference(msgspec.Struct, frozen=True, kw_only=True):
    """The content of reference.json."""

    rows: int
    columns: list[Column]
    days: int
    """From which the dispersion was estimated."""
    sample: bytes = b""
    """The bins of at most SAMPLE_ROWS rows, row by row, a byte for each column; older references have none."""

    day_rows: list[int] = []
    """The number of rows of each day of the window, held-out days included; older references have none."""
    come_back: bool = False
    """Most rows are of entities that are there on several days: those of the train part are held against the same
    part of a day, which has the same entities; those of the test part are others."""

    @property
    def part(self) -> str | None:
        """The part of a day whose rows are like those of the training; None: all of it."""
        return "train" if self.come_back else None

    def sampled(self) -> Array:
        """The sample, rows x columns."""
        return np.frombuffer(self.sample, dtype=np.uint8).reshape(-1, max(len(self.columns), 1))


def binned(name: str, values: Array | Categorical) -> tuple[Column, Array]:
    """A column with its rows by bin, and the bin of each of the values."""
    empty = _frequent(name, values) if isinstance(values, Categorical) else _quantiles(name, values)
    bins = codes(empty, values)
    return msgspec.structs.replace(empty, counts=count(empty, bins).tolist()), bins


def _quantiles(name: str, values: Array) -> Column:
    """Bins of about equally many values; NaN is missing."""
    known = values[~np.isnan(values)]
    edges = np.unique(np.quantile(known, np.linspace(0, 1, BINS + 1)[1:-1])) if len(known) else np.empty(0)
    return Column(name=name, kind="number", edges=edges.tolist(), counts=[])


def _frequent(name: str, values: Categorical) -> Column:
    """The most frequent categories."""
    rows = np.bincount(values.codes + 1, minlength=len(values.categories) + 1)[1:]
    present = sorted((-int(number), label) for number, label in zip(rows, values.categories, strict=True) if number)
    return Column(name=name, kind="category", categories=[label for _, label in present[:CATEGORIES]], counts=[])


def codes(column: Column, values: Array | Categorical) -> Array:
    """The bin of each value: 0 is missing."""
    if isinstance(values, Categorical):
        bin_of = {label: number for number, label in enumerate(column.categories, start=1)}
        other = len(column.categories) + 1
        # by category, not by row; the last one is that of a missing value, which has the code -1
        return np.array([*(bin_of.get(label, other) for label in values.categories), 0], dtype=np.uint8)[values.codes]
    bins = np.searchsorted(column.edges, values, side="right").astype(np.uint8)
    return np.where(np.isnan(values), np.uint8(0), bins + np.uint8(1))


def count(column: Column, bins: Array) -> Array:
    """Rows by bin."""
    length = 2 + (len(column.edges) if column.kind == "number" else len(column.categories))
    return np.bincount(bins, minlength=length)


def build(
    columns: Mapping[str, Array | Categorical],
    days: Array,
    seed: int,
    *,
    come_back: bool = False,
    day_names: Sequence[str] = (),
    day_rows: Sequence[int] = (),
) -> Reference:
    """The reference of training rows; `days` is the day of each row, `seed` draws the sample of them.

    `day_names`: the day that each number in `days` stands for, for columns of dates. `come_back`: most rows are of
    entities that are there on several days. `day_rows`: of each day of the window, all.
    """
    rows, chosen = len(days), np.arange(len(days))
    if rows > SAMPLE_ROWS:
        chosen = np.sort(np.random.default_rng(seed).choice(rows, SAMPLE_ROWS, replace=False, shuffle=False))
    names, day_of_row = np.unique(days, return_inverse=True)
    wanted = [(measure, values) for name, values in columns.items() for measure in measures(name, values)]
    described, sample = [], np.empty((len(chosen), len(wanted)), dtype=np.uint8)
    for number, (measure, values) in enumerate(wanted):
        numbers = measured_as(measure.own, values, day_names, days)
        column, bins = binned(measure.column.name, numbers)
        column = as_measured(measure.column, column)
        sample[:, number] = bins[chosen]
        if len(names) >= LEAST_DAYS:
            marks = marks_of(numbers, day_of_row)
            column = msgspec.structs.replace(with_dispersion(column, bins, day_of_row), days=marks)
        described.append(column)
    return Reference(
        rows=rows,
        columns=described,
        days=len(names),
        sample=sample.tobytes(),
        day_rows=list(day_rows),
        come_back=come_back,
    )


def with_dispersion(column: Column, bins: Array, day_of_row: Array) -> Column:
    """Each training day against all the others: how far they are apart over how far chance would have them."""
    width, days = len(column.counts), int(day_of_row.max()) + 1
    counts = np.bincount(day_of_row * width + bins, minlength=days * width).reshape(days, width)
    rows = counts.sum(axis=1)
    sizes = rows * (rows.sum() - rows) / rows.sum()
    pooled = pooled_bins(column, int(sizes.mean()))
    counts = np.stack([np.bincount(pooled, day) for day in counts])
    values = statistics(column.kind, counts.sum(axis=0) - counts, counts)
    if column.kind == "number":
        ratio, variance = float(np.square(values).mean()) / KOLMOGOROV_SQUARE, _SQUARE_VARIANCE
    else:
        expected = sum(freedom(counts.sum(axis=0), size) for size in sizes) / days
        ratio, variance = float(values.mean()) / expected, 2 / expected
    beyond = ratio > 1 + _BEYOND_CHANCE * np.sqrt(variance / days)
    return msgspec.structs.replace(
        column, dispersion=max(1.0, ratio), day_rows=float(sizes.mean()), freedom=days - 1 if beyond else None
    )
