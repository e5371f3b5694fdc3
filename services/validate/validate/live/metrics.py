"""Live metrics: the scores of a day's predictions, once the target of the day is known."""

from __future__ import annotations

import logging

import msgspec

from analysis.record import processed_for
from analysis.record.predicted_for import predicted_by
from analysis.record.trained_for import Rows, trained_for, unseen
from contract.config import Config
from contract.datasets.dataset import Dataset
from contract.datasets.manifest import Manifest
from contract.datasets.publish import DatasetWriter
from contract.datasets.recipe import Recipe
from contract.errors import DataError, MissingInput
from contract.layout import Layout
from contract.models.champion import Champion
from contract.pretty_json import pretty_json
from contract.steps.run import Run
from validate.live.level import Standing, gate_score, standing
from validate.live.rows import CannotJoin, join
from validate.measures.metrics import metric_names, training_metric, values

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
    rows: int
    """Predicted rows whose target is known, and that are judged."""
    predicted: int
    part: Rows = "all"
    """Which rows are judged."""
    why: str | None = None
    """Why not all of them, and what to do."""
    refused: bool = False
    """None is judged since something is wrong with the predictions or the rows, not since the model knows them."""
    sha256: str | None = None
    """The model file's: without a registry all models of a day have one name. None in earlier versions' reports."""
    standing: Standing | None = None
    """To the gate's score of the model; None where nothing is measured, and in reports of earlier versions."""

    @property
    def value(self) -> float | None:
        """The value of the first metric."""
        return self.metrics.get(self.metric)


def measure(layout: Layout, predictions: Dataset, rows: Dataset, config: Config) -> LiveMetrics:
    """The live metrics of a day, or why its predictions cannot be judged by these rows.

    Raises DataError for files that are damaged.
    """
    model, day = predicted_by(predictions), rows.path.name
    try:
        part, why = judged(layout, model, rows, config)
        scored = None if part == "none" else join(predictions, rows, config, only_test=part == "test")
    except CannotJoin as reason:
        return unmeasured(day, config, str(reason), model=model.label, predicted=predictions.rows(), refused=True)
    if scored is None:
        return unmeasured(day, config, why, model=model.label, predicted=predictions.rows(), refused=False)
    metric = training_metric(config)
    classes = scored.scores.shape[1] if scored.scores.ndim > 1 else 0
    return LiveMetrics(
        day=day,
        model=model.label,
        metric=metric,
        metrics=values(metric_names(config, metric), scored, classes),
        rows=len(scored.target),
        predicted=predictions.rows(),
        part=part,
        why=why,
        sha256=model.sha256,
        standing=standing(config, metric, scored, gate_score(layout.ledger, model, metric)),
    )


def fallen(live: list[LiveMetrics], model: Champion) -> str | None:
    """What to report about days on which a model's live score lay far below the gate's; None if there are none."""
    own = [day for day in live if day.model == model.label and day.sha256 in (None, model.sha256)]
    days = [day for day in own if day.standing and day.standing.level == "alarm"]
    if not days:
        return None
    last = days[-1]
    assert last.standing is not None
    more = f", and on {len(days) - 1} more of the days before" if len(days) > 1 else ""
    fell = f"The live score of the champion ({model.label}) fell far below the gate's"
    return f"{fell}: on {last.day} {last.standing.text}{more}."


def judged(layout: Layout, model: Champion, rows: Dataset, config: Config) -> tuple[Rows, str | None]:
    """Which rows of a predicted day tell how good a model is, and why not all of them.

    Raises CannotJoin for a processed day, or a model, that was made for something else than pipeline.toml asks now.
    """
    day, about = rows.path.name, trained_for(layout, model)
    if reason := processed_for.misfit(rows, config):
        raise CannotJoin(f"processed/{day} {reason}; make it again: preprocess --day {day}")
    if about is not None and (reason := about.other_question(config)):
        raise CannotJoin(f"the model {reason}; give it back, or with a model for it predict again: predict --day {day}")
    return unseen(layout, model, rows, config)


def unmeasured(
    day: str, config: Config, why: str | None, *, model: str = "unknown", predicted: int = 0, refused: bool = True
) -> LiveMetrics:
    """The mark of a day that could not be measured."""
    metric = training_metric(config)
    return LiveMetrics(
        day=day,
        model=model,
        metric=metric,
        metrics=dict.fromkeys(metric_names(config, metric)),
        rows=0,
        predicted=predicted,
        part="none",
        why=why,
        refused=refused,
    )


def publish(run: Run, recipe: Recipe, live: LiveMetrics) -> Manifest:
    """Write reports/live of the run's day."""
    with DatasetWriter(run.layout.report("live", run.day)) as writer:
        writer.file("live", "live.json").write_bytes(pretty_json(live))
        notes = {"model": live.model, "metric": live.metric, "value": live.value}
        notes |= {"part": live.part, "why": live.why, "refused": live.refused}
        if live.standing is not None:
            notes |= {"level": live.standing.level, "standing": live.standing.text}
        manifest = writer.publish(recipe, {"rows": live.rows, "predicted": live.predicted}, run.provenance(), notes)
    if live.part == "none":
        log.warning("predictions/%s by %s: not measured: %s", run.day, live.model, live.why)
        return manifest
    number = "cannot be told" if live.value is None else f"{live.value:.4f}"
    where = "of the test part, for the model was trained on this day" if live.part == "test" else "with a target"
    log.info("predictions/%s by %s: %s %s on %d rows %s", run.day, live.model, live.metric, number, live.rows, where)
    if live.standing is not None and live.standing.level == "alarm":
        log.warning("predictions/%s by %s: far below the gate's: %s", run.day, live.model, live.standing.text)
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
            why = f"{layout.name(directory)}: {error}; write it again: validate monitor --day {directory.name}"
            log.warning("%s", why)
            known.append(
                LiveMetrics(
                    day=directory.name,
                    model="unknown",
                    metric="",
                    metrics={},
                    rows=0,
                    predicted=0,
                    part="none",
                    why=why,
                    refused=True,
                )
            )
    return known
