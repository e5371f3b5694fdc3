"""Predict one day: find the champion, see whether there is anything to do, and do it."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Generator
from typing import TYPE_CHECKING

import msgspec

from analysis.rows import columns
from contract.champion import Champion
from contract.dataset import Dataset
from contract.manifest import Input
from contract.model_file import open_model
from contract.observed import Observed
from contract.progress import progress
from contract.publish import DatasetWriter
from contract.recipe import Recipe
from contract.run import Run
from predict.champion_choice import champion_in_use
from predict.columns import check_key
from predict.model import check_target, features_of
from predict.report import report

if TYPE_CHECKING:
    import pyarrow as pa

    from predict.drift import Counted

log = logging.getLogger("predict")


def work(run: Run) -> None:
    """Write predictions/<day> and reports/predict/<day>.

    Raises MissingInput without processed rows or without a champion, NotPermitted for a model file
    that must not be opened, DataError when model and rows do not fit, ConfigError for a key that
    predictions cannot have.
    """
    check_key(run.config)
    rows = Dataset.open(run.layout.processed(run.day))
    champion = champion_in_use(os.environ.get("MLFLOW_TRACKING_URI"), run.config.pipeline.name, run.layout)
    recipe = _recipe(run, rows, champion)
    counted = None
    if not run.up_to_date(run.layout.predictions(run.day), recipe):
        counted = _predict(run, recipe, rows, champion)
    # a dataset of its own, so that predictions do not change with the way in which they are looked at
    report(run, rows, champion, counted)


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
    return run.recipe(settings, *inputs, observed=Observed(champion=champion))


def _predict(run: Run, recipe: Recipe, rows: Dataset, champion: Champion) -> Counted | None:
    """Write the predictions; what drift asks of the rows is counted on the way, while they are at hand."""
    started = time.monotonic()
    check_target(run.layout, champion, run.config)
    model = open_model(run.root, champion, signed=run.config.training.sign)
    features = features_of(model, [field.name for field in rows.manifest.schema], champion.file)
    # after the cheap refusals: pandas takes half a second
    from analysis.formulas import without_formulas
    from contract.prefetch import prefetch
    from predict.drift import Counted, reference_of, watched
    from predict.scorer import Scoring

    scoring = Scoring(model, run.config, champion.label)
    reference, _ = reference_of(run.layout, champion)
    watching = [] if reference is None else watched(reference, rows)
    counted = Counted(watching)
    wanted = list(dict.fromkeys([*features, *(each.name for each in watching)]))
    path = run.layout.predictions(run.day)
    with (
        DatasetWriter(path, form=run.config.predictions.format) as writer,
        progress("predict", rows.rows()) as advance,
    ):

        def scored() -> Generator[pa.RecordBatch, None, None]:
            for batch in prefetch(rows.batches([run.config.key, *wanted])):
                found = columns(batch, wanted)
                counted.add(found)
                yield scoring.score(batch, {name: found[name] for name in features})

        # three at a time: one batch is read, one is scored, one is written
        for batch in prefetch(scored()):
            writer.write(without_formulas(batch) if run.config.predictions.format == "csv" else batch)
            advance(batch.num_rows)
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
    return counted if reference is not None else None
