"""What tells curves and bars apart: their names, each after a sample of how it is drawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from analysis.pages.svg import INK, Drawing, width_of

LETTERS = 8.0
"""Their size."""
_SAMPLE, _GAP = 20.0, 4.0
"""The width of a line or a box before a name, and between the two."""
_LINE = 12.0


@dataclass(frozen=True)
class Name:
    """The name of what is drawn, and its look: a line with its width and dashes, or a box."""

    text: str
    color: str
    width: float = 0.0
    dashes: Sequence[float] | None = None


def legend_lines(names: Sequence[Name], width: float, columns: int = 0) -> list[list[tuple[float, Name]]]:
    """The names by line, each with its place in it; as many as fit, or in columns."""
    lines: list[list[tuple[float, Name]]] = [[]]
    place = 0.0
    for number, name in enumerate(names):
        wide = width / columns if columns else _SAMPLE + _GAP + width_of(name.text, LETTERS) + 3 * _GAP
        if lines[-1] and (number % columns == 0 if columns else place + wide - 3 * _GAP > width):
            lines.append([])
            place = 0.0
        lines[-1].append((place, name))
        place += wide
    return lines


def legend(drawing: Drawing, lines: Sequence[Sequence[tuple[float, Name]]], left: float, top: float) -> None:
    """The names from a place on, a line below the other."""
    for number, line in enumerate(lines):
        y = top + (number + 0.5) * _LINE
        for place, name in line:
            x = left + place
            if name.width:
                drawing.line([(x, y), (x + _SAMPLE, y)], name.color, name.width, name.dashes)
            else:
                drawing.boxes([(x + 8, y - 3.5, 12, 7)], name.color)
            drawing.text(x + _SAMPLE + _GAP, y + 3, name.text, anchor="start", color=INK, size=LETTERS)


def legend_height(lines: Sequence[object]) -> float:
    """What the names need."""
    return len(lines) * _LINE
