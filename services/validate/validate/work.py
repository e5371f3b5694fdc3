"""Decide whether a day's model is to be judged; the judgement that stands decides how the run ends."""

from __future__ import annotations

from typing import Any

import msgspec

from analysis.record.trained_for import question
from analysis.window import training_days
from contract.config import Config
from contract.datasets.dataset import Dataset
from contract.errors import GateRefused, MissingInput
from contract.models.ledger import read
from contract.steps.run import Run
from validate.champion.ledger import answer_to
from validate.champion.lock import champion_lock
from validate.champion.store import ChampionStore, is_settled
from validate.live_work import update_live_metrics


def work(run: Run) -> None:
    """Judge the model of a day once. Raises GateRefused whenever that judgement kept the champion."""
    model = _trained(run)
    days = training_days(run).days
    update_live_metrics(run)
    # The champion is no part of the recipe: a day is judged against the champion of its time, and that
    # judgement stands until model, rows or rules change, or somebody asks for another one with --force.
    recipe = run.recipe(_settings(run.config), *(dataset.as_input(run.root) for dataset in (model, *days)))
    manifest = run.up_to_date(run.layout.report("train", run.day), recipe)
    if manifest is None or not is_settled(run.layout, run.config.pipeline.name):
        store = ChampionStore.of(run.root, run.config)
        with champion_lock(run.layout):
            champion = store.settle()
            if manifest is None:
                # only now the libraries: a day that is up to date must not pay for them
                from validate.judgement import judge

                manifest = judge(run, recipe, model, days, store, champion)
    if manifest.notes["decision"] == "proposed":
        answer = answer_to(read(run.layout.ledger), run.day)
        if answer is not None and answer.decision == "refused":
            raise GateRefused(f"models/{run.day}: refused by {answer.by}: {answer.why}")
    elif manifest.notes["decision"] not in ("promoted", "proposed"):
        raise GateRefused(f"models/{run.day}: {manifest.notes['decision']}: {manifest.notes['why']}")


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
