"""Texts that came from data or from a step's log, made fit for people and for what keeps them."""

from __future__ import annotations

import re
from typing import TypeVar

Text = TypeVar("Text", bound=str)

LONGEST = 1000
"""Of one line that is passed on."""

# but for tabs and ends of lines: what a terminal obeys, what turns the direction of reading, half a character.
# PostgreSQL keeps no NUL and no half a character in JSON
_OBEYED = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def harmless(text: Text) -> Text:
    """Without characters that do something else than to be read; each leaves a mark."""
    # of the same type: what Jinja has escaped already must stay known as such
    return type(text)(_OBEYED.sub("\N{REPLACEMENT CHARACTER}", text))


def line(text: str) -> str:
    """A line that is harmless and of bounded length."""
    return harmless(text if len(text) <= LONGEST else f"{text[:LONGEST]}…")
