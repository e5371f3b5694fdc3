"""Which columns of a day are unlike the training, with a stated rate of false alarms for all of them together.

Days of the day's own size are drawn, whole rows, so that columns keep what they have in common. The limit is the
quantile of the least p-value over all columns of a drawn day (min-P: Westfall and Young, Resampling-Based Multiple
Testing, 1993). A day of up to MOST_ROWS rows is shuffled together with rows of the training, a permutation test, exact
at any size; for a larger one, days of MOST_ROWS rows are drawn from the training alone: from there on the statistics'
law does not depend on the size.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce

import numpy as np

from analysis.drift.findings import (
    LEAST_EFFECT,
    MOST_ROWS,
    Array,
    Column,
    Finding,
    Level,
    effect_of,
    finding,
    freedom,
    p_values,
    pooled_bins,
    statistics,
    unmeasured,
)
from contract.config.model import Drift

SHARE = 0.7
"""Its share of the false alarms that `[drift]` allows; the rest is for `analysis.drift.unusual`."""
_AT_ONCE = 100
"""Days drawn before it is asked whether the rest can change anything."""
_TIE = 1 + 1e-9
_ABOUT = 1.2
"""The least p-values of two columns differ by the luck of their bins; a row more or less decides nothing."""


@dataclass(frozen=True)
class Part:
    """Columns that are measured on the same rows; those of the scores are not those of the features."""

    columns: Sequence[Column]
    training: Array
    """Some rows of the training by their bins (rows x columns, uint8)."""
    counts: Sequence[Array]
    """The day's rows by bin, one for each column."""
    day: Array | None
    """The day's rows by their bins (rows x columns, uint8); None when they are more than MOST_ROWS."""

    @property
    def rows(self) -> int:
        """The number of rows of the day."""
        return int(self.counts[0].sum()) if self.columns else 0


def measured(parts: Sequence[Part], settings: Drift, seed: int) -> list[list[Finding]]:
    """All columns of a day, part by part.

    A column is unmeasured if the day has so few rows that it could not be an alarm, whatever they were.
    """
    findings: list[list[Finding]] = [[] for _ in parts]
    pools: dict[int, _Pool] = {}
    for number, part in enumerate(parts):
        if part.rows and len(part.training):
            pools[number] = _Pool(part)
        else:
            why = "the day has no rows" if len(part.training) else "the training has no rows to compare with"
            findings[number] = [unmeasured(column, why) for column in part.columns]
    if pools:
        p = np.concatenate([pool.p for pool in pools.values()])
        least = np.concatenate([pool.least_p for pool in pools.values()])
        adjusted, attainable = _adjusted([*pools.values()], p, least, settings, np.random.default_rng(seed))
        start = 0
        for number, pool in pools.items():
            here = slice(start, start := start + len(pool.p))
            findings[number] = pool.findings(adjusted[here], attainable[here], settings)
    return findings


def _adjusted(
    pools: list[_Pool], p: Array, least: Array, settings: Drift, rng: np.random.Generator
) -> tuple[Array, Array]:
    """For p-values, and for the least ones that there can be, the share of drawn days with any column below them."""
    reached, attained, drawn = np.zeros(len(p), int), np.zeros(len(p), int), 0
    watch, alarm = (SHARE * rate * (settings.resamples + 1) for rate in (settings.false_watches, settings.false_alarms))
    while drawn < settings.resamples:
        number = min(_AT_ONCE, settings.resamples - drawn)
        days = np.sort(reduce(np.minimum, [pool.draw(rng, number) for pool in pools]))
        reached += np.searchsorted(days, p * _TIE, side="right")
        attained += np.searchsorted(days, least * _ABOUT, side="right")
        drawn += number
        # no further day can make it a watch, nor tell more of what there can be
        clear = np.all((attained == 0) | (1 + attained > alarm))
        if drawn * SHARE * settings.false_alarms >= 2 and clear and 1 + reached.min() > watch:
            break
    return (1 + reached) / (1 + drawn), (1 + attained) / (1 + drawn)


class _Pool:
    """The rows that days are drawn from, and where the day itself stands."""

    def __init__(self, part: Part) -> None:
        self._part = part
        shuffled = part.day is not None
        # a fourth of the rows: of more, a drawn day and what is left of the rows would mirror each other
        self._size = part.rows if shuffled else max(1, min(MOST_ROWS, len(part.training) // 4))
        self._maps = [pooled_bins(column, self._size) for column in part.columns]
        widths = [int(bins.max()) + 1 for bins in self._maps]
        self._offsets = np.cumsum([0, *widths])
        rows = part.training if part.day is None else np.concatenate([part.training, part.day])
        self._rows = np.column_stack(
            [bins[rows[:, number]] + self._offsets[number] for number, bins in enumerate(self._maps)]
        )
        self._all = np.bincount(self._rows.ravel(), minlength=self._offsets[-1])
        self._before = [
            np.bincount(bins[part.training[:, number]], minlength=width)
            if shuffled
            else np.bincount(bins, column.counts, width)
            for number, (bins, width, column) in enumerate(zip(self._maps, widths, part.columns, strict=True))
        ]
        self._now = [
            np.bincount(bins, counts, width)
            for bins, counts, width in zip(self._maps, part.counts, widths, strict=True)
        ]
        m = len(rows) - self._size
        self._drawn_size = m * self._size / (m + self._size)
        self._freedoms = [freedom(before, self._drawn_size) for before in self._before]
        self.p = np.array([self._p(number) for number in range(len(part.columns))])
        """The p-value of each column of the day."""
        self.least_p = np.array([self._least_p(number) for number in range(len(part.columns))])
        """The least that each column could have with as many rows, all of them alike."""

    def _p(self, number: int) -> float:
        column, before, now = self._part.columns[number], self._before[number], self._now[number]
        size = before.sum() * now.sum() / (before.sum() + now.sum())
        values = statistics(column.kind, before, now)
        return float(p_values(column, values, freedom(before, size), size))

    def _least_p(self, number: int) -> float:
        column, before = self._part.columns[number], self._before[number]
        alike = np.eye(len(before)) * self._size
        if np.count_nonzero(column.counts) > 1 and not column.rare:
            alike = alike[before > 0]  # a value that the training never had needs no second row
        alike = statistics(column.kind, before, alike)
        return float(p_values(column, alike, self._freedoms[number], self._drawn_size, drawn=True).min())

    def draw(self, rng: np.random.Generator, number: int) -> Array:
        """The least p-value of each of `number` drawn days."""
        days = np.empty((number, len(self._all)), dtype=np.intp)
        for day in days:
            chosen = rng.choice(len(self._rows), self._size, replace=False, shuffle=False)
            day[:] = np.bincount(self._rows[chosen].ravel(), minlength=len(self._all))
        least = np.ones(number)
        for position, column in enumerate(self._part.columns):
            here = slice(self._offsets[position], self._offsets[position + 1])
            values = statistics(column.kind, self._all[here] - days[:, here], days[:, here])
            p = p_values(column, values, self._freedoms[position], self._drawn_size, drawn=True)
            np.minimum(least, p, out=least)
        return least

    def findings(self, p: Array, attainable: Array, settings: Drift) -> list[Finding]:
        """The findings of the columns, from their adjusted p-values and the least ones that are possible."""
        findings = []
        for number, column in enumerate(self._part.columns):
            # of all rows of the training, not only of those that days are drawn from
            before = np.bincount(self._maps[number], column.counts)
            effect = effect_of(column.kind, before, self._now[number])
            watch, alarm = LEAST_EFFECT[column.kind]
            level: Level = "ok"
            # beyond what any row of the training could give, few rows are enough
            beyond = self.p[number] * _ABOUT < self.least_p[number]
            if attainable[number] > SHARE * settings.false_alarms and not beyond:
                level = "unmeasured"
            elif p[number] <= SHARE * settings.false_alarms and effect >= alarm:
                level = "alarm"
            elif p[number] <= SHARE * settings.false_watches and effect >= watch:
                level = "watch"
            reason = "its words are too rare to be compared; missing values are" if column.rare else None
            if level == "unmeasured":
                reason = f"too few rows to tell: {self._part.rows} of the day, {sum(column.counts)} of the training"
            counts = self._part.counts[number]
            findings.append(finding(column, counts, p=float(p[number]), effect=effect, level=level, reason=reason))
        return findings
