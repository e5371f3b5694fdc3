"""The days that a training looks at, and the last of them, which it holds out; opening them loads no heavy library."""

from __future__ import annotations

import logging
import math
from collections import Counter
from dataclasses import dataclass

from analysis.record import processed_for
from contract.config import Config
from contract.datasets.dataset import Dataset
from contract.due.training import NO_DATA, NO_LABELS, are_enough, described
from contract.errors import MissingInput
from contract.steps.run import Run

WANTED_ROWS = 500
"""Labelled rows of the test part in time, if `training.test_days` is unset: enough to tell models apart."""
WANTED_RARER = 50
"""How many of them must not be of the most frequent class."""
SURE = 1.5
"""Times `gate.min_test_rows`: so many are expected, some days have fewer."""
LEAST_ROWS = 100
LEAST_DAYS = 3
"""Fewer days, or fewer rows in the last third of them, are not parted in time."""

log = logging.getLogger("window")


@dataclass(frozen=True)
class Window:
    """The days of a window that can train, oldest first, and those that lack something."""

    days: list[Dataset]
    left_out: dict[str, str]
    """Days that are expected to have data, each with why it is not among them: NO_DATA or NO_LABELS."""


@dataclass(frozen=True)
class HeldOut:
    """The days of a window that are fitted, and the last ones that are not."""

    fitted: list[Dataset]
    days: list[Dataset]
    why: str
    """Why so many."""

    @property
    def names(self) -> list[str]:
        """The days that are held out."""
        return [day.path.name for day in self.days]


def training_days(run: Run) -> Window:
    """The processed days that a training of the run's day looks at.

    Raises MissingInput that names the days which are not there, or have no target, unless the others are enough by
    `contract.due.training`, DataError for a day that was made for something else than pipeline.toml asks now.
    """
    left_out: dict[str, str] = {}
    datasets = []
    for day in (within.isoformat() for within in run.config.window(run.date)):
        try:
            datasets.append(Dataset.open(run.layout.processed(day)))
        except MissingInput:
            left_out[day] = NO_DATA
    # a day that is empty on purpose lacks nothing, and teaches nothing
    datasets = [dataset for dataset in datasets if dataset.rows()]
    _check(datasets, run.config)
    target = run.config.table.target
    labelled = [dataset for dataset in datasets if target in {field.name for field in dataset.manifest.schema}]
    left_out |= {dataset.path.name: NO_LABELS for dataset in datasets if dataset not in labelled}
    if not labelled or not are_enough(run.config, run.date, left_out):
        raise _too_few(run, left_out)
    if left_out:
        log.warning("trained without days of the window of %s: %s", run.day, described(left_out))
    return Window(labelled, dict(sorted(left_out.items())))


def _too_few(run: Run, left_out: dict[str, str]) -> MissingInput:
    window = [day.isoformat() for day in run.config.window(run.date)]
    least = run.config.training.min_days
    fewer = f"set training.min_days, now {'unset' if least is None else least}, for a training without them"
    if absent := [day for day in window if left_out.get(day) == NO_DATA]:
        return MissingInput(
            f"{run.layout.name(run.layout.processed(absent[0]))}: not there; the window of {run.day} is {window[0]} to "
            f"{window[-1]} and lacks {', '.join(absent)}; run generate and preprocess for each, lower "
            f"training.window_days, or {fewer}; for example: preprocess --day {absent[0]}"
        )
    if unlabelled := [day for day in window if day in left_out]:
        return MissingInput(
            f"{run.layout.name(run.layout.processed(unlabelled[0]))}: no target for a day: "
            f"{run.config.table.target!r} must be known for every day of the window of {run.day} and is not for "
            f"{', '.join(unlabelled)}; bring the labels, then run generate and preprocess for these days, raise "
            f"training.target_delay_days, or {fewer}"
        )
    return MissingInput(
        f"processed: no day of the window of {run.day}, {window[0]} to {window[-1]}, has a row; raise "
        "training.window_days, or bring days with rows"
    )


def held_out(config: Config, days: list[Dataset]) -> HeldOut:
    """The test part in time of a window, oldest day first: `training.test_days`, or as many as the rows allow.

    By the manifests' counts: the fewest last days with about `WANTED_ROWS` labelled rows of the test part, of which
    `WANTED_RARER`, and `SURE` times as many as the gate needs, are not of the most frequent class; at most a third of
    the window. None, where that third has too few for the gate: all days have three times as many. One day at least is
    always fitted.
    """
    asked, third = config.training.test_days, len(days) // 3
    if asked is not None:
        number = min(asked, len(days) - 1)
        short = f", of which the window of {len(days)} days leaves {number}" if number < asked else ""
        return _last(days, number, f"training.test_days = {asked}{short}")
    if len(days) < LEAST_DAYS:
        return _last(days, 0, f"the window has {len(days)} days, and {LEAST_DAYS} are needed to hold one out")
    rows = rarer = 0.0
    least = SURE * config.gate.min_test_rows
    for number in range(1, third + 1):
        rows, rarer = expected_rows(days[-number:], config)
        if rows >= WANTED_ROWS and rarer >= max(WANTED_RARER, least):
            return _last(days, number, f"they have about {rows:.0f} labelled test rows")
    if rows < LEAST_ROWS:
        return _last(days, 0, f"a third of the window has about {rows:.0f} labelled test rows, fewer than {LEAST_ROWS}")
    if rarer < least:
        few = f"a third of the window has about {rarer:.0f} labelled test rows of the rarer classes"
        return _last(days, 0, f"{few}, fewer than {least:.0f}, which gate.min_test_rows needs")
    return _last(days, third, f"a third of the window, with about {rows:.0f} labelled test rows")


def expected_rows(days: list[Dataset], config: Config) -> tuple[float, float]:
    """About how many labelled test rows some days have, and how many of them are not of the most frequent class.

    The second is infinite where the manifests do not tell, as for a regression.
    """
    counts = [day.manifest.counts for day in days]
    rows = sum(of_day.get("labelled", 0) for of_day in counts) * config.table.test_fraction
    if not all(of_day.get("labelled_by_class") for of_day in counts):
        return rows, math.inf
    by_class = sum((Counter(of_day["labelled_by_class"]) for of_day in counts), Counter[str]())
    return rows, (by_class.total() - max(by_class.values())) * config.table.test_fraction


def _last(days: list[Dataset], number: int, why: str) -> HeldOut:
    return HeldOut(days[: len(days) - number], days[len(days) - number :], why)


def _check(datasets: list[Dataset], config: Config) -> None:
    """Raise DataError for the first day that does not fit; say which were made by other rules."""
    other: dict[str, list[str]] = {}
    for dataset in datasets:
        processed_for.check(dataset, config, grouped=True)
        for rule in processed_for.other_rules(dataset, config):
            other.setdefault(rule, []).append(dataset.path.name)
    for rule, days in other.items():
        log.warning(
            "processed: %s was different for %s: rows that the current rule rejects may be among them; to apply it: "
            "preprocess --day %s",
            rule,
            f"{days[0]} to {days[-1]}" if len(days) > 1 else days[0],
            days[0],
        )
