"""A day's judgement, from the two models and the test rows to the champion.

What a promotion changes, in this order: a line of the ledger, the alias in the registry, the pointer,
last the manifest of the report. Each of the first three may be done again without harm, and none
is believed without the last: a run that is killed in between is repaired by running it again.
"""

from __future__ import annotations

import fcntl
import logging
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec

from contract.champion import Champion, read_champion, write_champion
from contract.config import Config
from contract.dataset import Dataset
from contract.errors import GateRefused, MissingInput
from contract.frame import labelled_days
from contract.manifest import Manifest
from contract.publish import DatasetWriter
from contract.recipe import Recipe
from contract.registry import reach_registry
from contract.run import Run

log = logging.getLogger("validate")


def work(run: Run) -> None:
    """Judge the model of a day once. Raises GateRefused whenever that judgement kept the champion."""
    model = _trained(run)
    days = labelled_days(run)
    place = run.layout.report("train", run.day)
    # The champion is no part of the recipe: a day is judged against the champion of its time, and that
    # judgement stands until model, rows or rules change, or somebody asks for another one with --force.
    recipe = run.recipe(settings(run.config), *(each.as_input(run.root) for each in (model, *days)))
    manifest = run.up_to_date(place, recipe)
    if manifest is None or (manifest.notes["decision"] == "promoted" and not run.layout.champion.exists()):
        with _alone(model.path.parent):
            manifest = _judge(run, place, recipe, model, days)
    if manifest.notes["decision"] != "promoted":
        raise GateRefused(f"models/{run.day}: {manifest.notes['decision']}: {manifest.notes['why']}")


def settings(config: Config) -> dict[str, Any]:
    """The part of the configuration that decides a judgement."""
    table = config.table
    return {
        "gate": msgspec.to_builtins(config.gate),
        "target": {"name": table.target, "task": table.task, "positive": table.positive},
        "classes": config.columns[table.target].values,
    }


def _trained(run: Run) -> Dataset:
    try:
        return Dataset.open(run.layout.model(run.day))
    except MissingInput:
        raise MissingInput(f"models/{run.day}: no model of this day; run train --day {run.day} first") from None


def _judge(run: Run, place: Path, recipe: Recipe, model: Dataset, days: list[Dataset]) -> Manifest:
    from validate.compare import compare
    from validate.ledger import Line, predecessor, record
    from validate.metrics import names

    started = time.monotonic()
    metric = model.manifest.notes["metric"]
    wanted = names(run.config, metric)
    registered = reach_registry() is not None
    if not registered:
        log.warning("MLFLOW_TRACKING_URI is not set: only models/champion.json tells of the champion")
    challenger = Champion.of(run.layout.name(model.path), model.manifest)
    before = _in_use(run, registered)
    if before is not None and before.sha256 == challenger.sha256:
        # promoted by a run that was killed before it could say so, or judged again: the rival is the one before
        before = predecessor(run.layout.ledger, before)

    with DatasetWriter(place) as writer:
        verdict = compare(run.root, run.config, metric, wanted, challenger, before, days)
        writer.file("verdict", "verdict.json").write_bytes(
            msgspec.json.format(msgspec.json.encode(verdict), indent=2) + b"\n"
        )
        notes = {"decision": verdict.decision, "why": verdict.why}
        sealed = writer.seal(recipe, {"test_rows": verdict.rows}, notes)
        line = Line(
            decision=verdict.decision,
            why=verdict.why,
            day=run.day,
            before=before,
            model=challenger,
            metrics={
                "challenger": verdict.challenger.metrics,
                "champion": verdict.champion and verdict.champion.metrics,
            },
        )
        record(run.layout.ledger, line)
        if verdict.decision == "promoted":
            _promote(run, challenger, registered)
        manifest = writer.commit(sealed, run=run.provenance(seconds=time.monotonic() - started))
    seconds = time.monotonic() - started
    log.info(
        "models/%s: %s on %d test rows, in %.1f s: %s", run.day, verdict.decision, verdict.rows, seconds, verdict.why
    )
    return manifest


def _in_use(run: Run, registered: bool) -> Champion | None:
    """The champion: who has the alias, or else whom the pointer names."""
    if registered:
        from validate.registry import champion

        if (found := champion(run.config.pipeline.name)) is not None:
            return found
    try:
        return read_champion(run.layout.champion)
    except MissingInput:
        return None


def _promote(run: Run, challenger: Champion, registered: bool) -> None:
    if registered:
        from validate.registry import set_champion

        set_champion(run.config.pipeline.name, challenger.version)
    write_champion(run.layout.champion, challenger)


@contextmanager
def _alone(models: Path) -> Iterator[None]:
    """Only one validation decides at a time; another one waits."""
    handle = os.open(models, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
