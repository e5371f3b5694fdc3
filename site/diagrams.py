"""Diagrams that pages write as Mermaid's text, drawn when the site is built: pages fetch and run nothing for them."""

from __future__ import annotations

import re

import mmdr

_BLOCK = re.compile(r"^```mermaid\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def drawn(text: str) -> str:
    """A page's text with a picture in place of each diagram."""
    return _BLOCK.sub(lambda block: f'<div class="diagram">{_svg(block[1])}</div>', text)


def _svg(diagram: str) -> str:
    """The picture as one line, which Markdown leaves alone."""
    return re.sub(r"\s*\n\s*", " ", str(mmdr.render(diagram).svg())).strip()
