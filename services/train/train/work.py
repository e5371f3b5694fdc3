"""Train for one day: decide whether there is anything to do, and do it."""

from __future__ import annotations

from typing import Any

import msgspec

from analysis.record.trained_for import question
from analysis.window import labelled_days
from contract.config import Config
from contract.datasets.observed import Observed
from contract.steps.run import Run


def work(run: Run) -> None:
    """Write models/<day>, unless the model that is there was made from the same rows and settings.

    Raises MissingInput for a day of the window that is not processed or has no target, ConfigError for candidates,
    a metric or a space that cannot be, DataError for rows that cannot train, Unavailable without the registry.
    """
    days = labelled_days(run)
    recipe = run.recipe(_settings(run.config), *(day.as_input(run.root) for day in days), observed=Observed())
    if run.up_to_date(run.layout.model(run.day), recipe):
        return
    from train.training import train  # noqa: PLC0415 - only a day that is due loads the libraries

    train(run, recipe, days)


def _settings(config: Config) -> dict[str, Any]:
    """The part of the configuration that decides what a training gives."""
    return {
        "features": {name: config.columns[name].type for name in config.features},
        **question(config),
        "training": msgspec.to_builtins(config.training),
        "decision": msgspec.to_builtins(config.decision),
    }
