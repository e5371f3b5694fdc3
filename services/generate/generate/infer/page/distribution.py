"""A column's values as a small drawing: bars of HTML's SVG, in the page's colours."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from markupsafe import Markup

from contract.visible import visible

BINS = 24
MOST_BARS = 8
_WIDTH, _HEIGHT, _ROW = 320, 64, 16
_LONGEST = 20
"""Characters of a category that are shown."""


def histogram(values: npt.NDArray[np.float64], low: str, high: str, what: str) -> Markup:
    """Bars over the range of the values; `low` and `high` are written below its ends."""
    counts, _ = np.histogram(values, bins=BINS)
    width = _WIDTH / BINS
    most = max(int(counts.max()), 1)
    bars = Markup("").join(
        Markup('<rect x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}" fill="var(--one)"/>').format(
            number * width, _HEIGHT - _HEIGHT * count / most, width - 1, _HEIGHT * count / most
        )
        for number, count in enumerate(counts)
        if count
    )
    text = Markup('<text x="{}" y="{}" font-size="11" fill="var(--soft)" text-anchor="{}">{}</text>')
    ends = text.format(0, _HEIGHT + 13, "start", visible(low)) + text.format(_WIDTH, _HEIGHT + 13, "end", visible(high))
    return _svg(bars + ends, _HEIGHT + 18, what)


def bars(labels: Sequence[str], counts: Sequence[int], what: str) -> Markup:
    """A bar for each of some categories, the first on top."""
    most, total = max(counts, default=1), max(sum(counts), 1)
    rows = Markup("").join(
        Markup(
            '<text x="124" y="{y}" font-size="11" fill="var(--ink)" text-anchor="end">{label}</text>'
            '<rect x="130" y="{top}" width="{width:.1f}" height="11" fill="var(--one)"/>'
            '<text x="{end:.1f}" y="{y}" font-size="11" fill="var(--soft)">{count}</text>'
        ).format(
            y=number * _ROW + 11,
            top=number * _ROW + 2,
            width=max(130 * count / most, 1),
            end=134 + 130 * count / most,
            count=f"{100 * count / total:.3g} %",
            label=_cut(label),
        )
        for number, (label, count) in enumerate(zip(labels, counts, strict=True))
    )
    return _svg(rows, len(labels) * _ROW + 2, what)


def _svg(content: Markup, height: int, what: str) -> Markup:
    start = Markup('<svg viewBox="0 0 {} {}" role="img" aria-label="{}">')
    return start.format(_WIDTH, height, visible(what)) + content + Markup("</svg>")


def _cut(label: str) -> str:
    label = visible(label)
    return label if len(label) <= _LONGEST else f"{label[: _LONGEST - 1]}\N{HORIZONTAL ELLIPSIS}"
