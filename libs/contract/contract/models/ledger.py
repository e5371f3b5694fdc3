"""The ledger, read: every word about the champion, oldest first, each line chained to the one before by its hash.

It alone says which model may be served. The registry's alias and the pointer follow it; validate writes all three.
"""

from __future__ import annotations

import hashlib
import logging
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import msgspec

from contract.datasets.manifest import Input
from contract.errors import DataError, MissingInput
from contract.layout import Layout
from contract.lost import ledger_is_older, unknown_promotion
from contract.models.champion import Champion, read_pointer
from contract.old_words import OLD_IN_USE, OldDecision

log = logging.getLogger("ledger")

_Decision = Literal["promoted", "refused", "undecided", "proposed", "rolled_back", "adopted"] | OldDecision
IN_USE: tuple[_Decision, ...] = ("promoted", "rolled_back", "adopted", *OLD_IN_USE)
"""Decisions that put a model in use."""

_ADVICE = (
    "bring the file back from a backup, nothing is decided or predicted until its chain holds; without one, rename the "
    "file and say which model is in use: validate adopt --to <training day>"
)


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One decision about the champion."""

    when: str = msgspec.field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))
    by: str = "validate"
    decision: _Decision
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
    anchor: Champion | None = None
    """The model that challengers of this one must not fall below, once it is in use; None: this one itself."""
    previous: str = ""
    """Hash of the line before; empty in the first."""
    hash: str = ""
    """sha256 over the line's JSON object, as it stands in the file, without this field."""

    def after(self, previous: str) -> Line:
        """The same with its place in the chain: behind the line with the hash `previous`."""
        linked = msgspec.structs.replace(self, previous=previous, hash="")
        return msgspec.structs.replace(linked, hash=_hash(msgspec.json.decode(msgspec.json.encode(linked))))

    @staticmethod
    def is_whole(text: bytes) -> bool:
        """Whether a text is a complete line. A torn one never is, because the closing bracket comes last."""
        try:
            msgspec.json.decode(text, type=Line)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            return False
        return True


def read(path: Path) -> list[Line]:
    """All lines, oldest first. Raises DataError that names the line where the chain is broken.

    An incomplete last line was torn by a crash. The change that it records was never made, so the line is skipped. If
    only its line end is missing, it counts.
    """
    lines: list[Line] = []
    for number, text in enumerate(texts(path), start=1):
        try:
            content = msgspec.json.decode(text)
            line = msgspec.convert(content, Line)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise DataError(f"{path.name}: line {number} is damaged: {error}; {_ADVICE}") from None
        if not line.hash:
            raise DataError(
                f"{path.name}: line {number} has no hash, as the first version wrote lines: nobody can tell whether it "
                f"was changed since; rename the file, keep it, and say which model is in use: validate adopt --to "
                f"{_last_served(path)}"
            )
        before = lines[-1].hash if lines else ""
        if line.previous != before:
            raise DataError(
                f"{path.name}: line {number} must follow the line with hash {before[:12] or '(none)'}, "
                f"names {line.previous[:12] or '(none)'}: a line was removed, added or moved; {_ADVICE}"
            )
        if line.hash != _hash(content):
            raise DataError(f"{path.name}: line {number} was changed after it was written; {_ADVICE}")
        lines.append(line)
    return lines


def texts(path: Path) -> list[bytes]:
    """The lines as the file has them, without a torn one at its end; nothing of them is checked."""
    content = path.read_bytes() if path.exists() else b""
    whole, _, tail = content.rpartition(b"\n")
    found = whole.split(b"\n") if whole else []
    if Line.is_whole(tail):
        found.append(tail)
    elif tail:
        log.warning("%s: its last line is incomplete, probably from a crash: ignored", path.name)
    return found


def _last_served(path: Path) -> str:
    """The training day of the champion by an unchained file, for a person to confirm."""
    whole = [msgspec.json.decode(text, type=Line) for text in texts(path) if Line.is_whole(text)]
    line = last_in_use(whole)
    return line.model.day if line else "<training day>"


def last_in_use(lines: list[Line]) -> Line | None:
    """The line that put the champion in use."""
    return next((line for line in reversed(lines) if line.decision in IN_USE), None)


def champion_line(layout: Layout) -> Line | None:
    """The line of the model that may be served; None when none was ever put in use.

    Raises DataError when the chain is broken, or when the pointer names a line that the ledger does not have: one of
    the two was lost or replaced, and which one cannot be known from here. Likewise if the pointer is gone and a report
    calls a model promoted that the ledger does not know.
    """
    # the pointer first: a change writes it last, so its line is in the ledger that is read after it
    pointer, damage = None, None
    try:
        pointer = read_pointer(layout.champion)
    except MissingInput:
        pass
    except DataError as error:
        damage = error
    lines = read(layout.ledger)
    line = last_in_use(lines)
    if damage is not None and line is None:
        raise damage
    if pointer is None:
        if model := unknown_promotion(layout, [line.model for line in lines if line.decision in IN_USE]):
            report = layout.name(layout.report("train", model.day))
            raise ledger_is_older(layout, model, f"{report} calls it promoted", line.model if line else None)
        return line  # validate writes it again
    # one from before pointers named their line
    nameless = pointer.line is None and line is not None and pointer.sha256 == line.model.sha256
    if not nameless and pointer.line not in {line.hash for line in lines}:
        raise DataError(
            f"{layout.name(layout.champion)}: {pointer.label} must have been put in use by a line of "
            f"{layout.ledger.name}, none did: the ledger was lost, cut or is an older one, or the pointer belongs to "
            f"another; bring {layout.ledger.name} back from a backup, or say which model is in use: "
            f"validate adopt --to {pointer.sha256[:12]}"
        )
    return line


def _hash(content: dict[str, Any]) -> str:
    """Of the object as it stands in the file: a field that a later version adds changes no hash of before."""
    hashed = {name: value for name, value in content.items() if name != "hash"}
    return hashlib.sha256(msgspec.json.encode(hashed, order="deterministic")).hexdigest()
