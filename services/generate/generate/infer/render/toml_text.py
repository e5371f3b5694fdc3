"""Values and keys as TOML text; whatever a file's header holds comes out as one quoted word on one line."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from datetime import date

from contract.visible import visible


def key(name: str) -> str:
    """A key, bare where TOML allows it."""
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else value(name)


def value(thing: object) -> str:
    """A text, number, truth value, day, or a list of them."""
    if isinstance(thing, str):
        # TOML's basic strings are JSON's, except that TOML wants DEL escaped; the text may go to a terminal, too
        return visible(json.dumps(thing, ensure_ascii=False))
    if isinstance(thing, bool):
        return str(thing).lower()
    if isinstance(thing, float) and thing.is_integer() and abs(thing) < 1e15:
        return str(int(thing))
    if isinstance(thing, int | float):
        return repr(thing)
    if isinstance(thing, date):
        return thing.isoformat()
    if isinstance(thing, Iterable):
        return f"[{', '.join(map(value, thing))}]"
    raise TypeError(f"no TOML for {thing!r}")
