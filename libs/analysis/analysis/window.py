"""The days that a training looks at; opening them loads no heavy library."""

from __future__ import annotations

from contract.datasets.dataset import Dataset
from contract.errors import MissingInput
from contract.steps.run import Run


def labelled_days(run: Run) -> list[Dataset]:
    """The processed days that a training of the run's day looks at, oldest first.

    Raises MissingInput that names the days which are not there, or have no target.
    """
    days = [day.isoformat() for day in run.config.window(run.date)]
    absent, datasets = [], []
    for day in days:
        try:
            datasets.append(Dataset.open(run.layout.processed(day)))
        except MissingInput:
            absent.append(day)
    if absent:
        raise MissingInput(
            f"{run.layout.name(run.layout.processed(absent[0]))}: not there; the window of {run.day} is {days[0]} to "
            f"{days[-1]} and lacks {', '.join(absent)}; run generate and preprocess for each, or lower "
            f"training.window_days; for example: preprocess --day {absent[0]}"
        )
    target = run.config.table.target
    unlabelled = [
        dataset.path.name for dataset in datasets if target not in {field.name for field in dataset.manifest.schema}
    ]
    if unlabelled:
        raise MissingInput(
            f"{run.layout.name(run.layout.processed(unlabelled[0]))}: no target for a day: {target!r} must be known "
            f"for every day of the window of {run.day} and is not for {', '.join(unlabelled)}; bring the labels, then "
            f"run generate and preprocess for these days, or raise training.target_delay_days"
        )
    return datasets
