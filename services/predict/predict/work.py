"""Predict one day: find the champion, decide whether its predictions and their report are due, and have them made."""

from __future__ import annotations

import os

import msgspec

from analysis.predicted_for import predicted_for
from analysis.processed_for import check
from analysis.trained_for import split
from contract.datasets.dataset import Dataset
from contract.datasets.manifest import Input
from contract.datasets.observed import Observed
from contract.datasets.recipe import Recipe
from contract.errors import DataError, MissingInput
from contract.models.champion import Champion
from contract.steps.run import Run
from predict.champion_choice import champion_in_use
from predict.columns import check_key


def work(run: Run) -> None:
    """Write predictions/<day> and reports/predict/<day>.

    Raises MissingInput without processed rows or without a champion, NotPermitted for a model file
    that must not be opened, DataError when model, rows and pipeline.toml do not fit, ConfigError for a key that
    predictions cannot have.
    """
    check_key(run.config)
    rows = Dataset.open(run.layout.processed(run.day))
    check(rows, run.config)
    champion = champion_in_use(os.environ.get("MLFLOW_TRACKING_URI"), run.config.pipeline.name, run.layout)
    histograms = None
    recipe = _predictions_recipe(run, rows, champion)
    if not run.up_to_date(run.layout.predictions(run.day), recipe):
        from predict.scoring import score  # noqa: PLC0415 - only a day that is due loads the libraries

        histograms = score(run, recipe, rows, champion)
    # a dataset of its own, so that predictions do not change with the way in which they are looked at
    recipe = _report_recipe(run, rows, champion)
    if not run.up_to_date(run.layout.report("predict", run.day), recipe):
        from predict.report import report  # noqa: PLC0415 - only a day that is due loads the libraries

        report(run, recipe, rows, champion, histograms)


def _predictions_recipe(run: Run, rows: Dataset, champion: Champion) -> Recipe:
    settings = {
        "predictions": msgspec.to_builtins(run.config.predictions),
        **predicted_for(run.config),
        # in every row, and the same file may be registered twice
        "model": champion.label,
    }
    inputs = (rows.as_input(run.root), Input(champion.file, champion.sha256))
    return run.recipe(settings, *inputs, observed=Observed(champion=champion))


def _report_recipe(run: Run, rows: Dataset, champion: Champion) -> Recipe:
    predictions = Dataset.open(run.layout.predictions(run.day))
    inputs = [rows.as_input(run.root), predictions.as_input(run.root), Input(champion.file, champion.sha256)]
    reference = _reference_input(run, champion)
    absent = () if reference else (run.layout.name(run.layout.report("train", champion.day)),)
    observed = Observed(champion=champion, absent=absent)
    settings = {"task": run.config.table.task, "split": msgspec.to_builtins(split(run.config))}
    return run.recipe(settings, *inputs, *reference, observed=observed)


def _reference_input(run: Run, champion: Champion) -> list[Input]:
    """The report that holds the score's reference: judged again, it may be another one."""
    try:
        return [Dataset.open(run.layout.report("train", champion.day)).as_input(run.root)]
    except (MissingInput, DataError):
        return []
