"""Names and values from data on a terminal: no character in them commands it. The same as libs/contract's."""

from __future__ import annotations

import re

_UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")


def visible(text: str, keep: str = "") -> str:
    r"""The text with each character that cannot be seen as `\u001b`, except those in `keep`."""
    return _UNSEEN.sub(lambda match: match[0] if match[0] in keep else f"\\u{ord(match[0]):04x}", text)
