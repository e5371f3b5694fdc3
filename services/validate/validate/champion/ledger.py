"""Write the ledger, and what going back asks of it.

A line is on disk before alias and pointer move (see `promotion`): the ledger is the write-ahead record of a change.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import msgspec

from contract.atomic import sync_directory
from contract.champion import Champion
from contract.ledger import IN_USE, Line, read
from contract.manifest import Input
from contract.os_errors import naming


def append(path: Path, line: Line) -> Line:
    """Add a line, on disk when this returns; gives it with its place in the chain.

    Not twice when the run that wrote it was killed and comes again. Raises DataError as `contract.ledger.read` does.
    """
    known = read(path)
    if known and _what(known[-1]) == _what(line):
        return known[-1]
    linked = line.after(known[-1].hash if known else "")
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

    One can go back to those before it; a rollback takes what it goes back over off the end. A model that was put in
    use while it was (judged again, say) stands there once.
    """
    stack: list[Line] = []
    for line in lines:
        if line.decision not in IN_USE:
            continue
        if line.decision == "rolled_back":
            places = [place for place, each in enumerate(stack) if each.model.sha256 == line.model.sha256]
            del stack[places[-1] if places else len(stack) :]
        elif stack and stack[-1].model.sha256 == line.model.sha256:
            stack.pop()
        stack.append(line)
    return stack


def predecessor(lines: list[Line], champion: Champion) -> Champion | None:
    """The champion before this one, by the line that put this one in use; None when it was the first."""
    for line in reversed(lines):
        if line.decision in IN_USE and line.model.sha256 == champion.sha256:
            return line.before
    return None


def golden_of(lines: list[Line], model: Champion) -> Input | None:
    """The rows that a model was last tried on, by whichever line has them."""
    found = (line.golden for line in reversed(lines) if line.model.same_as(model) and line.golden)
    return next(found, None)


def _what(line: Line) -> tuple[Any, ...]:
    return (line.by, line.decision, line.day, line.before, line.model)
