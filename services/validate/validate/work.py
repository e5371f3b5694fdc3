"""A day's judgement, from the two models and the test rows to the champion.

What a promotion changes, in this order: a line of the ledger, the alias in the registry, the pointer,
last the manifest of the report. A run that is killed in between is finished by the next one: see `promotion`.
"""

from __future__ import annotations

import logging
import time
from pathlib import Path
from typing import Any

import msgspec

from analysis.window import labelled_days
from contract.champion import Champion
from contract.config import Config
from contract.dataset import Dataset
from contract.errors import DataError, GateRefused, MissingInput, Unavailable
from contract.layout import Layout
from contract.ledger import Line, champion_line, read
from contract.manifest import Input, Manifest
from contract.publish import DatasetWriter
from contract.recipe import Recipe
from contract.registry import NoAnswer, reach_registry, registered_champion
from contract.run import Run
from validate.monitor import course, monitor_all
from validate.promotion import Throne, alone, pointer_fits

ACCEPTED = ("promoted", "proposed")

log = logging.getLogger("validate")


def work(run: Run) -> None:
    """Judge the model of a day once. Raises GateRefused whenever that judgement kept the champion."""
    model = _trained(run)
    days = labelled_days(run)
    monitor_all(run)
    place = run.layout.report("train", run.day)
    # The champion is no part of the recipe: a day is judged against the champion of its time, and that
    # judgement stands until model, rows or rules change, or somebody asks for another one with --force.
    recipe = run.recipe(settings(run.config), *(each.as_input(run.root) for each in (model, *days)))
    manifest = run.up_to_date(place, recipe)
    if manifest is None or not settled(run):
        throne = throne_of(run.root, run.config)
        with alone(run.layout):
            champion = throne.settle()
            if manifest is None:
                manifest = _judge(run, place, recipe, model, days, throne, champion)
    if manifest.notes["decision"] not in ACCEPTED:
        raise GateRefused(f"models/{run.day}: {manifest.notes['decision']}: {manifest.notes['why']}")


def settled(run: Run) -> bool:
    """Whether alias and pointer say what the ledger says; asks without the registry's package, which costs seconds.

    Raises DataError as `champion_line` does.
    """
    line = champion_line(run.layout)
    if line is None or not pointer_fits(run.layout, line):
        return line is None
    try:
        address = reach_registry()
    except Unavailable as error:
        log.warning("%s; whether its alias is right is for the next run", error)
        return True
    if address is None:
        return True
    try:
        return registered_champion(address, run.config.pipeline.name).same_as(line.model)
    except NoAnswer:
        return line.model.version is None
    except DataError:  # somebody else's version
        return False


def throne_of(root: Path, config: Config) -> Throne:
    """Where it is written who the champion is. Raises Unavailable when there is a registry that does not answer."""
    registered = reach_registry() is not None
    if not registered:
        log.warning("MLFLOW_TRACKING_URI is not set: only models/champion.json tells of the champion")
    return Throne(Layout(root), config.pipeline.name, registered)


def settings(config: Config) -> dict[str, Any]:
    """The part of the configuration that decides a judgement."""
    table = config.table
    return {
        "gate": msgspec.to_builtins(config.gate),
        "decision": msgspec.to_builtins(config.decision),
        "seed": config.training.seed,
        "target": {"name": table.target, "task": table.task, "positive": table.positive},
        "classes": config.columns[table.target].values,
    }


def _trained(run: Run) -> Dataset:
    try:
        return Dataset.open(run.layout.model(run.day))
    except MissingInput:
        raise MissingInput(f"models/{run.day}: no model of this day; run train --day {run.day} first") from None


def _judge(
    run: Run, place: Path, recipe: Recipe, model: Dataset, days: list[Dataset], throne: Throne, before: Champion | None
) -> Manifest:
    from analysis import index
    from validate.compare import compare
    from validate.golden import take
    from validate.ledger import append, predecessor
    from validate.metrics import names
    from validate.page import page
    from validate.said import said_column

    started = time.monotonic()
    metric = model.manifest.notes["metric"]
    wanted = names(run.config, metric)
    challenger = Champion.of(run.layout.name(model.path), model.manifest)
    if before is not None and before.sha256 == challenger.sha256:
        # promoted by a run that was killed before it could say so, or judged again: the rival is the one before
        before = predecessor(read(run.layout.ledger), before)

    with DatasetWriter(place, keep_superseded=True) as writer:
        comparison = compare(run.root, run.config, metric, wanted, challenger, before, days)
        verdict = comparison.report
        writer.file("verdict", "verdict.json").write_bytes(
            msgspec.json.format(msgspec.json.encode(verdict), indent=2) + b"\n"
        )
        html, plots = page(run, comparison, model, days, course(run.layout, run.day))
        writer.file("page", "report.html").write_text(html)
        writer.file("scores", "scores.json").write_bytes(msgspec.json.encode(said_column(comparison)) + b"\n")
        accepted = verdict.decision in ACCEPTED
        if accepted:
            writer.write(take(comparison.model, days, run.config), role="golden")
        notes = {"decision": verdict.decision, "why": verdict.why, "metric": metric}
        sealed = writer.seal(recipe, {"test_rows": verdict.rows}, notes)
        if throne.registered and (tracked := model.manifest.run.get("mlflow_run")):
            from validate.tracking import track

            track(tracked, verdict, html, plots)
        golden = sealed.named("golden")
        line = Line(
            decision=verdict.decision,  # type: ignore[arg-type]
            why=verdict.why,
            day=run.day,
            before=before,
            model=challenger,
            metrics={
                "metric": metric,
                "challenger": verdict.challenger.metrics,
                "champion": verdict.champion and verdict.champion.metrics,
            },
            golden=Input(f"{run.layout.name(place)}/{golden[0].path}", golden[0].sha256) if golden else None,
        )
        # a promotion is only believed with its golden rows in place: commit puts files first, the manifest last
        writer.place(sealed)
        if verdict.decision == "promoted":
            throne.change(line)
        else:
            append(run.layout.ledger, line)
        seconds = time.monotonic() - started
        manifest = writer.commit(sealed, run=run.provenance(seconds=seconds))
    index.write(run.layout)
    log.info(
        "models/%s: %s on %d test rows, in %.1f s: %s", run.day, verdict.decision, verdict.rows, seconds, verdict.why
    )
    return manifest
