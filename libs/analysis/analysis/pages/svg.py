"""A plot as inline SVG that takes the page's colours: the same data gives the same bytes.

matplotlib draws with stand-in colours, which become CSS variables, so one drawing serves light and dark.
"""

from __future__ import annotations

import io
import re
from html import escape
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
from markupsafe import Markup
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes

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


class Plot:
    """A figure that is being drawn; use as a context manager, `svg` when it is done."""

    def __init__(self, name: str, description: str, *, width: float = 4.6, height: float = 3.2) -> None:
        """`name` is unique on a page; `description` is for those who cannot see. Sizes in inches."""
        self._name, self._description = name, description
        with mpl.rc_context(_STYLE):
            self.figure = Figure(figsize=(width, height), layout="constrained", facecolor="none", edgecolor="none")
            self._canvas: Any = FigureCanvasSVG(self.figure)
            self.axes: Axes = self.figure.add_subplot()
            self.axes.set_axisbelow(True)

    def svg(self) -> Markup:
        """The drawing for a page."""
        out = io.StringIO()
        with mpl.rc_context(_STYLE):
            # savefig would draw it twice, the first time for the layout alone, which a drawing does itself
            self._canvas.print_svg(out, metadata={"Date": None, "Creator": None})
        text = re.sub(r"^.*?(?=<svg)", "", out.getvalue(), count=1, flags=re.DOTALL)
        text = re.sub(r"<metadata>.*?</metadata>\s*", "", text, flags=re.DOTALL)
        text = re.sub(r' (?:width|height)="[\d.]+pt"', "", text, count=2)
        for colour, variable in _VARIABLES.items():
            text = text.replace(colour, f"var(--{variable})")
        # ids are hashes of content: two plots with the same shapes on a page would share them
        for pattern in (r'id="', r"url\(#", r'href="#'):
            text = re.sub(pattern, lambda match: f"{match[0]}{self._name}-", text)
        label = escape(self._description, quote=True)
        return Markup(text.replace("<svg ", f'<svg role="img" aria-label="{label}" ', 1))  # noqa: S704 (ours)
