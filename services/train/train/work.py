"""Train for one day: decide whether there is anything to do, and do it."""

from __future__ import annotations

from typing import Any

import msgspec

from analysis.record.trained_for import question
from analysis.window import training_days
from contract.config import Config
from contract.datasets.observed import Observed
from contract.steps.run import Run


def work(run: Run) -> None:
    """Write models/<day>, unless the model that is there was made from the same rows and settings.

    Raises MissingInput for days of the window that are not processed or have no target, if too few are left,
    ConfigError for candidates, a metric or a space that cannot be, DataError for rows that cannot train, Unavailable
    without the registry.
    """
    window = training_days(run)
    inputs = [day.as_input(run.root) for day in window.days]
    # a day that lacks, or has no rows, makes the step look again: by then it may have some, and trains
    observed = Observed() if len(inputs) == len(run.config.window(run.date)) else None
    recipe = run.recipe(_settings(run.config), *inputs, observed=observed)
    if run.up_to_date(run.layout.model(run.day), recipe):
        return
    from train.training import check_before, train  # noqa: PLC0415 - only a day that is due loads the libraries

    if run.dry_run is not None:
        check_before(run)
        counts = {"days": len(window.days), "rows_out": sum(day.rows() for day in window.days)}
        run.dry_run.would_write(run, run.layout.model(run.day), recipe, counts=counts)
        return
    train(run, recipe, window)


def _settings(config: Config) -> dict[str, Any]:
    """The part of the configuration that decides what a training gives."""
    # how many days are enough decides whether, not what
    training = msgspec.structs.replace(config.training, min_days=None)
    return {
        "features": {name: config.columns[name].type for name in config.features},
        **question(config),
        "training": msgspec.to_builtins(training),
        "decision": msgspec.to_builtins(config.decision),
    }
