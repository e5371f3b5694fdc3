"""The append-only record of promotions and refusals: one JSON object per line."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from contract.champion import Champion


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One decision about the champion."""

    when: str = msgspec.field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))
    by: str = "validate"
    decision: str
    why: str
    day: str
    """The day that was validated."""
    before: Champion | None = msgspec.field(name="from")
    """The champion before the decision."""
    model: Champion = msgspec.field(name="to")
    """The model that was judged: the champion since then if it was promoted."""
    metrics: dict[str, Any]


def record(path: Path, line: Line) -> None:
    """Append a line, on disk when this returns; not twice when the run that wrote it was killed and comes again."""
    known = read(path)
    if known and _what(known[-1]) == _what(line):
        return
    handle = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o644)
    try:
        size = os.fstat(handle).st_size
        # a power cut may have left half a line: it stays, and ours begins on one of its own
        torn = size > 0 and os.pread(handle, 1, size - 1) != b"\n"
        os.write(handle, (b"\n" if torn else b"") + msgspec.json.encode(line) + b"\n")
        os.fsync(handle)
    finally:
        os.close(handle)


def read(path: Path) -> list[Line]:
    """All lines of ours, oldest first; what is not one (torn, or another step's) is passed over."""
    lines = []
    for text in path.read_bytes().splitlines() if path.exists() else []:
        try:
            lines.append(msgspec.json.decode(text, type=Line))
        except (msgspec.MsgspecError, UnicodeDecodeError):
            continue
    return lines


def predecessor(path: Path, champion: Champion) -> Champion | None:
    """The champion before this one, by the line that put this one in use; None when it was the first."""
    for line in reversed(read(path)):
        if line.decision == "promoted" and line.model.sha256 == champion.sha256:
            return line.before
    return None


def _what(line: Line) -> tuple[Any, ...]:
    return (line.decision, line.day, line.before, line.model)
