"""What was done with each file of labels, so that a run without new ones costs only a look."""

from __future__ import annotations

from pathlib import Path

import msgspec

from contract.atomic import replace_file

Asked = tuple[str | None, str]
"""`table.key` and `table.target`."""


class Done(msgspec.Struct, frozen=True):
    """One file of labels when it was read last."""

    state: tuple[int, int]
    """Its bytes and its time of change."""
    looked_in: dict[str, str]
    """The identity of each day's rows by then."""
    left: int
    """Labels that had no day."""
    days: tuple[str, ...]
    """The days that got some of its labels."""
    asked: Asked = ("", "")
    """The key and the target that it was read for."""
    left_out: tuple[tuple[int, int], Asked] | None = None
    """Its later state, and the later key and target of which it has no labels."""

    def holds(self, state: tuple[int, int], rows: dict[str, str], asked: Asked) -> bool:
        """Whether looking again would find the same: no other file, question or (where a label is left) rows."""
        read = self.state == state and self.asked == asked and (not self.left or self.looked_in == rows)
        return read or self.left_out == (state, asked)


def read(path: Path) -> dict[str, Done]:
    """By file; empty where nothing was done yet, or what was written cannot be read: then all is looked at again."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=dict[str, Done])
    except (FileNotFoundError, msgspec.DecodeError):
        return {}


def write(path: Path, done: dict[str, Done]) -> None:
    """Keep it."""
    replace_file(path, msgspec.json.encode(done))
