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
WORDS = 50
"""Both, with those for missing and for all other values, are fewer than a byte tells apart."""
LEAST_DAYS = 5
"""With fewer, how much days differ from each other cannot be told."""
MOST_ROWS = 2000
"""Of a drawn day: the statistics' law does not depend on it."""


class Reference(msgspec.Struct, frozen=True, kw_only=True):
    """The content of reference.json."""

    rows: int
    columns: list[Column]
    limits: Limits
    days: int
    """From which the dispersion was told."""


def binned(name: str, values: Array | Categorical) -> tuple[Column, Array]:
    """A column with its rows by bin, and the bin of each of the values."""
    empty = _frequent(name, values) if isinstance(values, Categorical) else _quantiles(name, values)
    places = codes(empty, values)
    return msgspec.structs.replace(empty, counts=count(empty, places).tolist()), places


def _quantiles(name: str, values: Array) -> Column:
    """Bins of about equally many values; NaN is missing."""
    known = values[~np.isnan(values)]
    edges = np.unique(np.quantile(known, np.linspace(0, 1, BINS + 1)[1:-1])) if len(known) else np.empty(0)
    return Column(name=name, kind="number", edges=edges.tolist(), counts=[])


def _frequent(name: str, values: Categorical) -> Column:
    """The most frequent words."""
    rows = np.bincount(values.codes + 1, minlength=len(values.categories) + 1)[1:]
    there = sorted((-int(number), word) for number, word in zip(rows, values.categories, strict=True) if number)
    return Column(name=name, kind="category", words=[word for _, word in there[:WORDS]], counts=[])


def codes(column: Column, values: Array | Categorical) -> Array:
    """The bin of each value: 0 is missing."""
    if isinstance(values, Categorical):
        places = {word: place for place, word in enumerate(column.words, start=1)}
        other = len(column.words) + 1
        # by word, not by row; the last one is that of a missing value, which has the place -1
        return np.array([*(places.get(word, other) for word in values.categories), 0], dtype=np.uint8)[values.codes]
    bins = np.searchsorted(column.edges, values, side="right").astype(np.uint8)
    return np.where(np.isnan(values), np.uint8(0), bins + np.uint8(1))


def count(column: Column, places: Array) -> Array:
    """Rows by bin."""
    bins = 2 + (len(column.edges) if column.kind == "number" else len(column.words))
    return np.bincount(places, minlength=bins)


def build(columns: Mapping[str, Array | Categorical], days: Array, settings: Drift, seed: int) -> Reference:
    """The reference of training rows; `days` is the day of each row."""
    found, coded = [], {}
    for name, values in columns.items():
        column, coded[name] = binned(name, values)
        found.append(column)
    rows = len(days)
    names, which = np.unique(days, return_inverse=True)
    drawn = _drawn(found, coded, rows, len(names), settings, seed)
    if len(names) >= LEAST_DAYS:
        found = [_with_dispersion(column, coded[column.name], which, len(names)) for column in found]
    limits = family_limits(drawn, watch=settings.false_watches, alarm=settings.false_alarms)
    return Reference(rows=rows, columns=found, limits=limits, days=len(names))


def _drawn(
    columns: list[Column], coded: Mapping[str, Array], rows: int, days: int, settings: Drift, seed: int
) -> dict[str, tuple[str, Array, int]]:
    """The statistics of days drawn from the rows, whole rows, so that columns keep what they have in common."""
    rng = np.random.default_rng(seed)
    size = max(1, min(MOST_ROWS, rows // max(days, 1)))
    counts: dict[str, list[Any]] = {column.name: [] for column in columns}
    for _ in range(settings.resamples):
        chosen = rng.integers(rows, size=size)
        for column in columns:
            counts[column.name].append(count(column, coded[column.name][chosen]))
    return {
        column.name: (
            column.kind,
            statistics_of(column.kind, np.array(column.counts), np.array(counts[column.name]), known=True),
            len(column.counts),
        )
        for column in columns
    }


def _with_dispersion(column: Column, coded: Array, which: Array, days: int) -> Column:
    """Each training day against all the others."""
    bins = len(column.counts)
    each = np.bincount(which * bins + coded.astype(np.intp), minlength=days * bins).reshape(days, bins)
    total = each.sum(axis=0)
    told = [statistics_of(column.kind, total - day, day[None, :])[0] for day in each]
    return msgspec.structs.replace(column, dispersion=dispersion(column.kind, np.array(told), bins))
