"""Write the ledger, and answer what a rollback asks of it.

A line is on disk before alias and pointer move (see `store`): the ledger is the write-ahead record of a change.
"""

from __future__ import annotations

import os
from pathlib import Path

import msgspec

from contract.atomic import sync_directory
from contract.datasets.manifest import Input
from contract.models.champion import Champion
from contract.models.ledger import IN_USE, Line, read
from contract.os_errors import naming

JUDGED = ("promoted", "refused", "undecided", "proposed")
"""Decisions of the gate on a day's model, or of the person who has the last word on it."""


def append(path: Path, line: Line) -> Line:
    """Add a line, on disk when this returns; gives it with its place in the chain.

    Not twice: a run that was killed after writing it and comes again has all the same but the time. Raises DataError
    as `contract.models.ledger.read` does.
    """
    known = read(path)
    if known and _content(known[-1]) == _content(line):
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
    before = os.pread(handle, os.fstat(handle).st_size, 0)
    end = before.rfind(b"\n") + 1
    content = msgspec.json.encode(line) + b"\n"
    if Line.is_whole(before[end:]):
        content, end = b"\n" + content, len(before)
    else:
        os.ftruncate(handle, end)  # a torn line
    while content:  # a disk that fills takes a part of it, and says so only the next time
        written = os.pwrite(handle, content, end)
        content, end = content[written:], end + written
    os.fsync(handle)


def in_use(lines: list[Line]) -> list[Line]:
    """The lines that put a model in use, as a rollback sees them, the champion's last.

    A rollback can go to those before it, and takes those that it passes over off the end. A model that was put in use
    again while in use (judged again, say) is there once.
    """
    stack: list[Line] = []
    for line in lines:
        if line.decision not in IN_USE:
            continue
        if line.decision == "rolled_back":
            earlier = [index for index, used in enumerate(stack) if used.model.sha256 == line.model.sha256]
            del stack[earlier[-1] if earlier else len(stack) :]
        elif stack and stack[-1].model.sha256 == line.model.sha256:
            stack.pop()
        stack.append(line)
    return stack


def predecessor(lines: list[Line], champion: Champion) -> Champion | None:
    """The champion before this one, to which a rollback would go; None when it was the first.

    Taken from the lines that remain, not from the champion's own line: after a rollback that one names the model passed
    over, and after a second judgement the model itself.
    """
    stack = in_use(lines)
    places = [place for place, used in enumerate(stack) if used.model.sha256 == champion.sha256]
    return stack[places[-1] - 1].model if places and places[-1] else None


def anchor_of(lines: list[Line], champion: Champion) -> Champion:
    """The model that challengers of this champion must not fall below: itself, unless its line names another one."""
    for line in reversed(lines):
        if line.decision in IN_USE and line.model.sha256 == champion.sha256:
            return line.anchor or line.model
    return champion


def answer_to(lines: list[Line], day: str) -> Line | None:
    """A person's answer to the last judgement of a training day; None where that stands as validate left it."""
    last = next((line for line in reversed(lines) if line.day == day and line.decision in JUDGED), None)
    return last if last is not None and last.by != "validate" else None


def golden_of(lines: list[Line], model: Champion) -> Input | None:
    """The rows that a model was last tried on, by whichever line has them."""
    golden = (line.golden for line in reversed(lines) if line.model.same_as(model) and line.golden)
    return next(golden, None)


def open_proposals(lines: list[Line]) -> list[Line]:
    """The proposals that wait for a person's word, by day: the last judgement of their day."""
    last = {line.day: line for line in lines if line.decision in JUDGED}
    return [line for line in last.values() if line.decision == "proposed"]


def _content(line: Line) -> bytes:
    return msgspec.json.encode(msgspec.structs.replace(line, when="", previous="", hash=""), order="deterministic")
