"""The drift reference: made by train from its rows, read by predict. Columns as bins, and the limits that fit them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
import numpy as np

from analysis.drift import Array, Column, Limits, dispersion, family_limits, statistics_of
from analysis.rows import Categorical
from contract.config.model import Drift

BINS = 64
CATEGORIES = 50
"""Both, with those for missing and for all other values, are fewer than a byte tells apart."""
LEAST_DAYS = 5
"""With fewer, how much days differ from each other cannot be estimated."""
MOST_ROWS = 2000
"""Of a drawn day: the statistics' law does not depend on it."""


class Reference(msgspec.Struct, frozen=True, kw_only=True):
    """The content of reference.json."""

    rows: int
    columns: list[Column]
    limits: Limits
    days: int
    """From which the dispersion was estimated."""


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


def build(columns: Mapping[str, Array | Categorical], days: Array, settings: Drift, seed: int) -> Reference:
    """The reference of training rows; `days` is the day of each row."""
    described, coded = [], {}
    for name, values in columns.items():
        column, coded[name] = binned(name, values)
        described.append(column)
    rows = len(days)
    names, day_of_row = np.unique(days, return_inverse=True)
    drawn = _drawn(described, coded, rows, len(names), settings, seed)
    if len(names) >= LEAST_DAYS:
        described = [_with_dispersion(column, coded[column.name], day_of_row, len(names)) for column in described]
    limits = family_limits(drawn, watch=settings.false_watches, alarm=settings.false_alarms)
    return Reference(rows=rows, columns=described, limits=limits, days=len(names))


def _drawn(
    columns: list[Column], coded: Mapping[str, Array], rows: int, days: int, settings: Drift, seed: int
) -> dict[str, tuple[str, Array, int]]:
    """The statistics of days drawn from the rows, whole rows, so that columns keep what they have in common."""
    rng = np.random.default_rng(seed)
    size = max(1, min(MOST_ROWS, rows // max(days, 1)))
    counts: dict[str, list[Any]] = {column.name: [] for column in columns}
    for _ in range(settings.resamples):
        sample = rng.integers(rows, size=size)
        for column in columns:
            counts[column.name].append(count(column, coded[column.name][sample]))
    return {
        column.name: (
            column.kind,
            statistics_of(column.kind, np.array(column.counts), np.array(counts[column.name]), known=True),
            len(column.counts),
        )
        for column in columns
    }


def _with_dispersion(column: Column, coded: Array, day_of_row: Array, days: int) -> Column:
    """Each training day against all the others."""
    bins = len(column.counts)
    counts = np.bincount(day_of_row * bins + coded.astype(np.intp), minlength=days * bins).reshape(days, bins)
    total = counts.sum(axis=0)
    statistics = [statistics_of(column.kind, total - day, day[None, :])[0] for day in counts]
    return msgspec.structs.replace(column, dispersion=dispersion(column.kind, np.array(statistics), bins))
