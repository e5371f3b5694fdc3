"""Predict one day: find the champion, see whether there is anything to do, and do it."""

from __future__ import annotations

import logging
import os
import time

import msgspec

from contract.champion import Champion
from contract.dataset import Dataset
from contract.manifest import Input
from contract.model_file import open_model
from contract.progress import progress
from contract.publish import DatasetWriter
from contract.recipe import Recipe
from contract.run import Run
from contract.seen import Seen
from predict.choice import champion_in_use
from predict.columns import check_key
from predict.model import features_of
from predict.report import report

# a batch lives several times here (rows, data frame, what the model makes of it): half of the usual size
BATCH_ROWS = 65_536

log = logging.getLogger("predict")


def work(run: Run) -> None:
    """Write predictions/<day> and reports/predict/<day>.

    Raises MissingInput without processed rows or without a champion, NotPermitted for a model file
    that must not be opened, DataError when model and rows do not fit, ConfigError for a key that
    predictions cannot have.
    """
    check_key(run.config)
    rows = Dataset.open(run.layout.processed(run.day))
    champion = champion_in_use(os.environ.get("MLFLOW_TRACKING_URI"), run.config.pipeline.name, run.layout.champion)
    recipe = _recipe(run, rows, champion)
    if not run.up_to_date(run.layout.predictions(run.day), recipe):
        _predict(run, recipe, rows, champion)
    # a dataset of its own, so that predictions do not change with the way in which they are looked at
    report(run, rows, champion)


def _recipe(run: Run, rows: Dataset, champion: Champion) -> Recipe:
    table = run.config.table
    settings = {
        "predictions": msgspec.to_builtins(run.config.predictions),
        "table": {"key": run.config.key, "target": table.target, "task": table.task, "positive": table.positive},
        "classes": run.config.columns[table.target].values,
        # in every row, and the same file may be registered twice
        "model": champion.label,
    }
    inputs = (rows.as_input(run.root), Input(champion.file, champion.sha256))
    return run.recipe(settings, *inputs, seen=Seen(champion=champion))


def _predict(run: Run, recipe: Recipe, rows: Dataset, champion: Champion) -> None:
    started = time.monotonic()
    model = open_model(run.root, champion, signed=run.config.training.sign)
    features = features_of(model, [field.name for field in rows.manifest.schema], champion.file)
    # after the cheap refusals: pandas takes half a second
    from analysis.formulas import without_formulas
    from predict.scoring import Scoring

    scoring = Scoring(model, features, run.config, champion.label)
    path = run.layout.predictions(run.day)
    with (
        DatasetWriter(path, form=run.config.predictions.format) as writer,
        progress("predict", rows.rows()) as tell,
    ):
        for batch in rows.batches([run.config.key, *features], batch_rows=BATCH_ROWS):
            scored = scoring.score(batch)
            writer.write(without_formulas(scored) if run.config.predictions.format == "csv" else scored)
            tell(batch.num_rows)
        classes = dict(sorted(scoring.classes.items()))
        counts = {"rows_in": rows.rows(), "rows_out": scoring.rows, "rejected": 0, "predicted": classes}
        notes = {"champion": msgspec.to_builtins(champion), "mean": scoring.means()}
        writer.publish(recipe, counts, run.provenance(), notes)
    said = ", ".join(f"{each} {count:,}" for each, count in classes.items())
    means = ", ".join(f"mean {column} {value:.4g}" for column, value in scoring.means().items())
    log.info(
        "%s: %s rows by champion %s%s%s, %.1f s",
        run.layout.name(path),
        f"{scoring.rows:,}",
        champion.label,
        f": {said}" if said else "",
        f"; {means}" if means else "",
        time.monotonic() - started,
    )
