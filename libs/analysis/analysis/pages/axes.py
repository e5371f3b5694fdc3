"""The axes of a plot: where they lie follows from what their labels need."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from analysis.pages.svg import LINE, SIZE, Drawing, fitted, width_of

Array = np.ndarray[Any, Any]
SLANT = 35
"""Degrees of labels that would not fit side by side."""
MOST_TICKS = 6
_EDGE, _GAP, _LETTERS = 4.0, 4.0, 12.0
"""Free at the drawing's edges; between an axis and its labels, or two labels; the height of a line of words."""
_SPACE = 0.05
"""Free at both ends of an axis, as a fraction of what is drawn."""
_MOST, _LARGE, _SMALL = 1e300, 1e6, 1e-4
_LEAST = 1e-290
"""What an axis reaches over at least: between smaller steps a number has too few digits to count by."""
_DIGITS = 17
"""These tell any two numbers apart."""


@dataclass(frozen=True)
class Axis:
    """What it reaches from and to, its ticks with their labels, what it is of, and whether it has lines across."""

    low: float
    high: float
    ticks: Sequence[float]
    labels: Sequence[str]
    title: str = ""
    grid: bool = True
    slanted: bool = False

    def fractions(self, values: Any) -> Array:
        """How far along the axis each value is."""
        there = np.clip(np.asarray(values, dtype=float), -_MOST, _MOST)
        # what lies far outside is cut off at the drawing's edge
        return np.asarray(np.clip((there - self.low) / (self.high - self.low), -1, 2))


def numeric(values: Any, title: str, *, room: float = math.inf, zero: bool = False) -> Axis:
    """An axis that shows all values; `zero`: it starts, or ends, at 0, as bars do. `room`: as of `between`."""
    there = np.asarray(values, dtype=float).ravel()
    there = np.clip(there[np.isfinite(there)], -_MOST, _MOST)
    if zero or not len(there):
        there = np.append(there, 0.0)
    low, high = float(there.min()), float(there.max())
    if high - low <= max(abs(high) * 1e-12, _LEAST):  # one value: something around it
        around = max(abs(low), abs(high)) * _SPACE
        around = around if around > _LEAST else 1.0
        low, high = low - around, high + around
    space = (high - low) * _SPACE
    low, high = (low if zero and low == 0 else low - space), (high if zero and high == 0 else high + space)
    return between(low, high, title, room=room)


def between(low: float, high: float, title: str, *, room: float = math.inf) -> Axis:
    """An axis from one number to another, with round ticks, whose labels fit side by side into the room."""
    labels: list[str] = []
    for most in range(MOST_TICKS, 1, -1):
        ticks, decimals = round_ticks(low, high, most)
        labels = all_written(ticks, decimals)
        if (max(map(width_of, labels), default=0) + 2 * _GAP) * len(labels) <= room:
            break
    return Axis(low, high, ticks, labels, title)


def round_ticks(low: float, high: float, most: int) -> tuple[list[float], int]:
    """At most so many multiples of 1, 2, 2.5 or 5 times a power of ten, and the decimals that tell them apart."""
    least = (high - low) / most
    power = math.floor(math.log10(least))
    for factor in (1, 2, 2.5, 5, 10):
        step = factor * 10.0**power
        first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
        if last - first < most:
            break
    decimals = max(0, -power + (factor == 2.5) - (factor == 10))
    return [number * step for number in range(first, last + 1)], decimals


def all_written(ticks: Sequence[float], decimals: int) -> list[str]:
    """The ticks' labels, with as many digits as tell them apart."""
    labels: list[str] = []
    for digits in range(_DIGITS + 1):
        labels = [written(tick, decimals, digits) for tick in ticks]
        if len({*labels}) == len(labels):
            break
    return labels


def written(value: float, decimals: int, digits: int = 0) -> str:
    """A tick's label: 0.25, 12,000, 3e+09; `digits`: a large or small one has at least so many."""
    if value and (abs(value) >= _LARGE * 10 or (decimals > 4 and abs(value) < _SMALL * 10)):
        return f"{value:.{max(digits, 6 if abs(value) < _LARGE * 1000 else 4)}g}"
    return f"{value:,.{decimals}f}" if value else "0"


class Axes:
    """The area between two axes, drawn with its grid; gives the place of any value."""

    def __init__(self, drawing: Drawing, x: Axis, y: Axis, *, top: float = 0.0, bottom: float = 0.0) -> None:
        """`top`, `bottom`: what a legend needs there."""
        self._drawing, self.x, self.y = drawing, x, y
        self.top = top + _EDGE + 2
        below = _EDGE + bottom + (_LETTERS + 1 if x.title else 0)
        below += _slanted_height(x) if x.slanted else _LETTERS + _GAP
        self.bottom = drawing.height - below
        left = _EDGE + (_LETTERS + _GAP if y.title else 0) + max(map(width_of, y.labels), default=0) + _GAP
        self.left, self.right = _sides(x, left, drawing.width)
        self._title_line = self.bottom + (below - bottom - _EDGE)
        self._draw()

    def places(self, xs: Any, ys: Any) -> list[tuple[float, float]]:
        """Where the points are in the drawing."""
        across, up = self.x.fractions(xs), self.y.fractions(ys)
        places_x = self.left + across * (self.right - self.left)
        places_y = self.bottom - up * (self.bottom - self.top)
        return list(zip(places_x.tolist(), places_y.tolist(), strict=True))

    def _draw(self) -> None:
        drawing, middle = self._drawing, (self.left + self.right) / 2
        for (x, _), label in zip(
            self.places(self.x.ticks, [self.y.low] * len(self.x.ticks)), self.x.labels, strict=True
        ):
            if self.x.grid:
                drawing.line([(x, self.top), (x, self.bottom)], LINE, 0.5)
            if self.x.slanted:
                drawing.text(x + 3, self.bottom + _GAP + 6, label, anchor="end", angle=-SLANT)
            else:
                drawing.text(x, self.bottom + _GAP + SIZE - 1, label)
        for (_, y), label in zip(
            self.places([self.x.low] * len(self.y.ticks), self.y.ticks), self.y.labels, strict=True
        ):
            if self.y.grid:
                drawing.line([(self.left, y), (self.right, y)], LINE, 0.5)
            drawing.text(self.left - _GAP, y + SIZE * 0.36, label, anchor="end")
        drawing.line([(self.left, self.top), (self.left, self.bottom), (self.right, self.bottom)], LINE)
        if self.x.title:
            # over the axis where it has room, else over the whole drawing
            wide = width_of(self.x.title) > self.right - self.left
            x = drawing.width / 2 if wide else middle
            drawing.text(x, self._title_line - 2, fitted(self.x.title, drawing.width - 2 * _EDGE))
        if self.y.title:
            height = self.bottom - self.top
            drawing.text(_EDGE + SIZE, (self.top + self.bottom) / 2, fitted(self.y.title, height), angle=-90)


def _slanted_height(x: Axis) -> float:
    return _GAP + 6 + max(map(width_of, x.labels), default=0) * math.sin(math.radians(SLANT)) + 3


def _sides(x: Axis, left: float, width: float) -> tuple[float, float]:
    """Where the axis starts and ends, so that no label of it leaves the drawing."""
    at = x.fractions(x.ticks).tolist()
    along = math.cos(math.radians(SLANT))
    before = [width_of(label) * (along if x.slanted else 0.5) for label in x.labels]
    after = [3.0 if x.slanted else width_of(label) * 0.5 for label in x.labels]
    right = width - _EDGE - 4
    for fraction, beyond in zip(at, after, strict=True):
        if fraction > 0.5:
            right = min(right, left + (width - 1 - beyond - left) / fraction)
    for fraction, beyond in zip(at, before, strict=True):
        if fraction < 0.5:
            left = max(left, (1 + beyond - fraction * right) / (1 - fraction))
    return left, right


def stretches(xs: Any, ys: Any) -> Iterator[tuple[Array, Array]]:
    """The points between those that are no numbers, where a curve has a gap."""
    known = np.isfinite(np.asarray(ys, dtype=float))
    for part in np.split(np.arange(len(known)), np.flatnonzero(np.diff(known)) + 1):
        if len(part) and known[part[0]]:
            yield np.asarray(xs)[part], np.asarray(ys)[part]
