"""A day's training, from the processed rows to the published model."""

from __future__ import annotations

import hashlib
import logging
import time
from typing import Any

import joblib
import msgspec

from analysis.drift.reference import build
from analysis.matrix import frame
from analysis.record.trained_for import record
from analysis.window import HeldOut, Window, held_out
from contract.datasets.files import sha256_of
from contract.datasets.publish import DatasetWriter
from contract.datasets.recipe import Recipe
from contract.datasets.staging import at_work
from contract.models.champion import TRAINED_FOR, Champion
from contract.models.model_file import signature, signing_key
from contract.models.registry import reach_registry
from contract.pretty_json import pretty_json
from contract.steps.run import Run
from train.blend import Blend
from train.candidates import check
from train.comparison.selection import best, compare
from train.fit import fit_all
from train.record.card import card, iterations, notes
from train.record.kept_fits import KeptFits
from train.rows import Rows, read
from train.threshold import choose, with_threshold

log = logging.getLogger("train")


def check_before(run: Run) -> tuple[bytes | None, bool]:
    """Refuse what can be refused before a row is read; returns the signing key, and whether there is a registry.

    Raises ConfigError for [training], NotPermitted without the key that it demands, Unavailable without the registry.
    """
    check(run.config)
    key = signing_key(demanded=run.config.training.sign)
    registered = reach_registry() is not None
    if not registered:
        log.warning("MLFLOW_TRACKING_URI is not set: the model is not registered, only written")
    return key, registered


def train(run: Run, recipe: Recipe, window: Window) -> None:
    """Compare the candidates, fit the best one on all days but those held out, publish and register it."""
    started = time.monotonic()
    path = run.layout.model(run.day)
    key, registered = check_before(run)
    days = window.days
    parted = held_out(run.config, days)
    fitted = parted.fitted
    _say(parted)
    # opened first: a directory where we must not write is found out before the fits, not after
    with DatasetWriter(path, keep_superseded=True) as writer:
        kept = None
        if registered:
            from train.record import registry  # noqa: PLC0415 - MLflow costs seconds, and not all need it

            # before the fits: what it refuses, or cannot do now, would cost all of them
            registry.prepare(run.config.pipeline.name, lambda day: day != run.day and at_work(run.layout.model(day)))
            kept = KeptFits(run, recipe, key)
        rows = read(fitted, run.config)
        seconds: dict[str, Any] = {"read": time.monotonic() - started}
        file = writer.file("model", "model.joblib")
        if kept is not None and (taken := kept.take(file)):
            model, content, fit_seconds = taken
        else:
            model, content, fit_seconds = _fit(run, rows, parted)
            joblib.dump(model, file)
            if kept is not None:
                kept.keep(file, content, fit_seconds)
        seconds |= fit_seconds
        content["window"]["left_out"] = window.left_out
        writer.file("card", "card.json").write_bytes(pretty_json(content))
        names = list(rows.by_day)
        reference = build(
            rows.columns,
            rows.days,
            run.config.training.seed,
            come_back=rows.come_back,
            day_names=names,
            day_rows=[day.rows() for day in days],
        )
        writer.file("reference", "reference.json").write_bytes(msgspec.json.encode(reference) + b"\n")
        counts = {"rows_in": rows.available, "rows": len(rows), "days": len(fitted), "rows_by_day": rows.by_day}
        signed = {} if key is None else {"signature": signature(sha256_of(file), key)}
        about = msgspec.to_builtins(record(run.config, names, parted.names, days))
        sealed = writer.seal(recipe, counts, notes(content) | signed | {TRAINED_FOR: about})
        # The registry first, the manifest last: whatever ends us in between leaves a version that nothing
        # points to, and no model of the day, so that the next run registers the fits that were kept.
        extra: dict[str, Any] = {}
        if registered:
            training = registry.Training(
                name=run.config.pipeline.name,
                card=content,
                seconds=seconds,
                tags=Champion.of(run.layout.name(path), sealed).tags(),
                origin=origin(run, recipe),
                days=[run.layout.name(day.path) for day in fitted],
                config_file=run.config_file,
            )
            examples = frame({name: column[: registry.EXAMPLE_ROWS] for name, column in rows.columns.items()})
            extra = registry.register(training, model, examples)
        writer.commit(sealed, run=run.provenance(seconds=seconds, **extra))
    if kept is not None:
        kept.forget()
    total = time.monotonic() - started
    won = f"{content['chosen']} won with {content['metric']} {notes(content)['cv']:.4f}"
    log.info("%s: %s on %d rows of %d days, in %.1f s", run.layout.name(path), won, len(rows), len(fitted), total)


def _fit(run: Run, rows: Rows, parted: HeldOut) -> tuple[Any, dict[str, Any], dict[str, Any]]:
    """Compare, and fit the best one: the model, its card, and what took how long."""
    results = compare(run.config, rows)
    chosen = best(results)
    fitting = time.monotonic()
    if chosen.members:
        fitted = [fit_all(member, run.config, rows, parted.fitted) for member in chosen.members]
        model = Blend.of(chosen.candidate, fitted, rows.target, run.config.training.seed).model
    else:
        model = fit_all(chosen.candidate, run.config, rows, parted.fitted)
    seconds = {
        "candidates": {result.candidate.name: result.seconds for result in results},
        "fit": time.monotonic() - fitting,
    }
    threshold = choose(run.config, chosen, rows)
    content = card(run.config, rows, results, chosen, parted, threshold=threshold, iterations=iterations(model))
    if threshold is not None:
        model = with_threshold(model, threshold, str(run.config.table.positive), rows)
    return model, content, seconds


def _say(parted: HeldOut) -> None:
    if parted.days:
        log.info("held out of the fit, for the judgement: %s (%s)", ", ".join(parted.names), parted.why)
    else:
        log.info("no day is held out of the fit: %s; models are judged on the test groups of all days", parted.why)


def origin(run: Run, recipe: Recipe) -> dict[str, str]:
    """Where a training comes from, as tags of its run in MLflow; `data` is a hash over the identities of its days."""
    provenance = run.provenance()
    inputs = msgspec.json.encode(list(recipe.inputs))
    tags = {"data": hashlib.sha256(inputs).hexdigest(), "code": recipe.code, "fingerprint": recipe.fingerprint}
    return tags | {name: provenance[name] for name in ("revision", "image") if provenance[name]}
