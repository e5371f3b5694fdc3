"""Which model scores: the one that the ledger put in use last. Registry and pointer are only compared with it."""

from __future__ import annotations

import logging

from contract.errors import DataError, MissingInput
from contract.layout import Layout
from contract.models.champion import Champion, read_champion
from contract.models.ledger import champion_line, read
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
        raise MissingInput(f"{layout.name(layout.champion)}: no champion yet; {_why_none(layout)}")
    try:
        pointed = read_champion(layout.champion)
    except (MissingInput, DataError) as error:
        log.warning("pointer: %s; taking the ledger's champion %s, validate writes it again", error, champion.label)
    else:
        if pointed != champion:
            _warn_of_another(layout.champion.name, pointed, champion)
    return champion


def _why_none(layout: Layout) -> str:
    """What the gate said last, and the way to a champion."""
    lines = read(layout.ledger)
    if not lines:
        return "run train and validate first"
    last = lines[-1]
    report = layout.name(layout.report("train", last.day))
    if last.decision == "proposed":
        return (
            f"the model of {last.day} passed the gate and waits for a person's decision (see {report}): "
            f"validate approve --day {last.day} --by NAME"
        )
    if last.decision == "refused" and last.by != "validate":
        return f"the model of {last.day} was refused by {last.by}: {last.why}; train and validate a later day"
    return (
        f"the gate {'refused' if last.decision == 'refused' else 'could not decide about'} the model of {last.day}: "
        f"{last.why} (see {report}); bring what is missing there, or change [gate] in pipeline.toml, and run train and "
        f"validate again; to put this model in use without the gate: validate adopt --to {last.day} "
        "--by NAME --why REASON"
    )


def _compare_registry(uri: str | None, name: str, champion: Champion | None) -> None:
    try:
        registered = registered_champion(uri, name)
    except NoAnswer as reason:
        log.warning("registry: %s; the ledger decides which model is champion", reason)
    except DataError as error:
        log.warning("%s; the ledger decides which model is champion, validate restores the alias", error)
    else:
        if champion is None or not registered.same_as(champion):
            _warn_of_another("the registry", registered, champion)


def _warn_of_another(where: str, other: Champion, champion: Champion | None) -> None:
    log.warning(
        "%s names %s as champion, the ledger %s, and only that one scores; validate corrects this; if %s is meant: "
        "validate adopt --to %s",
        where,
        other.label,
        champion.label if champion else "none",
        other.label,
        other.sha256[:12],
    )
