"""Change the champion so that a crash at any instant leaves a change that the next run finishes.

In this order: the ledger's line (from then on the change holds, and predict serves the model), the registry's alias,
the pointer, which carries the line's hash. Alias and pointer follow the ledger: whoever comes next, for whichever
day, puts them right when they say otherwise, by the model's hash and training. A registry's numbers begin anew when
it is reset, so they tell nothing.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from contract.config import Config
from contract.errors import DataError, Unavailable
from contract.layout import Layout
from contract.lost import ledger_is_older
from contract.models.champion import Champion
from contract.models.ledger import IN_USE, Line, champion_line, read
from contract.models.registry import NoAnswer, reach_registry, registered_champion
from validate.champion.ledger import append
from validate.champion.pointer import is_pointer, point_to, pointer_fits, warn_of_pointer

if TYPE_CHECKING:
    from validate.champion.registry import Version

log = logging.getLogger("validate")


@dataclass(frozen=True)
class ChampionStore:
    """Where it is written which model is the champion; use it inside `champion_lock` only."""

    layout: Layout
    name: str
    """The registered model's name."""
    registered: bool
    """There is a registry."""

    @classmethod
    def of(cls, root: Path, config: Config) -> ChampionStore:
        """The store of a data root. Raises Unavailable when there is a registry that does not answer."""
        registered = reach_registry() is not None
        if not registered:
            log.warning("MLFLOW_TRACKING_URI is not set: only models/champion.json names the champion")
        return cls(Layout(root), config.pipeline.name, registered)

    def champion(self) -> Champion | None:
        """The model in use, by the ledger; None when there is none.

        Raises DataError when the ledger has lost it: pointer or registry tell of a champion of this data root that no
        line put in use.
        """
        line = champion_line(self.layout)
        if self.registered and (line is None or not is_pointer(self.layout)):
            self._must_not_be_lost(line)
        return line.model if line else None

    def settle(self) -> Champion | None:
        """The same, once alias and pointer say what the ledger says.

        Raises besides Unavailable when the registry fails, and what registering a model anew raises.
        """
        champion, line = self.champion(), champion_line(self.layout)
        if line is not None:
            settled = warn_of_pointer(self.layout, line)
            if self.registered:
                self._warn_of_alias(line, settled=settled)
            self.put(line)
        return champion

    def change(self, line: Line) -> Line:
        """Put the model of a line in use."""
        written = append(self.layout.ledger, line)
        self.put(written)
        return written

    # The registry's package is imported where it is used: it costs a second, and reads its log-in from variables that
    # `reach_registry` sets.

    def version(self, number: str) -> Champion | None:
        """The model of a registered version; None without a registry or such a version."""
        if not self.registered:
            return None
        from validate.champion.registry import numbered

        return numbered(self.name, number)

    def put(self, line: Line) -> None:
        """Point alias and pointer to the model of the ledger's line."""
        if self.registered:
            from validate.champion.registry import set_champion

            set_champion(self.name, line.model, self.layout)
        point_to(self.layout, line)

    def _warn_of_alias(self, line: Line, *, settled: bool) -> None:
        from validate.champion.registry import aliased

        alias = aliased(self.name)
        if alias is None:
            if settled and line.model.version is not None:
                log.warning("MLflow: no version of %s has the alias of the champion: set again", self.name)
        elif settled and not alias.of(line.model):
            log.warning(
                "MLflow: the alias of the champion is at version %s (%s), which %s: put back to %s; if version %s is "
                "meant: validate adopt --to %s",
                alias.number,
                alias.tags.get("day", "not from train"),
                "is a former champion" if self._was_in_use(alias) else "the ledger did not put in use",
                line.model.label,
                alias.number,
                alias.tags.get("sha256", alias.number)[:12],
            )

    def _must_not_be_lost(self, line: Line | None) -> None:
        from validate.champion.registry import aliased

        alias = aliased(self.name)
        if alias is None or self._was_in_use(alias):
            return
        try:
            model = Champion.from_tags(alias.tags, alias.number)
        except DataError:  # train did not make it
            model = None
        if model is not None and model.is_here(self.layout.root):
            raise ledger_is_older(
                self.layout,
                model,
                f"version {alias.number} has the alias of the champion in MLflow (take it away there if it is wrong)",
                line.model if line else None,
            )
        if line is None:
            log.warning(
                "MLflow: version %s of %s has the alias of the champion, but is not of this data root: ignored",
                alias.number,
                self.name,
            )

    def _was_in_use(self, version: Version) -> bool:
        return any(version.of(line.model) for line in read(self.layout.ledger) if line.decision in IN_USE)


def is_settled(layout: Layout, name: str) -> bool:
    """Whether alias and pointer say what the ledger says; asks without the registry's package, which costs seconds.

    `name` is the registered model's. Raises DataError as `champion_line` does.
    """
    line = champion_line(layout)
    if line is None or not pointer_fits(layout, line):
        return line is None
    try:
        address = reach_registry()
    except Unavailable as error:
        log.warning("%s; the next run checks whether its alias is right", error)
        return True
    if address is None:
        return True
    try:
        return registered_champion(address, name).same_as(line.model)
    except NoAnswer:
        return line.model.version is None
    except DataError:  # somebody else's version
        return False
