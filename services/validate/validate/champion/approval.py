"""A person's word on a challenger that passed the gate (`gate.approval = "manual"`)."""

from __future__ import annotations

import logging
from pathlib import Path

import msgspec

from analysis.pages import index
from contract.config import Config
from contract.datasets.manifest import read_manifest
from contract.errors import DataError, GateRefused, MissingInput
from contract.layout import Layout
from contract.models.champion import Champion
from contract.models.ledger import Line, last_in_use, read
from validate.champion.ledger import JUDGED, append
from validate.champion.lock import champion_lock
from validate.champion.store import ChampionStore
from validate.evaluation.models import load_to_serve

log = logging.getLogger("validate")


def approve(root: Path, config: Config, store: ChampionStore, day: str, *, by: str, why: str) -> None:
    """Promote what was proposed on a day; nothing happens when it is in use already.

    Raises MissingInput if nothing was proposed; DataError if the proposal was answered differently, was approved but is
    no longer in use, is not the day's last judgement, or if champion or model have changed since; and what opening the
    model's file raises.
    """
    layout = Layout(root)
    with champion_lock(layout):
        champion = store.champion()
        lines = read(layout.ledger)
        proposed, answer = _proposed(lines, day)
        if champion is not None and champion.same_as(proposed.model):
            store.settle()  # whoever approved it may have been killed
            approved = f"approved already, by {answer.by}" if answer and answer.decision == "promoted" else ""
            log.info("models/%s: %s", day, approved or "in use already")
            return
        if answer is not None and answer.decision == "promoted":
            store.settle()
            raise DataError(f"models/{day}: was approved by {answer.by}, but {_since(lines)}; {_back(answer)}")
        if answer is not None:
            raise DataError(f"models/{day}: was refused by {answer.by}: {answer.why}; {_ways_on(answer)}")
        # the champion's own file, from a training that was made again, was compared with the one before
        rivals = {None if model is None else model.sha256 for model in (proposed.before, proposed.model)}
        if (champion and champion.sha256) not in rivals:
            raise DataError(
                f"models/{day}: was compared with {_name(proposed)}, in use by now is "
                f"{champion.label if champion else 'none'}; judge it again: validate --force --day {day}"
            )
        _must_be_the_days(layout, proposed)
        load_to_serve(root, proposed.model, config)
        store.change(_answer(proposed, "promoted", by, why or "approved"))
    index.write(layout)
    log.info("in use now: %s, approved by %s", proposed.model.label, by)


def refuse(root: Path, day: str, *, by: str, why: str) -> None:
    """Keep the champion; raises GateRefused when that is on record, MissingInput or DataError as `approve` does.

    Also raises DataError if the proposal is the champion by now, or was.
    """
    layout = Layout(root)
    with champion_lock(layout):
        lines = read(layout.ledger)
        proposed, answer = _proposed(lines, day)
        champion = last_in_use(lines)
        if champion is not None and champion.model.same_as(proposed.model):
            raise DataError(f"models/{day}: is in use, {_how(champion)}; to go back: validate rollback")
        if answer is not None and answer.decision == "promoted":
            raise DataError(
                f"models/{day}: was approved by {answer.by}, but {_since(lines)}, so there is nothing to refuse"
            )
        append(layout.ledger, _answer(proposed, "refused", by, why or "refused"))
    raise GateRefused(f"models/{day}: refused by {by}: {why or 'no reason given'}")


def _proposed(lines: list[Line], day: str) -> tuple[Line, Line | None]:
    """The last proposal of a day, and the last answer to it.

    Raises MissingInput when there is none, DataError when the day was judged otherwise since.
    """
    judged = [line for line in lines if line.day == day and line.decision in JUDGED]
    proposals = [index for index, line in enumerate(judged) if line.decision == "proposed"]
    if not proposals:
        raise MissingInput(f'models/{day}: nothing was proposed; gate.approval must be "manual" when validate runs')
    proposed, later = judged[proposals[-1]], judged[proposals[-1] + 1 :]
    for line in later:
        if line.decision == "undecided" or not line.model.same_as(proposed.model):
            raise DataError(
                f"models/{day}: the proposal is not the last judgement of the day, which is {judged[-1].decision}: "
                f"{judged[-1].why}; {_ways_on(judged[-1])}"
            )
    return proposed, later[-1] if later else None


def _since(lines: list[Line]) -> str:
    """What took the place of a model that was approved."""
    line = last_in_use(lines)
    assert line is not None  # the approval put one in use
    return f"{line.model.label} is in use since ({_how(line)}: {line.why})"


def _how(line: Line) -> str:
    return f"{line.decision.replace('_', ' ')} by {line.by}"


def _back(approved: Line) -> str:
    return f"to put it in use again: validate adopt --to {approved.model.sha256[:12]}"


def _ways_on(judged: Line) -> str:
    """What to do about a day's last judgement; to judge again may come to the same where the gate has refused."""
    again, adopt = f"judge it again: validate --force --day {judged.day}", f"adopt --to {judged.model.sha256[:12]}"
    if judged.by != "validate" or adopt in judged.why:
        return again
    return f"{again}, or put it in use whatever the gate says: validate {adopt}"


def _must_be_the_days(layout: Layout, proposed: Line) -> None:
    directory = layout.model(proposed.day)
    if not Champion.of(layout.name(directory), read_manifest(directory)).same_as(proposed.model):
        raise DataError(
            f"{layout.name(directory)}: was trained again since its proposal, and holds another model now; judge it "
            f"again: validate --day {proposed.day}"
        )


def _answer(proposed: Line, decision: str, by: str, why: str) -> Line:
    fields = msgspec.structs.asdict(proposed) | {"decision": decision, "by": by, "why": why, "previous": "", "hash": ""}
    del fields["when"]
    return Line(**fields)


def _name(line: Line) -> str:
    return line.before.label if line.before else "no champion"
