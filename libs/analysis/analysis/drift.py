"""Whether rows look like those of the training, with a stated rate of false alarms for all columns together.

A column becomes counts over fixed bins, so a day of any size is measured batch by batch. Each column has one
statistic whose law without drift does not depend on the day's size: Kolmogorov-Smirnov over the bins for numbers,
chi-square for categories; missing values are a bin of their own. Its p-value is held against one limit for the whole
family of columns: the quantile of the least p-value over days that were drawn from the training rows (min-P of
Westfall and Young, Resampling-Based Multiple Testing, 1993), which knows how columns hang together.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec
import numpy as np
from scipy import stats

Array = np.ndarray[Any, Any]
Level = Literal["ok", "watch", "alarm"]

LEAST_EFFECT: dict[str, tuple[float, float]] = {"number": (0.03, 0.05), "category": (0.06, 0.1)}
"""Smaller differences are of no matter however sure they are: for watch and for alarm."""
_KOLMOGOROV_SQUARE = np.pi**2 / 12
"""Mean of the square of Kolmogorov's statistic."""
_FLOOR = 1e-4
"""Least fraction in PSI, where an empty bin would make it infinite."""


class Column(msgspec.Struct, frozen=True, kw_only=True):
    """A column's counts in the training rows."""

    name: str
    kind: Literal["number", "category"]
    edges: list[float] = []
    """Of a number's bins, ascending; a value on an edge belongs to the bin above."""
    categories: list[str] = msgspec.field(default_factory=list, name="words")
    """Of a category, the most frequent first; all others share the last bin."""
    counts: list[int]
    """Missing values first."""
    dispersion: float = 1.0
    """How much more training days differ from each other than chance would have it (a ratio of variances)."""


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """p-values below which a column is called drifted."""

    watch: float
    alarm: float

    def shared(self, columns: int, more: int) -> Limits:
        """For a family that grew by `more` columns (Bonferroni's bound for these)."""
        share = columns / (columns + more) if columns else 1.0
        return Limits(watch=self.watch * share, alarm=self.alarm * share)


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """How a column of a day compares."""

    name: str
    kind: Literal["number", "category"]
    rows: int
    missing: float
    """Fraction."""
    missing_before: float
    effect: float
    """Numbers: greatest distance of the two distribution functions (Kolmogorov-Smirnov); categories: Cohen's w."""
    p: float
    psi: float
    """Population stability index, shown for those who know it: its size by chance depends on the rows."""
    level: Level
    before: list[float]
    """Fractions by bin, missing values first."""
    now: list[float]


def measure(column: Column, counts: Array, limits: Limits) -> Finding:
    """A day's counts against the training's."""
    before, now = np.asarray(column.counts, float), counts.astype(float)
    rows = int(now.sum())
    first, second = before / max(before.sum(), 1), now / max(rows, 1)
    p, effect = 1.0, 0.0
    if rows and before.sum():
        statistic = _statistic(column.kind, before, now[None, :])[0]
        p = float(_p(column.kind, np.array([statistic]), len(before), column.dispersion)[0])
        effect = _effect(column.kind, first, second)
    least = LEAST_EFFECT[column.kind]
    level: Level = "ok"
    if p < limits.alarm and effect >= least[1]:
        level = "alarm"
    elif p < limits.watch and effect >= least[0]:
        level = "watch"
    return Finding(
        name=column.name, kind=column.kind, rows=rows, missing=float(second[0]), missing_before=float(first[0]),
        effect=effect, p=p, psi=psi(*grouped(column, first, second)), level=level,
        before=first.tolist(), now=second.tolist(),
    )  # fmt: skip


def worst(levels: list[Level]) -> Level:
    """Of several."""
    order: tuple[Level, ...] = ("ok", "watch", "alarm")
    return max(levels, key=order.index, default="ok")


def psi(before: Array, now: Array) -> float:
    """Sum of (now - before) ln(now / before) over bins (Siddiqi, Credit Risk Scorecards, 2006)."""
    first, second = np.maximum(before, _FLOOR), np.maximum(now, _FLOOR)
    return float(((second - first) * np.log(second / first)).sum())


def grouped(column: Column, *fractions: Array, groups: int = 10) -> list[Array]:
    """Fractions over about `groups` bins of a number (missing values stay apart), as they are for a category."""
    if column.kind == "category":
        return list(fractions)
    bins = len(column.counts) - 1
    starts = np.r_[0, 1 + np.unique(np.linspace(0, bins, groups + 1).astype(int)[:-1])]
    return [np.add.reduceat(of_bins, starts) for of_bins in fractions]


def family_limits(statistics: dict[str, tuple[str, Array, int]], *, watch: float, alarm: float) -> Limits:
    """The limits that undrifted days break at the given rates; by column: kind, statistic of each day, bins."""
    p = [_p(kind, values, bins, 1.0) for kind, values, bins in statistics.values()]
    least = np.sort(np.min(p, axis=0)) if p else np.ones(1)

    def limit(rate: float) -> float:
        # strictly below it lie at most rate x draws of them
        return float(least[min(int(rate * len(least)), len(least) - 1)])

    return Limits(watch=limit(watch), alarm=limit(alarm))


def dispersion(kind: str, statistics: Array, bins: int) -> float:
    """Mean square of the training days' statistics over what chance gives; at least 1."""
    expected = _KOLMOGOROV_SQUARE if kind == "number" else max(bins - 1, 1)
    squares = np.square(statistics) if kind == "number" else statistics
    return max(1.0, float(squares.mean() / expected))


def statistics_of(kind: str, before: Array, days: Array, *, known: bool = False) -> Array:
    """The statistic of each day (days x bins); `known`: `before` is what the days were drawn from, without error."""
    return _statistic(kind, before.astype(float), days.astype(float), known=known)


def _statistic(kind: str, before: Array, days: Array, *, known: bool = False) -> Array:
    m, n = before.sum(), days.sum(axis=1)
    first, second = before / m, days / np.maximum(n, 1)[:, None]
    size = n if known else n * m / (n + m)
    if kind == "number":
        distance = np.abs(np.cumsum(second - first, axis=1)).max(axis=1)
        return np.asarray(np.sqrt(size) * distance)
    pooled = first[None, :] if known else (before + days) / (m + n)[:, None]
    with np.errstate(invalid="ignore", divide="ignore"):
        terms = np.where(pooled > 0, np.square(second - first) / pooled, 0.0)
    return np.asarray(size * terms.sum(axis=1))


def _p(kind: str, statistics: Array, bins: int, spread: float) -> Array:
    if kind == "number":
        return np.asarray(stats.kstwobign.sf(statistics / np.sqrt(spread)))
    return np.asarray(stats.chi2.sf(statistics / spread, max(bins - 1, 1)))


def _effect(kind: str, before: Array, now: Array) -> float:
    if kind == "number":
        return float(np.abs(np.cumsum(now - before)).max())
    # Cohen, Statistical Power Analysis (1988); a category that the training never had counts as one in ten thousand
    return float(np.sqrt((np.square(now - before) / np.maximum(before, _FLOOR)).sum()))
