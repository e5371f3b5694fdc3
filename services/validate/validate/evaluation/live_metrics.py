"""Live metrics: the scores of a day's predictions, once the target of the day is known."""

from __future__ import annotations

import logging

import msgspec

from analysis.predicted_for import predicted_by
from contract.config import Config
from contract.datasets.dataset import Dataset
from contract.datasets.manifest import Manifest
from contract.datasets.publish import DatasetWriter
from contract.datasets.recipe import Recipe
from contract.errors import DataError, MissingInput
from contract.layout import Layout
from contract.pretty_json import pretty_json
from contract.steps.run import Run
from validate.evaluation.live_rows import CannotJoin, join
from validate.evaluation.metrics import metric_names, training_metric, values

SHOWN_DAYS = 60

log = logging.getLogger("validate")


class LiveMetrics(msgspec.Struct, frozen=True, kw_only=True):
    """The content of live.json: a model's scores on the day that it predicted."""

    day: str
    model: str
    """Training day and version, as the predictions name it; `unknown` where nothing tells."""
    metric: str
    """The one to look at first: the training's."""
    metrics: dict[str, float | None]
    """Empty where nothing was measured."""
    rows: int
    """Predicted rows whose target is known."""
    predicted: int
    reason: str | None = None
    """Why nothing was measured, and what to do; None when it was."""

    @property
    def value(self) -> float | None:
        """Of the first metric."""
        return self.metrics.get(self.metric)


def measure(predictions: Dataset, rows: Dataset, config: Config) -> LiveMetrics:
    """The live metrics of a day, or why its predictions cannot be judged by these rows.

    Raises DataError for files that are damaged.
    """
    metric, model = training_metric(config), predicted_by(predictions).label
    names = metric_names(config, metric)
    try:
        scored = join(predictions, rows, config)
    except CannotJoin as reason:
        return unmeasured(rows.path.name, config, str(reason), model=model, predicted=predictions.rows())
    return LiveMetrics(
        day=rows.path.name,
        model=model,
        metric=metric,
        metrics=values(names, scored, scored.scores.shape[1] if scored.scores.ndim > 1 else 0),
        rows=len(scored.target),
        predicted=predictions.rows(),
    )


def unmeasured(day: str, config: Config, reason: str, *, model: str = "unknown", predicted: int = 0) -> LiveMetrics:
    """The mark of a day that could not be measured."""
    metric = training_metric(config)
    return LiveMetrics(day=day, model=model, metric=metric, metrics={}, rows=0, predicted=predicted, reason=reason)


def publish(run: Run, recipe: Recipe, live: LiveMetrics) -> Manifest:
    """Write reports/live of the run's day."""
    with DatasetWriter(run.layout.report("live", run.day)) as writer:
        writer.file("live", "live.json").write_bytes(pretty_json(live))
        notes = {"model": live.model, "metric": live.metric, "value": live.value, "reason": live.reason}
        manifest = writer.publish(recipe, {"rows": live.rows, "predicted": live.predicted}, run.provenance(), notes)
    if live.reason is not None:
        log.warning("predictions/%s: not measured: %s", run.day, live.reason)
        return manifest
    number = "cannot be told" if live.value is None else f"{live.value:.4f}"
    log.info(
        "predictions/%s by %s: %s %s on %d rows with a target", run.day, live.model, live.metric, number, live.rows
    )
    return manifest


def read_live_metrics(layout: Layout, until: str) -> list[LiveMetrics]:
    """What is known about predictions up to a day, oldest first, of the last `SHOWN_DAYS` that have them.

    A report that cannot be read, or is an earlier version's, says so in place of its scores.
    """
    days = sorted(path.parent for path in (layout.reports / "live").glob("*/manifest.json"))
    known = []
    for directory in [day for day in days if day.name <= until][-SHOWN_DAYS:]:
        try:
            known.append(msgspec.json.decode(Dataset.open(directory).file("live").read_bytes(), type=LiveMetrics))
        except (DataError, MissingInput, OSError, msgspec.MsgspecError) as error:
            reason = f"{layout.name(directory)}: {error}; write it again: validate monitor --day {directory.name}"
            log.warning("%s", reason)
            known.append(
                LiveMetrics(
                    day=directory.name, model="unknown", metric="", metrics={}, rows=0, predicted=0, reason=reason
                )
            )
    return known
