"""Whether a text is a mail address that mails can go to."""

from __future__ import annotations

import re

_ADDRESS = r"[^\s@<>(),;:\"\\\[\]]+@[^\s@<>(),;:\"\\\[\]]+"
_NAME = r"(\"[^\"\\]*\"|[^\"@<>(),;:\\\[\]]*)"


def check_address(text: str) -> None:
    """Raise ValueError, without the key, unless it is one address: `ann@example.org`, or `Ann <ann@example.org>`.

    By a pattern: the standard library's parsers take ten times as long to import as all else of a configuration.
    """
    if not text.isprintable() or not re.fullmatch(rf"{_ADDRESS}|{_NAME} *<{_ADDRESS}>", text.strip()):
        raise ValueError(f"must be one mail address, as ann@example.org, got {text!r}")
