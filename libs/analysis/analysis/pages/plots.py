"""The kinds of plots that reports have."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from markupsafe import Markup

from analysis.pages.axes import Array, Axes, Axis, between, numeric, stretches
from analysis.pages.legend import LETTERS, Name, legend, legend_height, legend_lines
from analysis.pages.svg import ONE, SOFT, TWO, Drawing, told_apart, width_of

MOST_POINTS = 400
"""Of a curve or a cloud: more cannot be seen, and would make pages large."""
_FEW = 4
"""Curves whose names have room above the plot; those of more stand below it."""
_NAMES_A_LINE = 3
_DASHES = (None, (4, 2), (1, 1.5), (6, 2, 1, 2), (9, 3), (2, 2), (6, 2, 1, 2, 1, 2), (3, 1))
_WIDTHS = (1.5, 0.8, 2.4)
"""With two colours these tell 48 curves apart."""
_INCH = 72
_WIDTH, _HEIGHT = 4.6 * _INCH, 3.2 * _INCH
_ROOM, _ROOM_BESIDE_NAMES = 0.8 * _WIDTH, 0.5 * _WIDTH
"""Of the labels below a plot, and below one that has names at its side."""
_NAME, _NAME_SLANTED, _NAME_OF_MANY = 0.45 * _WIDTH, 0.28 * _WIDTH, 0.22 * _WIDTH
"""The width of a name, of one that is written at an angle, and of one of many in a legend."""
_ROOM_WITH_SIDE = 0.85 * _WIDTH
"""Of dates below a plot and the numbers at its side together."""
_BETWEEN = 4.0
"""Free between two dates."""
_ROW = 0.28 * _INCH
"""The height of a bar or an interval, and the space around it."""


def lines(
    name: str,
    description: str,
    series: Sequence[tuple[str, Array, Array]],
    *,
    x: str,
    y: str,
    diagonal: bool = False,
    unit: bool = True,
    markers: bool = False,
) -> Markup:
    """Curves, two colours and then dashes and widths; `unit`: both axes go from 0 to 1."""
    many = len(series) > _FEW
    short = told_apart([label for label, _, _ in series], _NAME_OF_MANY if many else _NAME, LETTERS)
    names = [
        Name(
            label,
            (ONE, TWO)[number % 2],
            _WIDTHS[number // (2 * len(_DASHES)) % len(_WIDTHS)],
            _DASHES[number // 2 % len(_DASHES)],
        )
        for number, label in enumerate(short)
    ]
    named = [name for name in names if name.text] or None
    written = legend_lines(named, _WIDTH - 20, _NAMES_A_LINE if many else 0) if named else []
    height = legend_height(written)
    drawing = Drawing(name, description, _WIDTH, _HEIGHT + (height if many else 0))
    up = between(-0.01, 1.01, y) if unit else numeric(np.concatenate([ys for _, _, ys in series]), y)
    along = between(-0.01, 1.01, x, room=_ROOM) if unit else _along(series, x, up)
    axes = Axes(drawing, along, up, top=0 if many else height, bottom=height if many else 0)
    legend(drawing, written, 10 if many else axes.left, drawing.height - height - 2 if many else 2)
    if diagonal:
        drawing.line(axes.places([0, 1], [0, 1]), SOFT, 0.8, (1, 2))
    for look, (_, xs, ys) in zip(names, series, strict=True):
        keep = thinned(len(xs), max(40, MOST_POINTS * _FEW // max(len(series), _FEW)))
        points = np.asarray(xs)[keep], np.asarray(ys)[keep]
        for stretch in stretches(*points):
            places = axes.places(*stretch)
            drawing.line(places, look.color, look.width, look.dashes)
            if markers:
                drawing.points(places, look.color, 3.5)
    return drawing.svg()


def intervals(
    name: str,
    description: str,
    rows: Sequence[tuple[str, float, float, float]],
    *,
    x: str,
    marks: Sequence[float] = (0.0,),
) -> Markup:
    """A point with its interval for each row (label, value, low, high), the first on top; `marks` are dashed."""
    drawing = Drawing(name, description, _WIDTH, 0.9 * _INCH + _ROW * len(rows))
    ends = [end for row in rows for end in row[1:]]
    axes = Axes(
        drawing, numeric([*ends, *marks], x, room=_ROOM_BESIDE_NAMES), _rows([row[0] for row in rows], grid=True)
    )
    for mark in marks:
        drawing.line(axes.places([mark, mark], [axes.y.low, axes.y.high]), TWO, 1, (4, 2))
    for row, (_, value, low, high) in enumerate(rows):
        up = len(rows) - 1 - row
        drawing.line(axes.places([low, high], [up, up]), ONE, 2)
        drawing.points(axes.places([value], [up]), ONE, 5)
    return drawing.svg()


def bars(
    name: str,
    description: str,
    labels: Sequence[str],
    values: Sequence[float],
    *,
    x: str,
    spread: Sequence[float] | None = None,
) -> Markup:
    """Horizontal bars, the first on top; `spread` is drawn as a line on both sides of an end."""
    drawing = Drawing(name, description, _WIDTH, (0.9 + 0.24 * len(labels)) * _INCH)
    spread = spread if spread is not None else [0.0] * len(values)
    ends = [value + part for value, wide in zip(values, spread, strict=True) for part in (-wide, wide)]
    axes = Axes(drawing, numeric([*ends, 0.0], x, room=_ROOM_BESIDE_NAMES, zero=True), _rows(labels, grid=False))
    for row, (value, wide) in enumerate(zip(values, spread, strict=True)):
        up = len(labels) - 1 - row
        (start, top), (end, bottom) = axes.places([0, value], [up + 0.35, up - 0.35])
        drawing.boxes([(min(start, end), top, abs(end - start), bottom - top)], ONE)
        if wide:
            drawing.line(axes.places([value - wide, value + wide], [up, up]), SOFT)
    return drawing.svg()


def two_histograms(
    name: str, description: str, labels: Sequence[str], first: Sequence[float], second: Sequence[float],
    *, names: tuple[str, str], x: str,
) -> Markup:  # fmt: skip
    """Two distributions side by side, as fractions, over the same bins or categories."""
    drawing = Drawing(name, description, _WIDTH, _HEIGHT)
    written = legend_lines([Name(names[0], ONE), Name(names[1], TWO)], _WIDTH - 20)
    up = numeric([*first, *second, 0.0], "fraction of rows", zero=True)
    axes = Axes(drawing, _categories(labels, x), up, top=legend_height(written))
    legend(drawing, written, axes.left, 2)
    for heights, color, shift in ((first, ONE, -0.4), (second, TWO, 0.0)):
        starts = np.arange(len(labels)) + shift
        corners = zip(axes.places(starts, heights), axes.places(starts + 0.4, np.zeros(len(labels))), strict=True)
        drawing.boxes(((left, top, right - left, below - top) for (left, top), (right, below) in corners), color)
    return drawing.svg()


def cloud(name: str, description: str, xs: Array, ys: Array, *, x: str, y: str, line: str) -> Markup:
    """Points, thinned; `line`: "diagonal", or "zero" for a horizontal one."""
    drawing = Drawing(name, description, _WIDTH, _HEIGHT)
    keep = thinned(len(xs), 800)
    xs, ys = np.asarray(xs, dtype=float)[keep], np.asarray(ys, dtype=float)[keep]
    known = np.isfinite(xs) & np.isfinite(ys)
    xs, ys = xs[known], ys[known]
    ends = [float(min(xs.min(), ys.min())), float(max(xs.max(), ys.max()))] if len(xs) else [0.0, 1.0]
    through = (ends, ends) if line == "diagonal" else (ends, [0.0, 0.0])
    across = numeric([*xs, *ends] if line == "diagonal" else xs, x, room=_ROOM)
    axes = Axes(drawing, across, numeric([*ys, *through[1]], y))
    drawing.points(axes.places(xs, ys), ONE, 2.2, opacity=0.5)
    if line == "diagonal":
        drawing.line(axes.places(*through), TWO)
    else:
        drawing.line(axes.places([across.low, across.high], [0, 0]), TWO)
    return drawing.svg()


def _along(series: Sequence[tuple[str, Array, Array]], title: str, up: Axis) -> Axis:
    """The axis of numbers or of days, below one that goes up."""
    values = np.concatenate([np.asarray(xs) for _, xs, _ in series])
    if not len(values) or values.dtype.kind != "M":
        return numeric(values, title, room=_ROOM)
    days = values.astype("datetime64[D]")
    shown = numeric(days.astype(float), title)
    # the days take less than the whole axis, which has some room at its ends
    taken = (width_of(str(days.max())) + _BETWEEN) * (shown.high - shown.low) / max(float(np.ptp(days).astype(int)), 1)
    ticks = _apart(days, max(1, int((_ROOM_WITH_SIDE - max(map(width_of, up.labels), default=0)) / taken)))
    return Axis(shown.low, shown.high, ticks.astype(float).tolist(), [str(day) for day in ticks], title)


def _rows(labels: Sequence[str], *, grid: bool) -> Axis:
    """The vertical axis of rows, of which the first is on top."""
    heights = [float(len(labels) - 1 - row) for row in range(len(labels))]
    return Axis(-0.6, len(labels) - 0.4, heights, told_apart(labels, _NAME), grid=grid)


def _categories(labels: Sequence[str], title: str) -> Axis:
    """The horizontal axis of bins; labels are at an angle where they would not fit side by side."""
    step = max(1, len(labels) // 8)
    shown = told_apart(labels, _NAME_SLANTED)[::step]
    room = _ROOM * step / max(len(labels), 1)
    slanted = max(map(width_of, shown), default=0) + 6 > room
    places = [float(place) for place in range(0, len(labels), step)]
    return Axis(-0.7, len(labels) - 0.3, places, shown, title, grid=False, slanted=slanted)


def _apart(days: Array, parts: int) -> Array:
    """Some of the days, the last among them, each at least one of so many parts of all from the next."""
    ordered = np.sort(days)
    # whole days, and rather one more: NumPy cuts a part of one off
    least, kept = np.timedelta64(math.ceil(int((ordered[-1] - ordered[0]).astype(int)) / parts), "D"), [ordered[-1]]
    for day in ordered[::-1]:
        if kept[-1] - day >= least and kept[-1] != day:
            kept.append(day)
    return np.array(kept[::-1])


def thinned(length: int, most: int = MOST_POINTS) -> Array:
    """Indices of at most `most` points, evenly spread, the first and the last among them."""
    return np.unique(np.linspace(0, length - 1, min(length, most)).astype(int)) if length else np.empty(0, int)
