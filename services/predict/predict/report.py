"""The report of a predicted day: reports/predict/<day>, a page and what was measured."""

from __future__ import annotations

import logging
import time
from pathlib import Path
from typing import Any

import numpy as np

from analysis.drift.findings import Column, Finding, grouped
from analysis.pages import index, plots
from analysis.pages.page import render
from contract.datasets.dataset import Dataset
from contract.datasets.publish import DatasetWriter
from contract.datasets.recipe import Recipe
from contract.days import parse_day
from contract.errors import DataError, MissingInput, UsageError
from contract.models.champion import Champion
from contract.pretty_json import pretty_json
from contract.steps.run import Run
from predict.drift.day import Drift, Known, measure_drift, read_references
from predict.drift.histograms import Histograms
from predict.drift.score_rows import score_rows

_TEMPLATE = Path(__file__).parent / "templates" / "predict.html"
MOST_PLOTS = 12
RECENT_DAYS = 30
_AXES = {"days": ", in days from the start of the day", "clock": ", in days from midnight", "length": ", in characters"}
"""What the numbers of a measure are."""

NO_ROWS = Drift(level="unmeasured", columns=[], score=None, without="the day has no rows, on purpose")

log = logging.getLogger("predict")


def report(run: Run, recipe: Recipe, rows: Dataset, champion: Champion, histograms: Histograms | None) -> None:
    """Write reports/predict/<day>, and the page that lists all reports.

    `histograms`: of the rows, when they were counted already.
    """
    started = time.monotonic()
    predictions = Dataset.open(run.layout.predictions(run.day))
    known = read_references(run.layout, champion)
    if rows.rows():
        come_back = known.reference is not None and known.reference.come_back
        rows_of_score = score_rows(run.layout, champion, rows, run.config, come_back=come_back)
        drift = measure_drift(known, rows, predictions, histograms, run.config, rows_of_score)
    else:
        drift = NO_ROWS
    if drift.without:
        log.warning("drift is not measured: %s", drift.without)
    levels = drift.levels()
    directory = run.layout.report("predict", run.day)
    with DatasetWriter(directory) as writer:
        writer.file("drift", "drift.json").write_bytes(pretty_json(drift))
        html = _page(run, rows, predictions, champion, drift, known)
        writer.file("page", "report.html").write_text(html)
        notes = {"drift": drift.level, "columns": levels, "without": drift.without, "champion": champion.label}
        writer.publish(recipe, {"rows": predictions.rows()}, run.provenance(), notes)
    index.write(run.layout)
    summary = ", ".join(f"{name} {level}" for name, level in levels.items()) or "no column drifted"
    elapsed = time.monotonic() - started
    log.info("%s: drift %s (%s), %.1f s", run.layout.name(directory), drift.level, summary, elapsed)


def _page(
    run: Run,
    rows: Dataset,
    predictions: Dataset,
    champion: Champion,
    drift: Drift,
    known: Known,
) -> str:
    measured = [finding for finding in drift.columns if finding.level != "unmeasured"]
    worst = [finding for finding in measured if finding.level != "ok"] or measured[:2]
    references = {column.name: column for column in known.reference.columns} if known.reference else {}
    of_score = drift.score if drift.score and drift.score.level != "unmeasured" else None
    volume = _volume(run)
    return render(
        _TEMPLATE,
        name=run.config.pipeline.name,
        day=run.day,
        champion=champion,
        drift=drift,
        measured=bool(measured),
        plots=[
            (finding, _distributions(f"c{number}", finding, references[finding.name]))
            for number, finding in enumerate(worst[:MOST_PLOTS])
        ],
        score_plot=_distributions("score", of_score, known.score) if of_score and known.score else None,
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
    x = _AXES.get(reference.measure or "", "")
    return plots.two_histograms(name, description, labels, before, now, names=names, x=f"{finding.name}{x}")


def _labels(reference: Column, groups: int) -> list[str]:
    if reference.kind == "category":
        return [*reference.categories, "(other)"]
    bins = len(reference.counts) - 1
    if not reference.edges:  # the training had no value, or one alone
        return ["any value"]
    starts = np.unique(np.linspace(0, bins, 10 + 1).astype(int)[:-1])[:groups]
    return [f"< {reference.edges[0]:.4g}" if not start else f"{reference.edges[start - 1]:.4g}" for start in starts]


def _volume(run: Run) -> list[tuple[str, int]]:
    """Rows of the last predicted days, this one last; a day that is damaged, or somebody's own directory, has none."""
    volume: list[tuple[str, int]] = []
    for path in sorted((run.root / "predictions").glob("*/manifest.json"), reverse=True):
        try:
            day = parse_day(path.parent.name).isoformat()
            if day <= run.day and len(volume) < RECENT_DAYS:
                volume.append((day, Dataset.open(path.parent).rows()))
        except (UsageError, DataError, MissingInput) as error:
            log.warning("%s: not among the days of the page: %s", run.layout.name(path.parent), error)
    return volume[::-1]


def _volume_plot(volume: list[tuple[str, int]]) -> Any:
    days = np.array([np.datetime64(day) for day, _ in volume])
    rows = np.array([rows for _, rows in volume])
    return plots.lines("volume", "Predicted rows by day", [("", days, rows)], x="", y="rows", unit=False, markers=True)
