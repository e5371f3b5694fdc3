"""A day's training, from the processed rows to the published model."""

from __future__ import annotations

import logging
import time
from pathlib import Path
from typing import Any

import msgspec

from contract.champion import Champion
from contract.config import Config
from contract.dataset import Dataset
from contract.frame import labelled_days
from contract.publish import DatasetWriter
from contract.recipe import Recipe
from contract.registry import reach_registry
from contract.run import Run

log = logging.getLogger("train")


def work(run: Run) -> None:
    """Find the challenger of a day, unless the one that is there was made from the same rows and settings."""
    days = labelled_days(run)
    place = run.layout.model(run.day)
    recipe = run.recipe(settings(run.config), *(day.as_input(run.root) for day in days))
    if not run.up_to_date(place, recipe):
        _train(run, place, recipe, days)


def settings(config: Config) -> dict[str, Any]:
    """The part of the configuration that decides what a training gives."""
    table = config.table
    return {
        "features": {name: config.columns[name].type for name in config.features},
        "target": {"name": table.target, "task": table.task, "positive": table.positive},
        "classes": config.columns[table.target].values,
        "training": msgspec.to_builtins(config.training),
        "decision": msgspec.to_builtins(config.decision),
        "drift": msgspec.to_builtins(config.drift),
    }


def _train(run: Run, place: Path, recipe: Recipe, days: list[Dataset]) -> None:
    import joblib
    from analysis.reference import build

    from train.candidates import check
    from train.card import card, notes
    from train.rows import read
    from train.search import best, compare, fit

    started = time.monotonic()
    check(run.config)
    registered = reach_registry() is not None
    if not registered:
        log.warning("MLFLOW_TRACKING_URI is not set: the model is not registered, only written")
    # opened first: a directory where we must not write is found out before the fits, not after
    with DatasetWriter(place, keep_superseded=True) as writer:
        rows = read(days, run.config)
        seconds: dict[str, Any] = {"read": time.monotonic() - started}
        results = compare(run.config, rows)
        seconds["candidates"] = {each.candidate.name: each.seconds for each in results}
        chosen = best(results)
        fitting = time.monotonic()
        model = fit(chosen.candidate, run.config.training.seed, rows)
        seconds["fit"] = time.monotonic() - fitting

        content = card(run.config, rows, results, chosen)
        joblib.dump(model, writer.file("model", "model.joblib"))
        writer.file("card", "card.json").write_bytes(
            msgspec.json.format(msgspec.json.encode(content), indent=2) + b"\n"
        )
        watched = {name: rows.frame[name].to_numpy() for name in rows.frame}
        reference = build(watched, rows.days, run.config.drift, run.config.training.seed)
        writer.file("reference", "reference.json").write_bytes(msgspec.json.encode(reference) + b"\n")
        counts = {"rows_in": len(rows.target), "days": len(days), "rows_by_day": rows.by_day}
        sealed = writer.seal(recipe, counts, notes(content))
        # The registry first, the manifest last: whatever ends us in between leaves a version that nothing
        # points to, and no model of the day, so that the next run does all of it again.
        extra: dict[str, Any] = {}
        if registered:
            from train.registry import register

            tags = Champion.of(run.layout.name(place), sealed).tags()
            extra = register(run.config.pipeline.name, model, rows.frame, content, seconds, tags)
        writer.commit(sealed, run=run.provenance(seconds=seconds, **extra))
    total = time.monotonic() - started
    won = f"{chosen.candidate.name} won with {content['metric']} {chosen.mean:.4f}"
    log.info("%s: %s on %d rows of %d days, in %.1f s", run.layout.name(place), won, len(rows.target), len(days), total)
