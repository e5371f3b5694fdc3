"""JSON as people read it, for files that are small."""

from __future__ import annotations

from typing import Any

import msgspec


def pretty_json(content: Any) -> bytes:
    """Whatever msgspec can encode, indented, with an end of line. Raises TypeError for what it cannot."""
    return msgspec.json.format(msgspec.json.encode(content), indent=2) + b"\n"
