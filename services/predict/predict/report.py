"""The report of a predicted day: reports/predict/<day>, a page and what was measured."""

from __future__ import annotations

import logging
import time
from pathlib import Path
from typing import Any

import numpy as np

from analysis import index, plots
from analysis.drift import Column, Finding, grouped
from analysis.page import render
from contract.datasets.dataset import Dataset
from contract.datasets.publish import DatasetWriter
from contract.datasets.recipe import Recipe
from contract.models.champion import Champion
from contract.pretty_json import pretty_json
from contract.steps.run import Run
from predict.drift import Drift, Histograms, measure_drift, reference_of, score_reference
from predict.score_rows import UnknownRows, score_rows

_TEMPLATE = Path(__file__).parent / "templates" / "predict.html"
MOST_PLOTS = 12
RECENT_DAYS = 30

log = logging.getLogger("predict")


def report(run: Run, recipe: Recipe, rows: Dataset, champion: Champion, histograms: Histograms | None) -> None:
    """Write reports/predict/<day>, and the page that lists all reports.

    `histograms`: of the rows, when they were counted already.
    """
    started = time.monotonic()
    predictions = Dataset.open(run.layout.predictions(run.day))
    drift, references, score = _measured(run, rows, predictions, champion, histograms)
    levels = {finding.name: finding.level for finding in drift.drifted()}
    directory = run.layout.report("predict", run.day)
    with DatasetWriter(directory) as writer:
        writer.file("drift", "drift.json").write_bytes(pretty_json(drift))
        html = _page(run, rows, predictions, champion, drift, references, score)
        writer.file("page", "report.html").write_text(html)
        notes: dict[str, Any] = {"drift": drift.level, "columns": levels, "champion": champion.label}
        writer.publish(recipe, {"rows": predictions.rows()}, run.provenance(), notes)
    index.write(run.layout)
    summary = ", ".join(f"{name} {level}" for name, level in levels.items()) or drift.without or "no column drifted"
    elapsed = time.monotonic() - started
    log.info("%s: drift %s (%s), %.1f s", run.layout.name(directory), drift.level, summary, elapsed)


def _measured(
    run: Run, rows: Dataset, predictions: Dataset, champion: Champion, histograms: Histograms | None
) -> tuple[Drift, dict[str, Column], Column | None]:
    """The drift, and what it was measured against: the columns of the training by name, and the score."""
    reference, reason = reference_of(run.layout, champion)
    if reference is None:
        log.warning("drift is not measured: %s", reason)
        return Drift(level="ok", columns=[], score=None, without=reason), {}, None
    score, only, why = score_reference(run.layout, champion), None, None
    if score is not None:
        try:
            only, why = score_rows(run.layout, champion, rows, run.config)
        except UnknownRows as reason:
            log.warning("the score's drift is not measured: %s", reason)
            score, why = None, f"not measured: {reason}"
    drift = measure_drift(reference, score, rows, predictions, histograms, only=only, why=why)
    return drift, {column.name: column for column in reference.columns}, score


def _page(
    run: Run,
    rows: Dataset,
    predictions: Dataset,
    champion: Champion,
    drift: Drift,
    references: dict[str, Column],
    score: Column | None,
) -> str:
    worst = [finding for finding in drift.columns if finding.level != "ok"] or drift.columns[:2]
    volume = _volume(run)
    return render(
        _TEMPLATE,
        name=run.config.pipeline.name,
        day=run.day,
        champion=champion,
        drift=drift,
        plots=[
            (finding, _distributions(f"c{number}", finding, references[finding.name]))
            for number, finding in enumerate(worst[:MOST_PLOTS])
        ],
        score_plot=_distributions("score", drift.score, score) if drift.score and score else None,
        counts=rows.manifest.counts,
        predicted=predictions.manifest.counts,
        means=predictions.manifest.notes["mean"],
        volume=volume,
        volume_plot=_volume_plot(volume),
        rows=rows.manifest,
        predictions=predictions.manifest,
    )


def _distributions(name: str, finding: Finding, reference: Column) -> Any:
    """The column in the training and on the day, over the same bins."""
    grouped_fractions = grouped(reference, np.array(finding.before), np.array(finding.now))
    before, now = (list(fractions) for fractions in grouped_fractions)
    labels = ["missing", *_labels(reference, len(before) - 1)]
    if len(labels) > 13:  # the categories that are left share the last bar
        before = [*before[:12], sum(before[12:])]
        now = [*now[:12], sum(now[12:])]
        labels = [*labels[:12], "(other)"]
    description = f"{finding.name}: training and this day"
    names = ("training", "this day")
    return plots.two_histograms(name, description, labels, before, now, names=names, x=finding.name)


def _labels(reference: Column, groups: int) -> list[str]:
    if reference.kind == "category":
        return [*reference.categories, "(other)"]
    bins = len(reference.counts) - 1
    starts = np.unique(np.linspace(0, bins, 10 + 1).astype(int)[:-1])[:groups]
    return [f"< {reference.edges[0]:.4g}" if not start else f"{reference.edges[start - 1]:.4g}" for start in starts]


def _volume(run: Run) -> list[tuple[str, int]]:
    """Rows of the last predicted days, this one last."""
    days = sorted(path.parent for path in (run.root / "predictions").glob("*/manifest.json"))
    recent = [day for day in days if day.name <= run.day][-RECENT_DAYS:]
    return [(day.name, Dataset.open(day).rows()) for day in recent]


def _volume_plot(volume: list[tuple[str, int]]) -> Any:
    days = np.array([np.datetime64(day) for day, _ in volume])
    rows = np.array([rows for _, rows in volume])
    return plots.lines("volume", "Predicted rows by day", [("", days, rows)], x="", y="rows", unit=False, markers=True)
