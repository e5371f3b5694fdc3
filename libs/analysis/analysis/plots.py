"""Plots as inline SVG that takes the page's colours: the same data gives the same bytes.

matplotlib draws with stand-in colours, which become CSS variables, so one drawing serves light and dark.
"""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
import numpy as np
from markupsafe import Markup
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

from contract.visible import visible

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Array = np.ndarray[Any, Any]
INK, SOFT, LINE, ONE, TWO, PAPER = "#010101", "#020202", "#030303", "#040404", "#050505", "#060606"
_VARIABLES = {INK: "ink", SOFT: "soft", LINE: "line", ONE: "one", TWO: "two", PAPER: "paper"}
_STYLE: Any = {
    "svg.fonttype": "none",
    "svg.hashsalt": "microstep",
    "font.family": "sans-serif",
    "font.size": 9,
    "text.color": INK,
    "axes.edgecolor": LINE,
    "axes.labelcolor": SOFT,
    "axes.facecolor": "none",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": LINE,
    "grid.linewidth": 0.5,
    "xtick.color": SOFT,
    "ytick.color": SOFT,
}
MOST_POINTS = 400
"""Of a curve or a cloud: more cannot be seen, and would make pages large."""


_LONGEST = 28
"""Characters of a label."""


class Plot:
    """A figure that is being drawn; use as a context manager, `svg` when it is done."""

    def __init__(self, name: str, description: str, *, width: float = 4.6, height: float = 3.2) -> None:
        """`name` is unique on a page; `description` is for those who cannot see. Sizes in inches."""
        self._name, self._description = name, description
        with mpl.rc_context(_STYLE):
            self.figure = Figure(figsize=(width, height), layout="constrained")
            FigureCanvasSVG(self.figure)
            self.axes: Axes = self.figure.add_subplot()
            self.axes.set_axisbelow(True)

    def svg(self) -> Markup:
        """The drawing for a page."""
        out = io.StringIO()
        with mpl.rc_context(_STYLE):
            self.figure.savefig(out, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
        text = re.sub(r"^.*?(?=<svg)", "", out.getvalue(), count=1, flags=re.DOTALL)
        text = re.sub(r"<metadata>.*?</metadata>\s*", "", text, flags=re.DOTALL)
        text = re.sub(r' (?:width|height)="[\d.]+pt"', "", text, count=2)
        for colour, variable in _VARIABLES.items():
            text = text.replace(colour, f"var(--{variable})")
        # ids are hashes of content: two plots with the same shapes on a page would share them
        for pattern in (r'id="', r"url\(#", r'href="#'):
            text = re.sub(pattern, lambda found: f"{found[0]}{self._name}-", text)
        label = escape(self._description, quote=True)
        return Markup(text.replace("<svg ", f'<svg role="img" aria-label="{label}" ', 1))  # noqa: S704 (ours)


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
    for place, (label, xs, ys) in enumerate(series):
        keep = thinned(len(xs))
        style = ("-", "--", "-.", ":")[place // 2 % 4]
        axes.plot(
            np.asarray(xs)[keep], np.asarray(ys)[keep], style, color=(ONE, TWO)[place % 2], linewidth=1.5,
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
    places = np.arange(len(rows))[::-1]
    for place, (_, value, low, high) in zip(places, rows, strict=True):
        plot.axes.plot([low, high], [place, place], color=ONE, linewidth=2)
        plot.axes.plot([value], [place], "o", color=ONE, markersize=5)
    for mark in marks:
        plot.axes.axvline(mark, color=TWO, linewidth=1, linestyle="--")
    plot.axes.set_yticks(places, [_cut(row[0]) for row in rows])
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
    places = np.arange(len(labels))[::-1]
    plot.axes.barh(places, values, color=ONE, xerr=spread, error_kw={"ecolor": SOFT, "elinewidth": 1}, height=0.7)
    plot.axes.set_yticks(places, [_cut(label) for label in labels])
    plot.axes.grid(visible=False, axis="y")
    plot.axes.set_xlabel(x)
    return plot.svg()


def two_histograms(
    name: str, description: str, labels: Sequence[str], first: Sequence[float], second: Sequence[float],
    *, names: tuple[str, str], x: str,
) -> Markup:  # fmt: skip
    """Two distributions side by side, as fractions, over the same bins or words."""
    plot = Plot(name, description)
    places = np.arange(len(labels))
    plot.axes.bar(places - 0.2, first, 0.4, color=ONE, label=names[0])
    plot.axes.bar(places + 0.2, second, 0.4, color=TWO, label=names[1])
    step = max(1, len(labels) // 8)
    shown = [visible(label) for label in labels]
    wide = max(map(len, shown), default=0) > 6
    plot.axes.set_xticks(places[::step], shown[::step], rotation=35 if wide else 0, ha="right" if wide else "center")
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
    """Places of at most `most` points, evenly spread, the first and the last among them."""
    return np.unique(np.linspace(0, length - 1, min(length, most)).astype(int)) if length else np.empty(0, int)
