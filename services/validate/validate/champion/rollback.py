"""Go back to an earlier champion, once it has shown that it is still the model that it was."""

from __future__ import annotations

import logging
from pathlib import Path

from analysis.pages import index
from contract.config import Config
from contract.datasets.manifest import Input
from contract.errors import DataError, MissingInput, UsageError
from contract.layout import Layout
from contract.models.ledger import IN_USE, Line, read
from validate.champion.ledger import golden_of, in_use
from validate.champion.lock import champion_lock
from validate.champion.lookup import look_up
from validate.champion.store import ChampionStore
from validate.evaluation.golden import check
from validate.evaluation.models import load_to_serve

log = logging.getLogger("validate")


def rollback(root: Path, config: Config, store: ChampionStore, *, to: str | None, by: str, why: str) -> Line:
    """Put an earlier champion in use again: the one before, or the one with a version or training day `to`.

    Raises UsageError when there is none such, or several, NotPermitted, MissingInput or DataError when its file or its
    golden rows are not what they were; nothing is changed then.
    """
    layout = Layout(root)
    with champion_lock(layout):
        before = store.champion()
        lines = read(layout.ledger)
        target = _target(lines, to)
        if before is not None and before.sha256 == target.model.sha256:
            raise UsageError(f"rollback: {target.model.label} is in use already")
        golden = target.golden or golden_of(lines, target.model)
        rows = _try_out(root, config, target, golden)
        line = Line(
            by=by,
            decision="rolled_back",
            why=f"{why}; {rows} golden rows answered as on its promotion",
            day=target.day,
            before=before,
            model=target.model,
            metrics=target.metrics,
            golden=golden,
            anchor=target.anchor,
        )
        done = store.change(line)
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
    served = [line for line in reversed(lines) if line.decision in IN_USE]
    model = look_up(to, (line.model for line in served), "a champion")
    return next(line for line in served if line.model.sha256 == model.sha256)


def _try_out(root: Path, config: Config, target: Line, golden: Input | None) -> int:
    if golden is None:
        raise MissingInput(
            f"ledger: {target.model.label} was put in use by {target.by} without golden rows to try it on; go back "
            f"further with --to, or put it in use untried: validate adopt --to {target.model.sha256[:12]}"
        )
    model = load_to_serve(root, target.model, config)
    try:
        return check(root, golden, model, config)
    except (ValueError, TypeError, KeyError) as error:
        raise DataError(f"{target.model.file}: cannot score its golden rows: {error}") from error
