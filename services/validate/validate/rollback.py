"""Go back to an earlier champion, once it has shown that it is still the model that it was."""

from __future__ import annotations

import logging
from pathlib import Path

from analysis import index
from contract.config import Config
from contract.errors import DataError, MissingInput, UsageError
from contract.layout import Layout
from validate.ledger import IN_USE, Line, in_use, read
from validate.promotion import Throne, alone

log = logging.getLogger("validate")


def rollback(root: Path, config: Config, throne: Throne, *, to: str | None, by: str, why: str) -> Line:
    """Put an earlier champion in use again: the one before, or the one with a version or training day `to`.

    Raises UsageError when there is none such, NotPermitted, MissingInput or DataError when its file or its golden
    rows are not what they were; nothing is changed then.
    """
    layout = Layout(root)
    with alone(layout):
        before = throne.champion()
        lines = read(layout.ledger)
        target = _target(lines, to)
        if before is not None and before.sha256 == target.model.sha256:
            raise UsageError(f"rollback: {target.model.label} is in use already")
        rows = _try_out(root, config, target)
        line = Line(
            by=by,
            decision="rolled_back",
            why=f"{why}; {rows} golden rows answered as on its promotion",
            day=target.day,
            before=before,
            model=target.model,
            metrics=target.metrics,
            golden=target.golden,
        )
        done = throne.change(line)
    index.write(layout)
    log.info(
        "in use now: %s, as before; %s is no longer. The next predict run scores with it",
        target.model.label,
        before.label if before else "nothing",
    )
    return done


def _target(lines: list[Line], to: str | None) -> Line:
    if to is None:
        stack = in_use(lines)
        if len(stack) < 2:
            raise UsageError("rollback: there is no champion before the one in use; see validate history")
        return stack[-2]
    for line in reversed(lines):
        if line.decision in IN_USE and to in (line.model.version, line.model.day):
            return line
    known = ", ".join(dict.fromkeys(line.model.label for line in lines if line.decision in IN_USE))
    raise UsageError(f"--to: must be the version or the training day of a champion ({known or 'none yet'}), got {to!r}")


def _try_out(root: Path, config: Config, target: Line) -> int:
    from validate.golden import check
    from validate.models import CannotCompare, load

    if target.golden is None:
        raise MissingInput(
            f"ledger: {target.model.label} was put in use by {target.by} without golden rows to try it on; "
            f"train and validate that day again"
        )
    try:
        model = load(root, target.model, signed=config.training.sign)
    except CannotCompare as error:
        from contract.errors import NotPermitted

        raise NotPermitted(str(error)) from None
    try:
        return check(root, target.golden, model, config)
    except (ValueError, TypeError, KeyError) as error:
        raise DataError(f"{target.model.file}: cannot score its golden rows: {error}") from error
