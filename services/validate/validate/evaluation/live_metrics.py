"""Live metrics: the scores of a day's predictions, once the target of the day is known."""

from __future__ import annotations

import logging
from pathlib import Path

import msgspec
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from analysis import processed_for
from analysis.formulas import with_formulas
from analysis.rows import classes
from analysis.trained_for import Rows, other_question, trained_for, unseen
from contract.config import Config
from contract.datasets.dataset import Dataset
from contract.datasets.publish import DatasetWriter
from contract.datasets.recipe import Recipe
from contract.errors import UsageError
from contract.layout import Layout
from contract.models.champion import Champion
from contract.pretty_json import pretty_json
from contract.steps.run import Run
from validate.evaluation.metrics import metric_names, training_metric, values
from validate.evaluation.scored_rows import ScoredRows

SHOWN_DAYS = 60

log = logging.getLogger("validate")


class LiveMetrics(msgspec.Struct, frozen=True, kw_only=True):
    """The content of live.json: a model's scores on the day that it predicted."""

    day: str
    model: str
    """Training day and version, as the predictions name it."""
    metric: str
    """The one to look at first: the training's."""
    metrics: dict[str, float | None]
    rows: int
    """Predicted rows whose target is known, and that are judged."""
    predicted: int
    part: Rows = "all"
    """Which rows are judged."""
    why: str | None = None
    """Why not all of them."""


def measure(run: Run, recipe: Recipe, predictions: Dataset, rows: Dataset) -> None:
    """Write reports/live of the run's day. Raises UsageError for predictions without scores."""
    metric = training_metric(run.config)
    names = metric_names(run.config, metric)
    model = msgspec.convert(predictions.manifest.notes["champion"], Champion)
    part, why = judged(run.layout, model, predictions, rows, run.config)
    scored = None if part == "none" else _joined(predictions, rows, run.config, only_test=part == "test")
    live = LiveMetrics(
        day=run.day,
        model=model.label,
        metric=metric,
        metrics=dict.fromkeys(names) if scored is None else values(names, scored, _width(scored)),
        rows=0 if scored is None else len(scored.target),
        predicted=predictions.rows(),
        part=part,
        why=why,
    )
    with DatasetWriter(run.layout.report("live", run.day)) as writer:
        writer.file("live", "live.json").write_bytes(pretty_json(live))
        notes = {"model": live.model, "metric": metric, "value": live.metrics[metric], "part": part, "why": why}
        writer.publish(recipe, {"rows": live.rows, "predicted": live.predicted}, run.provenance(), notes)
    if part == "none":
        log.warning("predictions/%s by %s: not measured: %s", run.day, live.model, why)
        return
    value = live.metrics[metric]
    number = "cannot be told" if value is None else f"{value:.4f}"
    where = "of the test part, for the model was trained on this day" if part == "test" else "with a target"
    log.info("predictions/%s by %s: %s %s on %d rows %s", run.day, live.model, metric, number, live.rows, where)


def judged(
    layout: Layout, model: Champion, predictions: Dataset, rows: Dataset, config: Config
) -> tuple[Rows, str | None]:
    """Which rows of a predicted day tell how good a model is, and why not all of them."""
    day, about, asked = rows.path.name, trained_for(layout, model), predictions.manifest.settings.get("table", {})
    if reason := processed_for.misfit(rows, config):
        return "none", f"processed/{day} {reason}; make it again: preprocess --day {day}"
    if asked.get("key", config.key) != config.key:
        return "none", f"it was predicted by the key {asked['key']}, pipeline.toml: table.key is {config.key}"
    if about is not None and (reason := other_question(about, config)):
        return "none", f"the model {reason}"
    return unseen(layout, model, day, config)


def _width(scored: ScoredRows) -> int:
    return scored.scores.shape[1] if scored.scores.ndim > 1 else 0


def read_live_metrics(layout: Layout, until: str) -> list[LiveMetrics]:
    """What is known about predictions up to a day, oldest first, of the last `SHOWN_DAYS` that have them."""
    days = sorted(path.parent for path in (layout.reports / "live").glob("*/manifest.json"))[-SHOWN_DAYS:]
    files = [Dataset.open(day).file("live") for day in days if day.name <= until]
    return [msgspec.json.decode(file.read_bytes(), type=LiveMetrics) for file in files]


def _joined(predictions: Dataset, rows: Dataset, config: Config, *, only_test: bool) -> ScoredRows:
    """Predictions and target of the rows that have both, joined by their key; `only_test`: of the test part."""
    class_names, target, key = classes(config), config.table.target, config.key
    truth = pa.Table.from_batches(rows.batches([key, target, *(["split"] if only_test else [])]))
    if only_test:
        truth = truth.filter(pc.equal(truth.column("split").cast("string"), "test")).drop_columns(["split"])
    truth = truth.filter(pc.is_valid(truth.column(target)))
    predicted = _read(predictions, truth.schema.field(key))
    index_in_truth = pc.index_in(predicted.column(key), value_set=truth.column(key))
    in_both = pc.is_valid(index_in_truth)
    predicted, index_in_truth = predicted.filter(in_both), index_in_truth.filter(in_both)
    y_true, y_pred = truth.column(target).take(index_in_truth), predicted.column("prediction")
    if not class_names:
        return ScoredRows(np.asarray(y_true.to_numpy(), dtype=np.float64), np.asarray(y_pred.to_numpy()))
    if "score" in predicted.column_names:
        positive = predicted.column("score").to_numpy()
        scores = np.column_stack([1 - positive, positive])
    elif f"score_{class_names[0]}" in predicted.column_names:
        scores = np.column_stack([predicted.column(f"score_{name}").to_numpy() for name in class_names])
    else:
        raise UsageError(f"predictions/{predictions.path.name}: has no scores; predict the day again")
    index = pd.Index(class_names, dtype=object)
    true_codes, predicted_codes = (
        index.get_indexer(np.asarray(column.cast("string").to_pylist(), dtype=object)) for column in (y_true, y_pred)
    )
    return ScoredRows(true_codes, scores, recorded=predicted_codes)


def _read(predictions: Dataset, key: pa.Field) -> pa.Table:
    """The predictions; in CSV the key could be taken for a number, so its type is given."""
    files = predictions.manifest.named("rows")
    if files and files[0].path.endswith(".csv"):
        types = pa.csv.ConvertOptions(column_types={key.name: key.type})
        tables = [pa.csv.read_csv(Path(predictions.path, file.path), convert_options=types) for file in files]
        return with_formulas(pa.concat_tables(tables))
    return pa.Table.from_batches(predictions.batches())
