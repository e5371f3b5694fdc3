"""Decide whether a day's model is to be judged; the judgement that stands decides how the run ends."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from analysis.record.trained_for import question
from analysis.window import training_days
from contract.config import Config
from contract.datasets.dataset import Dataset
from contract.datasets.recipe import Recipe
from contract.errors import GateRefused, MissingInput
from contract.models.ledger import champion_line, read
from contract.steps.run import Run
from validate.champion.ledger import answer_to
from validate.champion.lock import champion_lock
from validate.champion.store import ChampionStore, is_settled
from validate.live_work import update_live_metrics

if TYPE_CHECKING:
    from contract.steps.dry_run import DryRun


def work(run: Run) -> None:
    """Judge the model of a day once. Raises GateRefused whenever that judgement kept the champion."""
    model = _trained(run)
    days = training_days(run).days
    update_live_metrics(run)
    # The champion is no part of the recipe: a day is judged against the champion of its time, and that
    # judgement stands until model, rows or rules change, or somebody asks for another one with --force.
    recipe = run.recipe(_settings(run.config), *(dataset.as_input(run.root) for dataset in (model, *days)))
    manifest = run.up_to_date(run.layout.report("train", run.day), recipe)
    due = manifest is None or not is_settled(run.layout, run.config.pipeline.name)
    if due and run.dry_run is not None:
        _tell(run, run.dry_run, recipe, model, judged=manifest is not None)
    elif due:
        store = ChampionStore.of(run.root, run.config)
        with champion_lock(run.layout):
            champion = store.settle()
            if manifest is None:
                # only now the libraries: a day that is up to date must not pay for them
                from validate.judgement import judge

                manifest = judge(run, recipe, model, days, store, champion)
    if manifest is None:  # how it will be judged, only the judgement can tell
        return
    if manifest.notes["decision"] == "proposed":
        answer = answer_to(read(run.layout.ledger), run.day)
        if answer is not None and answer.decision == "refused":
            raise GateRefused(f"models/{run.day}: refused by {answer.by}: {answer.why}")
    elif manifest.notes["decision"] not in ("promoted", "proposed"):
        raise GateRefused(f"models/{run.day}: {manifest.notes['decision']}: {manifest.notes['why']}")


def _tell(run: Run, dry_run: DryRun, recipe: Recipe, model: Dataset, *, judged: bool) -> None:
    line = champion_line(run.layout)
    if judged:
        dry_run.would("validate", "correct pointer and alias", "they do not agree with the ledger")
        return
    if model.manifest.named("model"):  # of a model that is still to be trained there is nothing to refuse
        from validate.judgement import check_before

        check_before(run, model)
    rival = f"it is judged against the champion {line.model.label}" if line else "it is judged, there is no champion"
    dry_run.would_write(run, run.layout.report("train", run.day), recipe, why=rival)


def _trained(run: Run) -> Dataset:
    try:
        return Dataset.open(run.layout.model(run.day))
    except MissingInput:
        raise MissingInput(f"models/{run.day}: no model of this day; run train --day {run.day} first") from None


def _settings(config: Config) -> dict[str, Any]:
    """The part of the configuration that decides a judgement."""
    return {
        "gate": msgspec.to_builtins(config.gate),
        "decision": msgspec.to_builtins(config.decision),
        "seed": config.training.seed,
        **question(config),
    }
