"""What a day as a whole is compared by: its number of rows, and what each column does all day long.

The distances of `analysis.drift.drawn_days` say little where days differ: they cannot exceed 1, and few days tell
little. But a stuck sensor, a column beyond everything seen and a day without most of its rows are further from the
training's days than these are from each other. That is measured here, by Student's prediction interval of one more day
(Hahn and Meeker, Statistical Intervals, 1991).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
import numpy as np
from scipy import special

from analysis.rows import Categorical

Array = np.ndarray[Any, Any]

LEAST_DAYS = 5
"""With fewer training days, how much days differ in a column cannot be estimated."""
_MOST_ROWS = 1000
"""The rows of a day, evenly spread, in which its most frequent value is looked for."""


class DayMarks(msgspec.Struct, frozen=True, kw_only=True):
    """A column on some days, one number for each of them."""

    rows: list[int]
    """How many rows of each day were looked at."""
    missing: list[int]
    """How many of these have no value."""
    modal: list[int]
    """Rows of the most frequent value."""
    means: list[float] = []
    """The means of a number's known values; never NaN: a day without a known value has none."""


def marks_of(values: Array | Categorical, day_of_row: Array) -> DayMarks:
    """The marks of a column's training rows; `day_of_row`: numbers from 0, in any order."""
    order = np.argsort(day_of_row, kind="stable")
    ends = np.searchsorted(day_of_row[order], np.arange(int(day_of_row.max(initial=-1)) + 1), side="right")
    rows, missing, modal, means = [], [], [], []
    for part in np.split(order, ends[:-1]) if len(ends) else ():
        of_day = values[part[np.unique(np.linspace(0, len(part) - 1, min(len(part), _MOST_ROWS)).astype(int))]]
        known = of_day.codes[of_day.codes >= 0] if isinstance(of_day, Categorical) else of_day[~np.isnan(of_day)]
        rows.append(len(of_day))
        missing.append(len(of_day) - len(known))
        modal.append(int(np.unique(known, return_counts=True)[1].max(initial=0)))
        if not isinstance(values, Categorical) and len(known):
            means.append(float(known.mean()))
    return DayMarks(rows=rows, missing=missing, modal=modal, means=means)


class Watch:
    """A column of one day, seen batch by batch."""

    def __init__(self) -> None:
        self.known = self.rows = 0
        self._first: Any = None
        self._constant, self._sum = True, 0.0

    def add(self, values: Array | Categorical) -> None:
        """Take in more rows."""
        self.rows += len(values)
        if isinstance(values, Categorical):
            codes = np.flatnonzero(np.bincount(values.codes + 1)[1:])
            self._take([values.categories[code] for code in codes[:2]], int((values.codes >= 0).sum()))
            return
        known = values[~np.isnan(values)]
        if len(known):
            self._take([float(known.min()), float(known.max())], len(known))
            self._sum += float(known.sum())

    def _take(self, ends: Sequence[Any], number: int) -> None:
        if not number:
            return
        self._first = ends[0] if not self.known else self._first
        self._constant = self._constant and all(end == self._first for end in ends)
        self.known += number

    @property
    def constant(self) -> Any:
        """The value that all rows with a value share; None if there are several, or none."""
        return self._first if self.known and self._constant else None

    @property
    def mean(self) -> float:
        """The mean of the known numbers."""
        return self._sum / self.known


def never_constant(marks: DayMarks) -> bool:
    """Whether no training day, of those with two known values, had the same value all day long."""
    known = [(rows - gone, most) for rows, gone, most in zip(marks.rows, marks.missing, marks.modal, strict=True)]
    return len(known) >= LEAST_DAYS and all(most < number or number < 2 for number, most in known)


def never_missing_all_day(marks: DayMarks) -> bool:
    """Whether every training day had a value."""
    return len(marks.rows) >= LEAST_DAYS and all(
        gone < rows for rows, gone in zip(marks.rows, marks.missing, strict=True)
    )


def p_constant(marks: DayMarks, rows: int) -> float:
    """The chance of a day whose known values, as many as `rows`, are all the same."""
    number = np.subtract(marks.rows, marks.missing)
    return _p_all(np.array(marks.modal), number, rows, free=1)


def p_missing(marks: DayMarks, rows: int) -> float:
    """The chance of a day whose rows, as many as `rows`, all lack a value."""
    return _p_all(np.array(marks.missing), np.array(marks.rows), rows, free=0)


def p_beyond(marks: DayMarks, mean: float, share: float, inside: int, rows: int) -> float:
    """The chance of a day with this mean, and with `inside` of its rows where the training has `share` of its rows."""
    by_row = float(special.bdtrc(inside - 1, rows, share)) if inside else 1.0
    return max(by_row, p_of_one_more(np.array(marks.means), mean))


def p_of_one_more(days: Array, value: float, least_spread: float = 0.0) -> float:
    """Two-sided p-value of one more number like those of the days; `least_spread`: what chance alone spreads by."""
    spread = max(float(np.std(days, ddof=1)), least_spread) * np.sqrt(1 + 1 / len(days))
    apart = abs(value - float(np.mean(days)))
    if spread == 0:
        return float(apart == 0)
    return float(2 * special.stdtr(len(days) - 1, -apart / spread))


def _p_all(counts: Array, rows: Array, now: int, *, free: int) -> float:
    """The chance that all of `now` rows are what `counts` of the `rows` of each day were.

    By rows as by days: the share of the day that had most, row by row (`free`: the first row says which value), and the
    log odds of the days, of which one more would have to be as far off.
    """
    there = rows > 0
    counts, rows = counts[there], rows[there]
    if len(rows) < LEAST_DAYS or now <= free:
        return 1.0
    by_row = float(((counts + 0.5) / (rows + 1)).max()) ** (now - free)
    odds = np.log((counts + 0.5) / (rows - counts + 0.5))
    return max(by_row, p_of_one_more(odds, float(np.log((min(now, _MOST_ROWS) + 0.5) / 0.5))))
