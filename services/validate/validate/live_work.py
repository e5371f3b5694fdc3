"""Decide for which predicted days live metrics are due: their target has arrived since they were predicted."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import msgspec

from analysis.processed_for import check
from analysis.trained_for import question, split
from contract.config import Config
from contract.datasets.dataset import Dataset
from contract.days import parse_day
from contract.errors import MissingInput
from contract.steps.run import Run

MARGIN_DAYS = 60
"""Beyond training.target_delay_days, how far back a validation looks for predictions whose target has arrived.

A day that is measured already costs it a look at three manifests.
"""


def update_live_metrics(run: Run) -> None:
    """Write reports/live of all days up to the run's whose target has arrived, as far back as it can be on time."""
    back = run.config.training.target_delay_days + MARGIN_DAYS
    earliest = run.date - run.config.schedule.first_day
    first = (run.date - min(timedelta(days=back), earliest)).isoformat()
    for path in sorted((run.root / "predictions").glob("*/manifest.json")):
        if first <= (day := path.parent.name) <= run.day:
            _work(replace(run, date=parse_day(day), force=False), explicit=False)


def monitor(run: Run) -> None:
    """Write reports/live of one day.

    Raises MissingInput when there are no predictions, or no target yet, DataError for a processed day that was made for
    something else than pipeline.toml asks now.
    """
    if not run.layout.predictions(run.day).is_dir():
        raise MissingInput(f"predictions/{run.day}: no predictions of this day; run predict --day {run.day} first")
    if not _work(run, explicit=True):
        raise MissingInput(
            f"processed/{run.day}: {run.config.table.target!r} is not known yet; bring the labels, "
            f"then run generate and preprocess for this day"
        )


def _work(run: Run, *, explicit: bool) -> bool:
    """False when the target is not known yet; `explicit`: say so when the metrics are there already."""
    predictions = Dataset.open(run.layout.predictions(run.day))
    try:
        rows = Dataset.open(run.layout.processed(run.day))
    except MissingInput:
        return False
    # of a day that was made for another target, that one: it is told of, not taken for one without labels
    target = rows.manifest.settings.get("table", {}).get("target", run.config.table.target)
    if target not in {field.name for field in rows.manifest.schema}:
        return False
    if explicit:
        check(rows, run.config)
    recipe = run.recipe(_settings(run.config), predictions.as_input(run.root), rows.as_input(run.root))
    if not run.up_to_date(run.layout.report("live", run.day), recipe, explicit=explicit):
        # only now the libraries: most days are up to date
        from validate.evaluation.live_metrics import measure

        measure(run, recipe, predictions, rows)
    return True


def _settings(config: Config) -> dict[str, Any]:
    """The part of the configuration that decides the metrics."""
    return {
        "key": config.key,
        "split": msgspec.to_builtins(split(config)),
        **question(config),
        "metric": config.training.metric,
        "minimums": sorted(config.gate.minimums),
    }
