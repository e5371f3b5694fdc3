"""The kinds of plots that reports have."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from markupsafe import Markup

from analysis.pages.svg import INK, ONE, SOFT, TWO, Plot
from contract.visible import visible

Array = np.ndarray[Any, Any]
MOST_POINTS = 400
"""Of a curve or a cloud: more cannot be seen, and would make pages large."""
_LONGEST = 28
"""Characters of a label; of one that is written at an angle, and of one of many in a legend, fewer."""
_LONGEST_SLANTED, _LONGEST_OF_MANY = 18, 18
_INSIDE = 4
"""Curves whose names have room in the plot."""
_NAMES_A_LINE = 3
_DASHES = (None, (4, 2), (1, 1.5), (6, 2, 1, 2), (9, 3), (2, 2), (6, 2, 1, 2, 1, 2), (3, 1))
_WIDTHS = (1.5, 0.8, 2.4)
"""With two colours these tell 48 curves apart."""
_WIDTH, _LETTER, _GAP = 3.7, 0.075, 0.08
"""Inches: of the axes, of a letter of a label, and between two labels."""
_DATES = 4.5
"""So many dates, and the space between them, are as wide as the axes."""


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
    """Curves, two colours and then dashes and widths; `unit`: both axes go from 0 to 1.

    The names of many stand below the plot, where they hide no curve.
    """
    many = len(series) > _INSIDE
    below = -(-len(series) // _NAMES_A_LINE) if many else 0
    plot = Plot(name, description, height=3.2 + 0.17 * below)
    axes = plot.axes
    if diagonal:
        axes.plot([0, 1], [0, 1], color=SOFT, linewidth=0.8, linestyle=":")
    for number, (label, xs, ys) in enumerate(series):
        keep = thinned(len(xs), max(40, MOST_POINTS * _INSIDE // max(len(series), _INSIDE)))
        axes.plot(
            np.asarray(xs)[keep], np.asarray(ys)[keep], color=(ONE, TWO)[number % 2],
            linestyle=(0, _DASHES[number // 2 % len(_DASHES)]),
            linewidth=_WIDTHS[number // (2 * len(_DASHES)) % len(_WIDTHS)],
            label=_short(label, _LONGEST_OF_MANY) if many else _cut(label),
            marker="o" if markers else None, markersize=3.5,
        )  # fmt: skip
    if len(series[0][1]) and np.asarray(series[0][1]).dtype.kind == "M":
        ticks = _apart(np.asarray(series[0][1]))
        axes.set_xticks(ticks, [str(day) for day in ticks])
    if unit:
        axes.set_xlim(-0.01, 1.01)
        axes.set_ylim(-0.01, 1.01)
    axes.set_xlabel(x)
    axes.set_ylabel(y)
    if many:
        plot.figure.legend(
            loc="outside lower center", ncols=_NAMES_A_LINE, fontsize=7, frameon=False, labelcolor=INK,
            handlelength=3.2, columnspacing=1.0,
        )  # fmt: skip
    elif len(series) > 1 or series[0][0]:
        axes.legend(loc="best", fontsize=8, frameon=False, labelcolor=INK)
    return plot.svg()


def intervals(
    name: str,
    description: str,
    rows: Sequence[tuple[str, float, float, float]],
    *,
    x: str,
    marks: Sequence[float] = (0.0,),
) -> Markup:
    """A point with its interval for each row (label, value, low, high), the first on top; `marks` are dashed."""
    plot = Plot(name, description, height=0.9 + 0.28 * len(rows))
    heights = np.arange(len(rows))[::-1]
    for height, (_, value, low, high) in zip(heights, rows, strict=True):
        plot.axes.plot([low, high], [height, height], color=ONE, linewidth=2)
        plot.axes.plot([value], [height], "o", color=ONE, markersize=5)
    for mark in marks:
        plot.axes.axvline(mark, color=TWO, linewidth=1, linestyle="--")
    plot.axes.set_yticks(heights, [_cut(row[0]) for row in rows])
    plot.axes.locator_params(axis="x", nbins=5)
    plot.axes.set_xlabel(x)
    return plot.svg()


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
    plot = Plot(name, description, height=0.9 + 0.24 * len(labels))
    heights = np.arange(len(labels))[::-1]
    plot.axes.barh(heights, values, color=ONE, xerr=spread, error_kw={"ecolor": SOFT, "elinewidth": 1}, height=0.7)
    plot.axes.set_yticks(heights, [_cut(label) for label in labels])
    plot.axes.grid(visible=False, axis="y")
    plot.axes.set_xlabel(x)
    return plot.svg()


def two_histograms(
    name: str, description: str, labels: Sequence[str], first: Sequence[float], second: Sequence[float],
    *, names: tuple[str, str], x: str,
) -> Markup:  # fmt: skip
    """Two distributions side by side, as fractions, over the same bins or categories."""
    plot = Plot(name, description)
    positions = np.arange(len(labels))
    plot.axes.bar(positions - 0.2, first, 0.4, color=ONE, label=names[0])
    plot.axes.bar(positions + 0.2, second, 0.4, color=TWO, label=names[1])
    step = max(1, len(labels) // 8)
    shown = [_cut(label, _LONGEST_SLANTED) for label in labels]
    wide = max(map(len, shown[::step]), default=0) * _LETTER + _GAP > _WIDTH * step / max(len(labels), 1)
    plot.axes.set_xticks(positions[::step], shown[::step], rotation=35 if wide else 0, ha="right" if wide else "center")
    plot.axes.grid(visible=False, axis="x")
    plot.axes.set_xlabel(x)
    plot.axes.set_ylabel("fraction of rows")
    plot.axes.legend(fontsize=8, frameon=False, labelcolor=INK)
    return plot.svg()


def cloud(name: str, description: str, xs: Array, ys: Array, *, x: str, y: str, line: str) -> Markup:
    """Points, thinned; `line`: "diagonal", or "zero" for a horizontal one."""
    plot = Plot(name, description)
    keep = thinned(len(xs), 800)
    plot.axes.plot(xs[keep], ys[keep], "o", color=ONE, markersize=2.2, alpha=0.5, markeredgewidth=0)
    if line == "zero":
        plot.axes.axhline(0, color=TWO, linewidth=1)
    else:
        ends = [float(min(xs.min(), ys.min())), float(max(xs.max(), ys.max()))]
        plot.axes.plot(ends, ends, color=TWO, linewidth=1)
    plot.axes.set_xlabel(x)
    plot.axes.set_ylabel(y)
    return plot.svg()


def _apart(days: Array) -> Array:
    """Some of the days, the last among them, so far from each other that their names do not overlap."""
    ordered = np.sort(days)
    least, kept = (ordered[-1] - ordered[0]) / _DATES, [ordered[-1]]
    for day in ordered[::-1]:
        if kept[-1] - day >= least and kept[-1] != day:
            kept.append(day)
    return np.array(kept[::-1])


def _short(label: str, longest: int) -> str:
    """A name with both of its ends, by which one of many is told from its neighbours."""
    label = visible(label)
    half = (longest - 1) // 2
    return label if len(label) <= longest else f"{label[:half]}\N{HORIZONTAL ELLIPSIS}{label[-half:]}"


def _cut(label: str, longest: int = _LONGEST) -> str:
    """A name as long as a plot has room for."""
    label = visible(label)
    return label if len(label) <= longest else f"{label[: longest - 1]}\N{HORIZONTAL ELLIPSIS}"


def thinned(length: int, most: int = MOST_POINTS) -> Array:
    """Indices of at most `most` points, evenly spread, the first and the last among them."""
    return np.unique(np.linspace(0, length - 1, min(length, most)).astype(int)) if length else np.empty(0, int)
