"""The lines of .env that belong to a place: they stay where they are when a backup goes to another one."""

from __future__ import annotations

import os
import re
import tempfile
from pathlib import Path

from checkout.ending import CONFIGURATION, refuse
from checkout.settings import LOCAL, ODD, ROOT, UnreadableError, read

LINE = re.compile(rf"(?m)^[ \t]*(?:export[ \t]+)?(?:{'|'.join(LOCAL)})[ \t]*[=:].*(?:\n|\Z)")
ALONE = f".env: write {', '.join(LOCAL)} on lines of their own; no backup takes them to another place"


def without_local(text: str) -> str:
    """Takes the lines out that set what belongs to a place."""
    return LINE.sub("", text)


def movable() -> str:
    """The text of .env without what belongs to this place; compose must read all else in it as before."""
    text = without_local(_settings_here())
    before, after = _as_compose_reads(text)
    if after != before | {name: os.environ.get(name, "") for name in LOCAL}:
        refuse(CONFIGURATION, ALONE)
    return text


def settled(text: str) -> str:
    """A backup's .env with the lines of this place; compose must read those as before."""
    moved = without_local(text)
    lines = [line.rstrip("\n") for line in LINE.findall(_settings_here())]
    if lines:
        begin = moved if moved.endswith("\n") or not moved else f"{moved}\n"
        moved = begin + "".join(f"{line}\n" for line in lines)
    before, after = _as_compose_reads(moved)
    if {name: after[name] for name in LOCAL} != {name: before[name] for name in LOCAL}:
        refuse(CONFIGURATION, f"{ALONE}, with values that refer to no other line")
    return moved


def _settings_here() -> str:
    file = ROOT / ".env"
    return file.read_text(encoding="utf-8", errors=ODD) if file.exists() else ""


def _as_compose_reads(text: str) -> tuple[dict[str, str], dict[str, str]]:
    """The settings of .env as it is, and as they would be with this text."""
    with tempfile.NamedTemporaryFile("w", suffix=".env", encoding="utf-8", errors=ODD) as copy:
        copy.write(text)
        copy.flush()
        try:
            return read(), read(file=Path(copy.name))
        except UnreadableError as error:
            refuse(CONFIGURATION, f".env: cannot be read: {error}")
