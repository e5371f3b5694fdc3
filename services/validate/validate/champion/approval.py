"""A person's word on a challenger that passed the gate (`gate.approval = "manual"`)."""

from __future__ import annotations

import logging
from pathlib import Path

import msgspec

from analysis import index
from contract.config import Config
from contract.errors import DataError, GateRefused, MissingInput
from contract.layout import Layout
from contract.ledger import Line, read
from validate.champion.ledger import append
from validate.champion.store import Throne, alone

log = logging.getLogger("validate")


def approve(root: Path, config: Config, throne: Throne, day: str, *, by: str, why: str) -> None:
    """Promote what was proposed on a day; nothing happens when that is done already.

    Raises MissingInput when nothing was proposed, DataError when that is answered otherwise or the champion is
    another one by now, and what opening the model's file raises.
    """
    from validate.evaluation.models import load

    layout = Layout(root)
    with alone(layout):
        champion = throne.champion()
        lines = read(layout.ledger)
        proposed, answer = _proposed(lines, day)
        if answer is not None and answer.decision == "promoted":
            throne.settle()  # whoever approved it may have been killed
            log.info("models/%s: approved already, by %s", day, answer.by)
            return
        if answer is not None:
            raise DataError(f"models/{day}: was refused by {answer.by}; judge it again: validate --force --day {day}")
        if (champion and champion.sha256) != (proposed.before and proposed.before.sha256):
            raise DataError(
                f"models/{day}: was compared with {_name(proposed)}, in use by now is "
                f"{champion.label if champion else 'none'}; judge it again: validate --force --day {day}"
            )
        load(root, proposed.model, signed=config.training.sign)
        throne.change(_answer(proposed, "promoted", by, why or "approved"))
    index.write(layout)
    log.info("in use now: %s, approved by %s", proposed.model.label, by)


def refuse(root: Path, day: str, *, by: str, why: str) -> None:
    """Keep the champion; raises GateRefused when that is on record, MissingInput or DataError as `approve` does."""
    layout = Layout(root)
    with alone(layout):
        proposed, answer = _proposed(read(layout.ledger), day)
        if answer is not None and answer.decision == "promoted":
            raise DataError(f"models/{day}: was approved by {answer.by}; to go back: validate rollback")
        append(layout.ledger, _answer(proposed, "refused", by, why or "refused"))
    raise GateRefused(f"models/{day}: refused by {by}: {why or 'no reason given'}")


def _proposed(lines: list[Line], day: str) -> tuple[Line, Line | None]:
    """The last proposal of a day, and what was said about the same model after it."""
    answer = None
    for line in reversed(lines):
        if line.day != day:
            continue
        if line.decision == "proposed":
            same = answer is not None and answer.model.sha256 == line.model.sha256
            return line, answer if same else None
        answer = line if line.decision in ("promoted", "refused") else answer
    raise MissingInput(f'models/{day}: nothing was proposed; gate.approval must be "manual" when validate runs')


def _answer(proposed: Line, decision: str, by: str, why: str) -> Line:
    fields = msgspec.structs.asdict(proposed) | {"decision": decision, "by": by, "why": why, "previous": "", "hash": ""}
    del fields["when"]
    return Line(**fields)


def _name(line: Line) -> str:
    return line.before.label if line.before else "no champion"
