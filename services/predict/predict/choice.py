"""Which model scores: the registry's champion, or the pointer's while the registry has no answer."""

from __future__ import annotations

import logging
from pathlib import Path

from contract.champion import Champion, read_champion
from contract.errors import DataError, MissingInput
from contract.registry import NoAnswer, registered_champion

log = logging.getLogger("predict")


def champion_in_use(uri: str | None, name: str, pointer: Path) -> Champion:
    """The champion of the registry at `uri`, else of the pointer file.

    Raises MissingInput when there is neither, DataError for a champion that cannot be read.
    """
    try:
        champion = registered_champion(uri, name)
    except NoAnswer as reason:
        log.warning("registry: %s; taking the champion of %s", reason, pointer.name)
        return read_champion(pointer)
    try:
        pointed = read_champion(pointer)
    except (MissingInput, DataError) as error:
        log.warning("the pointer is no help should the registry be down: %s", error)
    else:
        if pointed != champion:
            log.warning(
                "the registry's champion is %s, that of %s is %s: taking the registry's; validate writes both",
                champion.label,
                pointer.name,
                pointed.label,
            )
    return champion
