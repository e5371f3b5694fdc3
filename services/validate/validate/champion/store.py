"""Change the champion so that a crash at any instant leaves a change that the next run finishes.

In this order: the ledger's line (from then on the change holds, and predict serves the model), the registry's alias,
the pointer, which carries the line's hash. Alias and pointer follow the ledger: whoever comes next, for whichever
day, puts them right when they say otherwise, by the model's hash and training. A registry's numbers begin anew when
it is reset, so they tell nothing.
"""

from __future__ import annotations

import fcntl
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import msgspec

from contract.champion import Champion, Pointer, read_pointer, write_champion
from contract.errors import DataError, MissingInput
from contract.files import sha256_of
from contract.layout import Layout
from contract.ledger import Line, champion_line
from validate.champion.ledger import append

log = logging.getLogger("validate")


@dataclass(frozen=True)
class Throne:
    """Where it is written who the champion is; use it inside `alone` only."""

    layout: Layout
    name: str
    """Of the registered model."""
    registered: bool
    """There is a registry."""

    def champion(self) -> Champion | None:
        """The model in use, by the ledger; None when there is none.

        Raises DataError when the ledger has lost it: pointer or registry tell of a champion of this data root that no
        line put in use.
        """
        line = champion_line(self.layout)
        if line is None:
            self._must_not_be_lost()
        return line.model if line else None

    def settle(self) -> Champion | None:
        """The same, once alias and pointer say what the ledger says.

        Raises besides Unavailable when the registry fails, and what registering a model anew raises.
        """
        champion, line = self.champion(), champion_line(self.layout)
        if line is not None:
            settled = _tell_of_pointer(self.layout, line)
            if self.registered:
                self._tell_of_alias(line, settled=settled)
            self.put(line)
        return champion

    def change(self, line: Line) -> Line:
        """Put the model of a line in use."""
        written = append(self.layout.ledger, line)
        self.put(written)
        return written

    def put(self, line: Line) -> None:
        """Point alias and pointer to the model of the ledger's line."""
        if self.registered:
            from validate.champion.registry import set_champion

            set_champion(self.name, line.model, self.layout)
        if (wanted := _pointer(line)) != _pointed(self.layout):
            write_champion(self.layout.champion, wanted)

    def _tell_of_alias(self, line: Line, *, settled: bool) -> None:
        from validate.champion.registry import aliased

        alias = aliased(self.name)
        if alias is None:
            if settled and line.model.version is not None:
                log.warning("MLflow: no version of %s has the alias of the champion: set again", self.name)
        elif settled and not alias.of(line.model):
            log.warning(
                "MLflow: the alias of the champion is at version %s (%s), which the ledger did not put in use: put "
                "back to %s; if version %s is meant: validate adopt --to %s",
                alias.number,
                alias.tags.get("day", "not from train"),
                line.model.label,
                alias.number,
                alias.tags.get("sha256", alias.number)[:12],
            )

    def _must_not_be_lost(self) -> None:
        if not self.registered:
            return
        from validate.champion.registry import aliased

        alias = aliased(self.name)
        if alias is None:
            return
        file, sha256 = alias.tags.get("file", ""), alias.tags.get("sha256", "")
        path = self.layout.root / file
        if file and path.is_file() and sha256_of(path) == sha256:
            raise DataError(
                f"{self.layout.ledger.name}: has no champion, while version {alias.number} in MLflow is one, and its "
                f"{file} lies here: the ledger was lost; bring it back from a backup, or say which model is in use: "
                f"validate adopt --to {sha256[:12]}; to begin without one, take the alias away in MLflow"
            )
        log.warning(
            "MLflow: version %s of %s has the alias of the champion, and is none of this data root: passed over",
            alias.number,
            self.name,
        )


def pointer_fits(layout: Layout, line: Line | None) -> bool:
    """Whether models/champion.json says what the ledger's line says."""
    return line is None or _pointed(layout) == _pointer(line)


def _pointer(line: Line) -> Pointer:
    return Pointer(**msgspec.structs.asdict(line.model), line=line.hash)


def _pointed(layout: Layout) -> Pointer | None:
    """None when the pointer is not there or damaged: the ledger can write it again."""
    try:
        return read_pointer(layout.champion)
    except (MissingInput, DataError):
        return None


def _tell_of_pointer(layout: Layout, line: Line) -> bool:
    """Say what is wrong with the pointer; False when a change was cut short, so that the alias may be old, too."""
    pointer = _pointed(layout)
    if pointer is None or pointer.line != line.hash:
        log.warning("ledger: the change to the model of %s was cut short: finished now", line.model.day)
        return False
    if pointer != _pointer(line):
        log.warning("%s: is not what the ledger says: written again", layout.champion.name)
    return True


@contextmanager
def alone(layout: Layout) -> Iterator[None]:
    """Only one process decides about the champion at a time; another one waits."""
    models = layout.champion.parent
    models.mkdir(exist_ok=True)
    handle = os.open(models, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
