"""Whether models/champion.json says what the ledger says, whose copy it is."""

from __future__ import annotations

import logging

import msgspec

from contract.errors import DataError, MissingInput
from contract.layout import Layout
from contract.models.champion import Pointer, read_pointer, write_champion
from contract.models.ledger import Line

log = logging.getLogger("validate")


def is_pointer(layout: Layout) -> bool:
    """Whether there is one that can be read."""
    return _read(layout) is not None


def pointer_fits(layout: Layout, line: Line) -> bool:
    """Whether the pointer says what a line of the ledger says."""
    return _read(layout) == _pointer(line)


def point_to(layout: Layout, line: Line) -> None:
    """Write the pointer to the model of a line, unless it says that already."""
    if not pointer_fits(layout, line):
        write_champion(layout.champion, _pointer(line))


def warn_of_pointer(layout: Layout, line: Line) -> bool:
    """Say what is wrong with the pointer; False when a change was cut short, so that the alias may be old, too."""
    pointer = _read(layout)
    if pointer is None:
        log.warning("%s: is not there, or damaged: written again from the ledger", layout.champion.name)
    elif pointer.line not in (None, line.hash):
        log.warning("ledger: the change to the model of %s was interrupted: finished now", line.model.day)
        return False
    elif pointer != _pointer(line):
        log.warning("%s: differs from the ledger: written again", layout.champion.name)
    return True


def _pointer(line: Line) -> Pointer:
    return Pointer(**msgspec.structs.asdict(line.model), line=line.hash)


def _read(layout: Layout) -> Pointer | None:
    """None when the pointer is not there or damaged: the ledger can write it again."""
    try:
        return read_pointer(layout.champion)
    except (MissingInput, DataError):
        return None
