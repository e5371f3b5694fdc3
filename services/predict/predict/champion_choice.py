"""Which model scores: the one that the ledger put in use last. Registry and pointer are only held against it."""

from __future__ import annotations

import logging

from contract.errors import DataError, MissingInput
from contract.layout import Layout
from contract.models.champion import Champion, read_champion
from contract.models.ledger import champion_line
from contract.models.registry import NoAnswer, registered_champion

log = logging.getLogger("predict")


def champion_in_use(uri: str | None, name: str, layout: Layout) -> Champion:
    """The ledger's champion; says when the registry at `uri`, or the pointer, names another one.

    Raises MissingInput when no model was ever put in use, DataError when the ledger is damaged, or the pointer tells
    that it was lost.
    """
    line = champion_line(layout)
    champion = line.model if line else None
    _compare_registry(uri, name, champion)
    if champion is None:
        raise MissingInput(f"{layout.champion}: no champion yet; run train and validate first")
    try:
        pointed = read_champion(layout.champion)
    except (MissingInput, DataError) as error:
        log.warning("pointer: %s; taking the ledger's champion %s, validate writes it again", error, champion.label)
    else:
        if pointed != champion:
            _warn_of_another(layout.champion.name, pointed, champion)
    return champion


def _compare_registry(uri: str | None, name: str, champion: Champion | None) -> None:
    try:
        registered = registered_champion(uri, name)
    except NoAnswer as reason:
        log.warning("registry: %s; the ledger says who is champion", reason)
    except DataError as error:
        log.warning("%s; the ledger says who is champion, validate puts the alias back", error)
    else:
        if champion is None or not registered.same_as(champion):
            _warn_of_another("the registry", registered, champion)


def _warn_of_another(where: str, other: Champion, champion: Champion | None) -> None:
    log.warning(
        "%s names %s as champion, the ledger %s, and no other one scores; validate puts it right; if %s is meant: "
        "validate adopt --to %s",
        where,
        other.label,
        champion.label if champion else "none",
        other.label,
        other.sha256[:12],
    )
