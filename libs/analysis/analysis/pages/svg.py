"""A drawing as inline SVG that takes the page's colours: the same data gives the same bytes.

Written as text: a library that draws for many media costs a predicted day more processor time than its scoring.
"""

from __future__ import annotations

import math
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from html import escape

from markupsafe import Markup

from contract.visible import visible

INK, SOFT, LINE, ONE, TWO = (f"var(--{name})" for name in ("ink", "soft", "line", "one", "two"))
"""The page's colours: one drawing serves light and dark."""
FONT = "system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif"
SIZE = 9.0
"""Of letters, in the drawing's units: 72 an inch."""
# DejaVu Sans from the space to the tilde, in hundredths of the size: of the fonts above the widest
_ASCII = bytes.fromhex(
    "20282e54405f4e1b272732542024202240404040404040404040222254545435644445464d3f3a4d4b1d1d4238564b4f"
    "3c4f453f3d494463453d452722275432323d3f373f3e233f3f1c1c3a1c613f3d3f3f2934273f3b523b3b3440224054"
)
_WIDE, _OTHER = 1.05, 0.7


def width_of(text: str, size: float = SIZE) -> float:
    """About how wide a text becomes; no font is asked, since it is the reader's."""
    return size * sum(map(_width_of_letter, text))


def _width_of_letter(letter: str) -> float:
    place = ord(letter) - 32
    if 0 <= place < len(_ASCII):
        return _ASCII[place] / 100
    if unicodedata.combining(letter):
        return 0.0
    return _WIDE if unicodedata.east_asian_width(letter) in "WF" or letter == "\N{HORIZONTAL ELLIPSIS}" else _OTHER


def fitted(text: str, room: float, size: float = SIZE, *, both_ends: bool = False) -> str:
    """The text, cut where it is wider than the room: at its end, or in the middle, so that `both_ends` stay."""
    text = visible(text)
    if width_of(text, size) <= room:
        return text
    length = len(text)
    while length and width_of(_cut(text, length, both_ends), size) > room:
        length -= 1
    return _cut(text, length, both_ends)


def told_apart(texts: Sequence[str], room: float, size: float = SIZE) -> list[str]:
    """The texts, cut in the middle where they are wider than the room; those that look alike then get a number."""
    shown = {text: fitted(text, room, size, both_ends=True) for text in texts}
    count = Counter(shown.values())
    alike = [text for text, short in shown.items() if count[short] > 1]
    for number, text in enumerate(alike, 1):
        mark = f" ({number})"
        shown[text] = fitted(text, room - width_of(mark, size), size, both_ends=True) + mark
    return [shown[text] for text in texts]


def _cut(text: str, length: int, both_ends: bool) -> str:
    first = (length + 1) // 2 if both_ends else length
    return f"{text[:first].rstrip()}\N{HORIZONTAL ELLIPSIS}{text[len(text) - (length - first) :]}"


class Drawing:
    """Lines, boxes and words, the later above the earlier; x goes to the right, y down."""

    def __init__(self, name: str, description: str, width: float, height: float) -> None:
        """`name` is unique on a page; `description` is for those who cannot see."""
        self.width, self.height = width, height
        self._name, self._description = name, description
        self._shapes: list[str] = []

    def line(
        self,
        points: Iterable[tuple[float, float]],
        color: str,
        width: float = 1.0,
        dashes: Sequence[float] | None = None,
    ) -> None:
        """Through all points; `dashes`: lengths, in widths of the line."""
        pattern = f";stroke-dasharray:{' '.join(_short(part * width) for part in dashes)}" if dashes else ""
        path = " ".join(f"{_short(x)} {_short(y)}" for x, y in _known(points))
        style = f"fill:none;stroke:{color};stroke-width:{width:g};stroke-linejoin:round{pattern}"
        self._shapes.append(f'<path d="M{path}" style="{style}"/>')

    def points(
        self, points: Iterable[tuple[float, float]], color: str, diameter: float, opacity: float | None = None
    ) -> None:
        """Round ones, as one shape."""
        # lines of no length with round ends: a third of the bytes of circles
        path = "".join(f"M{_short(x)} {_short(y)}h0" for x, y in _known(points))
        seen = f";opacity:{opacity:g}" if opacity is not None else ""
        style = f"fill:none;stroke:{color};stroke-width:{diameter:g};stroke-linecap:round{seen}"
        self._shapes.append(f'<path d="{path}" style="{style}"/>')

    def boxes(self, boxes: Iterable[tuple[float, float, float, float]], color: str) -> None:
        """Filled ones, as one shape; each is x, y, width and height of a corner and what lies right of it and below."""
        path = "".join(
            f"M{_short(x)} {_short(y)}h{_short(width)}v{_short(height)}h{_short(-width)}z"
            for x, y, width, height in _known(boxes)
        )
        self._shapes.append(f'<path d="{path}" style="fill:{color}"/>')

    def text(
        self,
        x: float,
        y: float,
        text: str,
        *,
        anchor: str = "middle",
        angle: float = 0,
        color: str = SOFT,
        size: float = SIZE,
    ) -> None:
        """Words whose base line starts, has its middle or ends at a point; `angle`: in degrees, up is negative."""
        turned = f' transform="rotate({angle:g} {_short(x)} {_short(y)})"' if angle else ""
        style = f"fill:{color};text-anchor:{anchor};font-size:{size:g}px"
        self._shapes.append(
            f'<text x="{_short(x)}" y="{_short(y)}"{turned} style="{style}">{escape(visible(text))}</text>'
        )

    def svg(self) -> Markup:
        """The drawing for a page."""
        head = (
            f'<svg role="img" aria-label="{escape(visible(self._description), quote=True)}" '
            f'id="plot-{escape(self._name, quote=True)}" xmlns="http://www.w3.org/2000/svg" '
            f'viewBox="0 0 {_short(self.width)} {_short(self.height)}" font-family="{FONT}">'
        )
        return Markup("\n".join([head, *self._shapes, "</svg>"]))  # noqa: S704 (every text in it was escaped)


def _known(places: Iterable[tuple[float, ...]]) -> Iterable[tuple[float, ...]]:
    """Without those of values that are not known."""
    return (place for place in places if all(map(math.isfinite, place)))


def _short(value: float) -> str:
    """A place to a hundredth, without the zeros that tell nothing."""
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text
