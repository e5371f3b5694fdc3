"""The append-only record of every word about the champion: one JSON object a line, each chained to the one before.

It is also the write-ahead record of a change: the line is on disk before alias and pointer move (see `promotion`).
"""

from __future__ import annotations

import hashlib
import logging
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import msgspec

from contract.atomic import sync_directory
from contract.champion import Champion
from contract.errors import DataError
from contract.manifest import Input
from contract.os_errors import naming

log = logging.getLogger("validate")

Word = Literal["promoted", "refused", "undecided", "proposed", "rolled_back", "moved"]
IN_USE: tuple[Word, ...] = ("promoted", "rolled_back", "moved")
"""Decisions that put a model in use; `moved`: somebody moved the alias in the registry by hand."""


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One decision about the champion."""

    when: str = msgspec.field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))
    by: str = "validate"
    decision: Word
    why: str
    day: str
    """The training day of the model that it is about."""
    before: Champion | None = msgspec.field(name="from")
    """The champion before the decision."""
    model: Champion = msgspec.field(name="to")
    """The model that was judged, or put in use."""
    metrics: dict[str, Any]
    golden: Input | None = None
    """The file of rows on which a rollback tries the model, and its content hash."""
    previous: str = ""
    """Hash of the line before; empty in the first."""
    hash: str = ""
    """sha256 over the line without this field."""


def read(path: Path) -> list[Line]:
    """All lines, oldest first. Raises DataError that names the line where the chain is broken.

    A last line without its end was torn by a crash: what it tells of was never done, so it is passed over.
    """
    content = path.read_bytes() if path.exists() else b""
    whole, _, torn = content.rpartition(b"\n")
    if torn:
        log.warning("%s: its last line is torn, by a crash as it seems: passed over", path.name)
    lines: list[Line] = []
    for number, text in enumerate(whole.split(b"\n") if whole else [], start=1):
        try:
            line = msgspec.json.decode(text, type=Line)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise DataError(f"{path.name}: line {number} is damaged: {error}; {_ADVICE}") from None
        before = lines[-1].hash if lines else ""
        if line.previous != before:
            raise DataError(
                f"{path.name}: line {number} must follow the line with hash {before[:12] or '(none)'}, "
                f"names {line.previous[:12] or '(none)'}: a line was removed, added or moved; {_ADVICE}"
            )
        if line.hash != _hash(line):
            raise DataError(f"{path.name}: line {number} was changed after it was written; {_ADVICE}")
        lines.append(line)
    return lines


_ADVICE = "bring the file back from a backup: nothing is promoted or rolled back until its chain holds"


def append(path: Path, line: Line) -> Line:
    """Add a line, on disk when this returns; gives it with its place in the chain.

    Not twice when the run that wrote it was killed and comes again. Raises DataError as `read` does.
    """
    known = read(path)
    if known and _what(known[-1]) == _what(line):
        return known[-1]
    linked = msgspec.structs.replace(line, previous=known[-1].hash if known else "", hash="")
    linked = msgspec.structs.replace(linked, hash=_hash(linked))
    new = not path.exists()
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        with naming(path):
            _write(handle, linked)
    finally:
        os.close(handle)
    if new:
        sync_directory(path.parent)
    return linked


def _write(handle: int, line: Line) -> None:
    end = os.pread(handle, os.fstat(handle).st_size, 0).rfind(b"\n") + 1
    os.ftruncate(handle, end)  # a torn line
    content = msgspec.json.encode(line) + b"\n"
    while content:  # a disk that fills takes a part of it, and says so only the next time
        written = os.pwrite(handle, content, end)
        content, end = content[written:], end + written
    os.fsync(handle)


def in_use(lines: list[Line]) -> list[Line]:
    """The lines that put a model in use, as a rollback sees them, the champion's last.

    One can go back to those before it; a rollback takes what it goes back over off the end.
    """
    stack: list[Line] = []
    for line in lines:
        if line.decision not in IN_USE:
            continue
        if line.decision == "rolled_back":
            places = [place for place, each in enumerate(stack) if each.model.sha256 == line.model.sha256]
            del stack[places[-1] if places else len(stack) :]
        stack.append(line)
    return stack


def last_in_use(lines: list[Line]) -> Line | None:
    """The line that put the champion in use."""
    return next((line for line in reversed(lines) if line.decision in IN_USE), None)


def predecessor(lines: list[Line], champion: Champion) -> Champion | None:
    """The champion before this one, by the line that put this one in use; None when it was the first."""
    for line in reversed(lines):
        if line.decision in IN_USE and line.model.sha256 == champion.sha256:
            return line.before
    return None


def _hash(line: Line) -> str:
    content = msgspec.to_builtins(line)
    del content["hash"]
    return hashlib.sha256(msgspec.json.encode(content, order="deterministic")).hexdigest()


def _what(line: Line) -> tuple[Any, ...]:
    return (line.by, line.decision, line.day, line.before, line.model)
