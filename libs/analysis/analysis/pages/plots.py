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
"""Characters of a label."""


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
    """Curves, at most two colours and then dashes; `unit`: both axes go from 0 to 1."""
    plot = Plot(name, description)
    axes = plot.axes
    if diagonal:
        axes.plot([0, 1], [0, 1], color=SOFT, linewidth=0.8, linestyle=":")
    for number, (label, xs, ys) in enumerate(series):
        keep = thinned(len(xs))
        style = ("-", "--", "-.", ":")[number // 2 % 4]
        axes.plot(
            np.asarray(xs)[keep], np.asarray(ys)[keep], style, color=(ONE, TWO)[number % 2], linewidth=1.5,
            label=visible(label),
            marker="o" if markers else None, markersize=3.5,
        )  # fmt: skip
    if len(series[0][1]) and np.asarray(series[0][1]).dtype.kind == "M":
        days = np.asarray(series[0][1])
        ticks = days[thinned(len(days), 4)]
        axes.set_xticks(ticks, [str(day) for day in ticks])
    if unit:
        axes.set_xlim(-0.01, 1.01)
        axes.set_ylim(-0.01, 1.01)
    axes.set_xlabel(x)
    axes.set_ylabel(y)
    if len(series) > 1 or series[0][0]:
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
    shown = [visible(label) for label in labels]
    wide = max(map(len, shown), default=0) > 6
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


def _cut(label: str) -> str:
    """A name as long as a plot has room for."""
    label = visible(label)
    return label if len(label) <= _LONGEST else f"{label[: _LONGEST - 1]}\N{HORIZONTAL ELLIPSIS}"


def thinned(length: int, most: int = MOST_POINTS) -> Array:
    """Indices of at most `most` points, evenly spread, the first and the last among them."""
    return np.unique(np.linspace(0, length - 1, min(length, most)).astype(int)) if length else np.empty(0, int)
