"""Which days of a window can train, whether they are enough, and when the first training is due."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

from contract.config import Config
from contract.due.arrived import answers, committed, has_arrived, is_empty
from contract.due.lacking import rows_are_there
from contract.errors import DataError, MissingInput, UsageError
from contract.layout import Layout
from contract.models.champion import about_of, read_champion
from contract.models.trained_for import TrainedFor

NO_DATA, NO_LABELS = "no data", "no labels"
"""Why a day of a window does not train."""
BETWEEN_FIRST_TRAININGS = 7
"""While there is no champion: days between a training and the next one that no schedule asks for."""


def lacking(config: Config, layout: Layout, day: date) -> dict[str, str]:
    """The days of the window of `day` whose raw data or labels are not there, with NO_DATA or NO_LABELS.

    Raises UsageError for a day without a window.
    """
    found = {}
    for within in config.window(day):
        name = within.isoformat()
        if not rows_are_there(config, layout, name):
            found[name] = NO_DATA
        elif not has_arrived(layout, "raw_target", name):
            found[name] = NO_LABELS
        elif (target := committed(layout.raw_target(name))) is not None and not answers(config, target):
            # of a target before
            found[name] = NO_LABELS
    return found


def described(left_out: Mapping[str, str]) -> str:
    """Days of a window that lack something, as people are told: `2026-01-03 (no labels)`."""
    return ", ".join(f"{day} ({why})" for day, why in sorted(left_out.items()))


def overdue(config: Config, day: date, left_out: Mapping[str, str]) -> set[str]:
    """Those without labels that a training of `day` no longer waits for."""
    patience = timedelta(days=config.label_days)
    return {name for name, why in left_out.items() if why == NO_LABELS and day - date.fromisoformat(name) >= patience}


def are_enough(config: Config, day: date, left_out: Mapping[str, str]) -> bool:
    """Whether a training of `day` may go on without these days of its window.

    With `training.min_days`, so many must be left (all, if the window is still shorter); without it, all but those
    whose labels are overdue. At least one day must be left.
    """
    days = len(config.window(day))
    if (least := config.training.min_days) is not None:
        return days - len(left_out) >= min(least, days)
    return len(left_out) < days and set(left_out) <= overdue(config, day, left_out)


def next_training(config: Config, layout: Layout, last: date) -> str:
    """Which days a training of `last` would use, as people are told."""
    try:
        days, left_out = config.window(last), lacking(config, layout, last)
    except UsageError as error:
        return f"none: {str(error).removeprefix('--day: ')}"
    text = f"of {last} would use {days[0]} to {days[-1]}, {len(days) - len(left_out)} of {len(days)} days are there"
    if not left_out:
        return text
    would = "goes on without" if are_enough(config, last, left_out) else "waits for"
    return f"{text}; {would} {described(left_out)}"


def first_whole_window(config: Config) -> date:
    """The first day whose training has a window that does not begin before there was data."""
    training = config.training
    return config.schedule.first_day + timedelta(days=training.window_days + training.target_delay_days - 1)


def first_training_is_due(config: Config, layout: Layout, last: date) -> bool:
    """Whether the window of `last` is complete, no champion is usable, and none was sought in the last week.

    One that was trained for another question than `pipeline.toml` asks now is not usable. One from a version that did
    not record its question is.
    """
    if champion_is_usable(config, layout) or last < first_whole_window(config):
        return False
    days = [(last - timedelta(days=back)).isoformat() for back in range(BETWEEN_FIRST_TRAININGS)]
    models = [committed(layout.model(day)) for day in days]
    if any(model is not None and _fits(config, about_of(model)) for model in models):
        return False
    left_out = lacking(config, layout, last)
    there = [committed(layout.raw_data(day.isoformat())) for day in config.window(last)]
    has_rows = any(data is not None and not is_empty(data) for data in there)
    return has_rows and len(left_out) < len(there) and set(left_out) <= overdue(config, last, left_out)


def champion_is_usable(config: Config, layout: Layout) -> bool:
    """Whether there is a champion for what `pipeline.toml` asks; predict reports a damaged pointer or a lost file."""
    try:
        return _fits(config, read_champion(layout.champion).trained_for)
    except MissingInput:
        return False
    except DataError:
        return True


def _fits(config: Config, about: TrainedFor | None) -> bool:
    return about is None or about.misfit(config) is None
