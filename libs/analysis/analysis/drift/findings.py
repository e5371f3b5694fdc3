"""How a day's column compares with the training's: bins, statistics, their laws, effects, and what a report says of it.

A column becomes counts over fixed bins, so a day of any size is measured batch by batch. Each column has one statistic:
Kolmogorov-Smirnov over the bins for numbers, chi-square for categories; missing values are a bin of their own. By
drawing days, `analysis.drift.drawn_days` finds which of its values are too large.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec
import numpy as np
from scipy import special

from analysis.drift.day_marks import DayMarks

Array = np.ndarray[Any, Any]
Kind = Literal["number", "category"]
Level = Literal["ok", "unmeasured", "watch", "alarm"]
LEVELS: tuple[Level, ...] = ("ok", "unmeasured", "watch", "alarm")
"""The worst last."""

LEAST_EFFECT: dict[str, tuple[float, float]] = {"number": (0.03, 0.05), "category": (0.06, 0.1)}
"""Smaller differences are of no matter however sure they are: for watch and for alarm."""
MOST_ROWS = 1000
"""The most rows that a drawn day has."""
LEAST_EXPECTED = 1.0
"""Rows of a word on a day without drift; rarer words share a bin (Cochran, Biometrics 10, 1954)."""
LEAST_COUNTED = 5
"""Rows of a word in the training; that a word has so few of them may be luck, and so is that it has a bin."""
KOLMOGOROV_SQUARE = np.pi**2 / 12
"""Mean of the square of Kolmogorov's statistic."""
_FEW_ROWS = 10
"""For which Kolmogorov's own law is no good far out, where the least of many p-values lies."""
_FLOOR = 1e-4
"""Least fraction in PSI, where an empty bin would make it infinite."""


class Column(msgspec.Struct, frozen=True, kw_only=True):
    """A column's counts in the training rows."""

    name: str
    kind: Kind
    edges: list[float] = []
    """The edges of a number's bins, ascending; a value on an edge belongs to the bin above."""
    categories: list[str] = msgspec.field(default_factory=list, name="words")
    """A category's words, the most frequent first; all others share the last bin."""
    counts: list[int]
    """Missing values first."""
    dispersion: float = 1.0
    """How much more training days differ from each other than chance would have it (a ratio of variances)."""
    day_rows: float = 0.0
    """Mean rows of the days that it is from; 0 where it is not known."""
    freedom: int | None = None
    """Degrees of freedom of a dispersion that is beyond chance itself; None where it is not."""
    days: DayMarks | None = None
    """The marks of the training's days; older references, and scores, have none."""
    measure: Literal["days", "clock", "length", "words", "pairs"] | None = None
    """What of a date or of a text is counted (`analysis.drift.measures`); None: the column's own values."""
    of: str | None = None
    """The column that is measured so."""
    vocabulary: list[str] = []
    """For a text: the words, or pairs of characters, that the training knew."""

    @property
    def column(self) -> str:
        """The column of the rows that is measured."""
        return self.of or self.name

    @property
    def rare(self) -> bool:
        """Whether all its words are so rare that no day is large enough to compare them; missing values always are."""
        return self.kind == "category" and max(self.counts[1:-1], default=0) * MOST_ROWS < sum(self.counts)

    def spread(self, size: float) -> float:
        """The dispersion of a day of `size` rows: the more rows days have, the more their differences weigh.

        For fewer rows than the training's days have, it is theirs: clustered rows keep it at any size.
        """
        return 1 + (self.dispersion - 1) * max(1.0, size / self.day_rows if self.day_rows else 1.0)


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """How a column of a day compares."""

    name: str
    kind: Kind
    rows: int
    missing: float
    """Fraction."""
    missing_before: float
    effect: float
    """Numbers: greatest distance of the two distribution functions (Kolmogorov-Smirnov); categories: Cohen's w."""
    p: float
    """The share of days without drift that have any column as unlike the training as this one."""
    psi: float
    """Population stability index, shown for those who know it: its size by chance depends on the rows."""
    level: Level
    before: list[float]
    """Fractions by bin, missing values first."""
    now: list[float]
    reason: str | None = None
    """Why it, or a part of it, is unmeasured."""


def finding(column: Column, counts: Array, *, p: float, effect: float, level: Level, reason: str | None) -> Finding:
    """What was found of a day's counts, with what a report shows besides."""
    before, rows = np.asarray(column.counts, float), int(counts.sum())
    first, second = before / max(before.sum(), 1), counts / max(rows, 1)
    return Finding(
        name=column.name, kind=column.kind, rows=rows, missing=float(second[0]), missing_before=float(first[0]),
        effect=effect, p=p, psi=psi(*grouped(column, first, second)), level=level, reason=reason,
        before=first.tolist(), now=second.tolist(),
    )  # fmt: skip


def unmeasured(column: Column, reason: str) -> Finding:
    """The finding for a column that cannot be measured."""
    counts = np.zeros(len(column.counts), dtype=int)
    return finding(column, counts, p=1.0, effect=0.0, level="unmeasured", reason=reason)


def worst(levels: list[Level]) -> Level:
    """The worst of several levels; `unmeasured` if there are none."""
    return max(levels, key=LEVELS.index, default="unmeasured")


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


def pooled_bins(column: Column, rows: int) -> Array:
    """The bin that each bin goes into on a day of so many rows: rare words, and unknown ones, share one.

    Missing values, and the bins of a number, stay as they are.
    """
    counts = np.asarray(column.counts)
    if column.kind == "number":
        return np.arange(len(counts))
    rare = (counts * rows < LEAST_EXPECTED * counts.sum()) | (counts < LEAST_COUNTED)
    rare[0], rare[-1] = False, True
    pooled = np.cumsum(~rare) - 1
    return np.where(rare, pooled[-1] + 1, pooled)


def statistics(kind: Kind, before: Array, days: Array) -> Array:
    """One for each day (days x bins), against the rows before it (bins, or days x bins).

    Scaled so that its law hardly depends on the numbers of rows: square root of mn / (m + n) times the
    Kolmogorov-Smirnov distance, or Pearson's chi-square of the two samples, where no bin counts as less than one
    expected row: a single word that is never seen would say more than all the others.
    """
    m, n = before.sum(axis=-1, keepdims=True), days.sum(axis=-1, keepdims=True)
    size = m * n / np.maximum(m + n, 1)
    difference = days / np.maximum(n, 1) - before / np.maximum(m, 1)
    if kind == "number":
        return np.asarray(np.sqrt(size[..., 0]) * np.abs(np.cumsum(difference, axis=-1)).max(axis=-1))
    fractions = (before + days) / np.maximum(m + n, 1)
    return np.asarray((size * np.square(difference) / np.maximum(fractions, 1 / np.maximum(size, 1))).sum(axis=-1))


def freedom(before: Array, size: float) -> float:
    """Mean of a category's statistic on a day without drift that counts as `size` rows."""
    return max(1.0, float(np.minimum(1.0, before / max(before.sum(), 1) * size).sum()) - 1)


def p_values(column: Column, values: Array, freedom_: float, size: float, *, drawn: bool = False) -> Array:
    """The p-values of statistics, by a law with one scale for all kinds of columns; `drawn`: those of drawn days."""
    spread = 1.0 if drawn else column.spread(size)
    squares = np.square(values) / spread if column.kind == "number" else values / spread
    if column.freedom is not None and not drawn:
        # as few days as there are tell little of how far apart days may be: Fisher's law, in its widest form
        mean = KOLMOGOROV_SQUARE if column.kind == "number" else freedom_
        return np.asarray(special.fdtrc(1, column.freedom, squares / mean))
    if column.kind == "number":
        return _kolmogorov(np.sqrt(squares), size)
    return np.asarray(special.chdtrc(freedom_, squares))


def _kolmogorov(values: Array, size: float) -> Array:
    """Chance of a larger one: for few rows twice Smirnov's exact one-sided law, for more Stephens' form (1970)."""
    if size <= _FEW_ROWS:
        rows = max(1, round(size))
        return np.asarray(np.minimum(1.0, 2 * special.smirnov(rows, np.minimum(1.0, values / np.sqrt(size)))))
    return np.asarray(special.kolmogorov(values * (1 + 0.12 / np.sqrt(size) + 0.11 / size)))


def effect_of(kind: Kind, before: Array, now: Array) -> float:
    """The effect between two lists of counts: Kolmogorov-Smirnov distance, or Cohen's w."""
    first, second = before / max(before.sum(), 1), now / max(now.sum(), 1)
    if kind == "number":
        return float(np.abs(np.cumsum(second - first)).max())
    # Cohen, Statistical Power Analysis (1988); a category that the training never had counts as one in ten thousand
    return float(np.sqrt((np.square(second - first) / np.maximum(first, _FLOOR)).sum()))
