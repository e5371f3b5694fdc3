"""Names and values from data, made safe to show: no character in them can control a terminal or hide another."""

from __future__ import annotations

import re

# control characters (a terminal obeys them), those that turn the direction of writing or end a line without looking
# like it, and halves of characters, which no encoding can write
_UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")


def visible(text: str, keep: str = "") -> str:
    r"""The text with each character that cannot be seen as `\u001b`, except those in `keep`.

    In JSON and TOML that is the same value, if the text had no raw line end in it.
    """
    return _UNSEEN.sub(lambda match: match[0] if match[0] in keep else f"\\u{ord(match[0]):04x}", text)
