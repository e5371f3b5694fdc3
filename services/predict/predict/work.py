"""Predict one day: find the champion, decide whether its predictions and their report are due, and have them made."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import msgspec

from analysis.record.predicted_for import predicted_for
from analysis.record.processed_for import check
from analysis.record.row_split import split
from contract.datasets.dataset import Dataset
from contract.datasets.manifest import Input
from contract.datasets.observed import Observed
from contract.datasets.recipe import Recipe
from contract.models.champion import Champion
from contract.steps.run import Run
from predict.champion_choice import champion_in_use
from predict.columns import check_key
from predict.drift.reference_files import of_columns, of_score

if TYPE_CHECKING:
    from contract.steps.dry_run import DryRun


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
        if run.dry_run is not None:
            _tell(run, run.dry_run, recipe, rows, champion)
        else:
            from predict.scoring import score  # noqa: PLC0415 - only a day that is due loads the libraries

            histograms = score(run, recipe, rows, champion)
    # a dataset of its own, so that predictions do not change with the way in which they are looked at
    recipe = _report_recipe(run, rows, champion)
    if not run.up_to_date(run.layout.report("predict", run.day), recipe):
        if run.dry_run is not None:
            run.dry_run.would_write(run, run.layout.report("predict", run.day), recipe)
            return
        from predict.report import report  # noqa: PLC0415 - only a day that is due loads the libraries

        report(run, recipe, rows, champion, histograms)


def _tell(run: Run, dry_run: DryRun, recipe: Recipe, rows: Dataset, champion: Champion) -> None:
    """Tell of predictions that would be written. Raises what is refused before the model is opened."""
    from contract.models.model_file import read_model  # noqa: PLC0415 - only a dry run tells
    from predict.model import check_fit  # noqa: PLC0415 - the same

    check_fit(run.layout, champion, run.config)
    read_model(run.root, champion, signed=run.config.training.sign)
    dry_run.would_write(run, run.layout.predictions(run.day), recipe, counts={"rows_out": rows.rows()})


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
    references = (of_columns(run.layout, champion), of_score(run.layout, champion))
    settings = {
        "task": run.config.table.task,
        "drift": msgspec.to_builtins(run.config.drift),
        "seed": run.config.training.seed,
        "split": msgspec.to_builtins(split(run.config)),
        # what could not be read may be there again
        "references": [found.file is not None for found in references],
    }
    inputs = [rows.as_input(run.root), predictions.as_input(run.root), Input(champion.file, champion.sha256)]
    # judged or trained again, they may be others
    inputs += [dataset for found in references for dataset in found.inputs]
    absent = tuple(name for found in references for name in found.absent)
    observed = Observed(champion=champion, absent=absent) if all(found.known for found in references) else None
    return run.recipe(settings, *inputs, observed=observed)
