"""The report of a predicted day: reports/predict/<day>, a page and what was measured."""

from __future__ import annotations

import logging
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from contract.champion import Champion
from contract.dataset import Dataset
from contract.errors import DataError, MissingInput
from contract.manifest import Input
from contract.observed import Observed
from contract.pretty_json import pretty_json
from contract.publish import DatasetWriter
from contract.run import Run

if TYPE_CHECKING:
    from analysis.drift import Column, Finding
    from predict.drift import Counted, Drift

_TEMPLATE = Path(__file__).parent / "templates" / "predict.html"
MOST_PLOTS = 12
RECENT_DAYS = 30

log = logging.getLogger("predict")


def report(run: Run, rows: Dataset, champion: Champion, counted: Counted | None) -> None:
    """Write reports/predict/<day>, unless it is up to date, and the page that lists all reports.

    `counted`: the rows by bin, when they were counted already.
    """
    predictions = Dataset.open(run.layout.predictions(run.day))
    place = run.layout.report("predict", run.day)
    inputs = [rows.as_input(run.root), predictions.as_input(run.root), Input(champion.file, champion.sha256)]
    reference = _reference_input(run, champion)
    absent = () if reference else (run.layout.name(run.layout.report("train", champion.day)),)
    observed = Observed(champion=champion, absent=absent)
    recipe = run.recipe({"task": run.config.table.task}, *inputs, *reference, observed=observed)
    if run.up_to_date(place, recipe):
        return
    from analysis import index

    started = time.monotonic()
    drift, columns, score = _measured(run, rows, predictions, champion, counted)
    with DatasetWriter(place) as writer:
        writer.file("drift", "drift.json").write_bytes(pretty_json(drift))
        html = _page(run, rows, predictions, champion, drift, columns, score)
        writer.file("page", "report.html").write_text(html)
        found = [*drift.columns, *([drift.score] if drift.score else [])]
        drifted = {each.name: each.level for each in found if each.level != "ok"}
        notes: dict[str, Any] = {"drift": drift.level, "columns": drifted, "champion": champion.label}
        writer.publish(recipe, {"rows": predictions.rows()}, run.provenance(), notes)
    index.write(run.layout)
    said = ", ".join(f"{name} {level}" for name, level in drifted.items()) or drift.without or "no column drifted"
    log.info("%s: drift %s (%s), %.1f s", run.layout.name(place), drift.level, said, time.monotonic() - started)


def _reference_input(run: Run, champion: Champion) -> list[Input]:
    """The report that holds the score's reference: judged again, it may be another one."""
    try:
        return [Dataset.open(run.layout.report("train", champion.day)).as_input(run.root)]
    except (MissingInput, DataError):
        return []


def _measured(
    run: Run, rows: Dataset, predictions: Dataset, champion: Champion, counted: Counted | None
) -> tuple[Drift, dict[str, Column], Column | None]:
    from predict.drift import Drift, reference_of, score_reference, watch

    reference, reason = reference_of(run.layout, champion)
    if reference is None:
        log.warning("drift is not measured: %s", reason)
        return Drift(level="ok", columns=[], score=None, without=reason), {}, None
    score = score_reference(run.layout, champion)
    drift = watch(reference, score, rows, predictions, counted)
    return drift, {column.name: column for column in reference.columns}, score


def _page(
    run: Run,
    rows: Dataset,
    predictions: Dataset,
    champion: Champion,
    drift: Drift,
    columns: dict[str, Column],
    score: Column | None,
) -> str:
    from analysis.page import render

    worst = [each for each in drift.columns if each.level != "ok"] or drift.columns[:2]
    plots = [
        (each, _distributions(f"c{place}", each, columns[each.name])) for place, each in enumerate(worst[:MOST_PLOTS])
    ]
    volume = _volume(run)
    return render(
        _TEMPLATE,
        name=run.config.pipeline.name,
        day=run.day,
        champion=champion,
        drift=drift,
        drifted=[each for each in [*drift.columns, *([drift.score] if drift.score else [])] if each.level != "ok"],
        plots=plots,
        score_plot=_distributions("score", drift.score, score) if drift.score and score else None,
        counts=rows.manifest.counts,
        predicted=predictions.manifest.counts,
        means=predictions.manifest.notes["mean"],
        volume=volume,
        volume_plot=_volume_plot(volume),
        rows=rows.manifest,
        predictions=predictions.manifest,
    )


def _distributions(name: str, found: Finding, column: Column) -> Any:
    """The column in the training and on the day, over the same bins."""
    import numpy as np

    from analysis import plots
    from analysis.drift import grouped

    before, now = (list(each) for each in grouped(column, np.array(found.before), np.array(found.now)))
    labels = ["missing", *_labels(column, len(before) - 1)]
    if len(labels) > 13:  # the words that are left share the last bar
        before = [*before[:12], sum(before[12:])]
        now = [*now[:12], sum(now[12:])]
        labels = [*labels[:12], "(other)"]
    return plots.two_histograms(
        name, f"{found.name}: training and this day", labels, before, now, names=("training", "this day"), x=found.name
    )


def _labels(column: Column, groups: int) -> list[str]:
    import numpy as np

    if column.kind == "category":
        return [*column.words, "(other)"]
    bins = len(column.counts) - 1
    starts = np.unique(np.linspace(0, bins, 10 + 1).astype(int)[:-1])[:groups]
    return [f"< {column.edges[0]:.4g}" if not start else f"{column.edges[start - 1]:.4g}" for start in starts]


def _volume(run: Run) -> list[tuple[str, int]]:
    """Rows of the last predicted days, this one last."""
    days = sorted(path.parent for path in (run.root / "predictions").glob("*/manifest.json"))
    found = [day for day in days if day.name <= run.day][-RECENT_DAYS:]
    return [(day.name, Dataset.open(day).rows()) for day in found]


def _volume_plot(volume: list[tuple[str, int]]) -> Any:
    import numpy as np

    from analysis import plots

    days = np.array([np.datetime64(day) for day, _ in volume])
    rows = np.array([rows for _, rows in volume])
    return plots.lines("volume", "Predicted rows by day", [("", days, rows)], x="", y="rows", unit=False, markers=True)
