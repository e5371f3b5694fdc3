"""How good predictions turned out to be, once their day's target is known."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from contract.champion import Champion
from contract.config import Config
from contract.dataset import Dataset
from contract.days import parse_day
from contract.errors import MissingInput, UsageError
from contract.layout import Layout
from contract.pretty_json import pretty_json
from contract.publish import DatasetWriter
from contract.run import Run

if TYPE_CHECKING:
    import pyarrow as pa

    from validate.evaluation.scored_rows import Outcome

LONGEST_DAYS = 60
"""How far back a validation looks for predictions whose target has arrived."""

log = logging.getLogger("validate")


class Live(msgspec.Struct, frozen=True, kw_only=True):
    """The content of live.json: a model's scores on the day that it predicted."""

    day: str
    model: str
    """Training day and version, as the predictions name it."""
    metric: str
    """The one to look at first: the training's."""
    metrics: dict[str, float | None]
    rows: int
    """Predicted rows whose target is known."""
    predicted: int


def monitor_all(run: Run) -> None:
    """Judge all predictions up to the run's day whose target has arrived, `LONGEST_DAYS` back."""
    first = (run.date - timedelta(days=LONGEST_DAYS)).isoformat()
    for path in sorted((run.root / "predictions").glob("*/manifest.json")):
        if first <= (day := path.parent.name) <= run.day:
            _monitor(replace(run, date=parse_day(day), force=False), told=False)


def monitor_day(run: Run) -> None:
    """Judge the predictions of one day. Raises MissingInput when there are none, or no target yet."""
    if not run.layout.predictions(run.day).is_dir():
        raise MissingInput(f"predictions/{run.day}: no predictions of this day; run predict --day {run.day} first")
    if not _monitor(run, told=True):
        raise MissingInput(
            f"processed/{run.day}: {run.config.table.target!r} is not known yet; bring the labels, "
            f"then run generate and preprocess for this day"
        )


def course(layout: Layout, until: str) -> list[Live]:
    """What is known about predictions up to a day, oldest first."""
    days = sorted(path.parent for path in (layout.reports / "live").glob("*/manifest.json"))[-LONGEST_DAYS:]
    files = [Dataset.open(day).file("live") for day in days if day.name <= until]
    return [msgspec.json.decode(file.read_bytes(), type=Live) for file in files]


def _monitor(run: Run, *, told: bool) -> bool:
    """False when the target is not known yet; `told`: say so when it was done already."""
    predictions = Dataset.open(run.layout.predictions(run.day))
    try:
        rows = Dataset.open(run.layout.processed(run.day))
    except MissingInput:
        return False
    if run.config.table.target not in {field.name for field in rows.manifest.schema}:
        return False
    place = run.layout.report("live", run.day)
    recipe = run.recipe(_settings(run.config), predictions.as_input(run.root), rows.as_input(run.root))
    if run.up_to_date(place, recipe, explicit=told):
        return True
    from validate.evaluation.metrics import first, names, values

    metric = first(run.config)
    outcome = _joined(predictions, rows, run.config)
    live = Live(
        day=run.day,
        model=msgspec.convert(predictions.manifest.notes["champion"], Champion).label,
        metric=metric,
        metrics=values(names(run.config, metric), outcome, outcome.scores.shape[1] if outcome.scores.ndim > 1 else 0),
        rows=len(outcome.target),
        predicted=predictions.rows(),
    )
    with DatasetWriter(place) as writer:
        writer.file("live", "live.json").write_bytes(pretty_json(live))
        notes = {"model": live.model, "metric": metric, "value": live.metrics[metric]}
        writer.publish(recipe, {"rows": live.rows, "predicted": live.predicted}, run.provenance(), notes)
    value = live.metrics[metric]
    number = "cannot be told" if value is None else f"{value:.4f}"
    log.info("predictions/%s by %s: %s %s on %d rows with a target", run.day, live.model, metric, number, live.rows)
    return True


def _settings(config: Config) -> dict[str, Any]:
    table = config.table
    return {
        "key": config.key,
        "target": {"name": table.target, "task": table.task, "positive": table.positive},
        "classes": config.columns[table.target].values,
        "metric": config.training.metric,
        "minimums": sorted(config.gate.minimums),
    }


def _joined(predictions: Dataset, rows: Dataset, config: Config) -> Outcome:
    """Predictions and target of the rows that have both, found by their key."""
    import numpy as np
    import pandas as pd
    import pyarrow as pa
    import pyarrow.compute as pc

    from analysis.rows import classes
    from validate.evaluation.scored_rows import Outcome

    known, target, key = classes(config), config.table.target, config.key
    truth = pa.Table.from_batches(rows.batches([key, target]))
    truth = truth.filter(pc.is_valid(truth.column(target)))
    said = _said(predictions, truth.schema.field(key))
    place = pc.index_in(said.column(key), value_set=truth.column(key))
    both = pc.is_valid(place)
    said, place = said.filter(both), place.filter(both)
    answers = truth.column(target).take(place)
    if not known:
        return Outcome(
            np.asarray(answers.to_numpy(), dtype=np.float64), np.asarray(said.column("prediction").to_numpy())
        )
    index = pd.Index(known, dtype=object)
    told = index.get_indexer(np.asarray(said.column("prediction").cast("string").to_pylist(), dtype=object))
    true = index.get_indexer(np.asarray(answers.cast("string").to_pylist(), dtype=object))
    if "score" in said.column_names:
        positive = said.column("score").to_numpy()
        scores = np.column_stack([1 - positive, positive])
    elif f"score_{known[0]}" in said.column_names:
        scores = np.column_stack([said.column(f"score_{name}").to_numpy() for name in known])
    else:
        raise UsageError(f"predictions/{predictions.path.name}: has no scores; predict the day again")
    return Outcome(true, scores, said=told)


def _said(dataset: Dataset, key: pa.Field) -> pa.Table:
    """The predictions; in CSV the key could be taken for a number, so its type is given."""
    import pyarrow as pa
    import pyarrow.csv

    from analysis.formulas import with_formulas

    files = dataset.manifest.named("rows")
    if files and files[0].path.endswith(".csv"):
        types = pa.csv.ConvertOptions(column_types={key.name: key.type})
        parts = [pa.csv.read_csv(Path(dataset.path, file.path), convert_options=types) for file in files]
        return with_formulas(pa.concat_tables(parts))
    return pa.Table.from_batches(dataset.batches())
