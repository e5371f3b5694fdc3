"""Change the champion so that a crash at any instant leaves a change that the next run finishes.

In this order: the ledger's line (from then on the change holds), the registry's alias, the pointer, which carries
the line's hash. A pointer with another hash than the last line that put a model in use tells of a change that was
cut short: whoever comes next, for whichever day, finishes it first.
"""

from __future__ import annotations

import fcntl
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import msgspec

from contract.champion import Champion, read_champion, write_champion
from contract.errors import MissingInput
from contract.layout import Layout
from validate.ledger import Line, append, last_in_use, read

log = logging.getLogger("validate")


class Pointer(Champion, frozen=True, kw_only=True):
    """The content of models/champion.json: predict reads the champion, we also read the line."""

    line: str | None = None
    """Hash of the ledger's line that put it there."""


@dataclass(frozen=True)
class Throne:
    """Where it is written who the champion is; use it inside `alone` only."""

    layout: Layout
    name: str
    """Of the registered model."""
    registered: bool
    """There is a registry."""

    def champion(self) -> Champion | None:
        """The model in use, once a change that was cut short is finished; None when there is none.

        An alias that somebody moved in the registry is respected, and put on record.
        """
        line, pointer = last_in_use(read(self.layout.ledger)), read_pointer(self.layout)
        alias = self._alias()
        if line is None:
            return alias or self._without_ledger()
        if pointer is None or pointer.line != line.hash:
            log.warning("ledger: the change to the model of %s was cut short: finished now", line.model.day)
            self._put(line)
            return line.model
        if alias is None or alias.sha256 == line.model.sha256:
            if alias is None and self.registered and line.model.version is not None:
                log.warning("MLflow: no version of %s has the alias of the champion: set again", self.name)
                self._put(line)
            return line.model
        log.warning("MLflow: somebody moved the alias to version %s: it is the champion from now on", alias.version)
        why = f"the alias was moved to version {alias.version} in the registry"
        moved = Line(
            by="registry", decision="moved", why=why, day=alias.day, before=line.model, model=alias, metrics={}
        )
        self.change(moved)
        return alias

    def change(self, line: Line) -> Line:
        """Put the model of a line in use."""
        written = append(self.layout.ledger, line)
        self._put(written)
        return written

    def _put(self, line: Line) -> None:
        if self.registered:
            from validate.registry import set_champion

            set_champion(self.name, line.model.version)
        write_champion(self.layout.champion, Pointer(**msgspec.structs.asdict(line.model), line=line.hash))

    def _without_ledger(self) -> Champion | None:
        try:
            return read_champion(self.layout.champion)
        except MissingInput:
            return None

    def _alias(self) -> Champion | None:
        if not self.registered:
            return None
        from validate.registry import champion

        return champion(self.name)


def read_pointer(layout: Layout) -> Pointer | None:
    """What models/champion.json says; None when it is not there or damaged, since the ledger can write it again."""
    try:
        return msgspec.json.decode(layout.champion.read_bytes(), type=Pointer)
    except FileNotFoundError:
        return None
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        log.warning("%s: damaged, will be written again: %s", layout.champion.name, error)
        return None


def unfinished(layout: Layout) -> bool:
    """Whether a change to the champion was cut short."""
    line = last_in_use(read(layout.ledger))
    return line is not None and ((pointer := read_pointer(layout)) is None or pointer.line != line.hash)


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
