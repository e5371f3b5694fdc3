"""The command `generate due`: on which days each DAG's next run would work, for `make plan`; nothing changes."""

from __future__ import annotations

import argparse
from datetime import date, timedelta
from typing import Any

import msgspec

from contract.config import Config
from contract.config.source import Files
from contract.due.arrived import committed, has_arrived
from contract.due.lacking import is_due, to_generate, to_predict
from contract.due.training import first_training_is_due
from contract.errors import StepError, UsageError
from contract.layout import Layout
from contract.steps.options import Command
from generate.status import asked


def _due(args: argparse.Namespace) -> None:
    print(msgspec.json.encode(due(*asked(args))).decode())


def due(config: Config, layout: Layout, last: date) -> dict[str, Any]:
    """What the DAGs' own first tasks would find in a run of the day `last`."""
    back = min(config.schedule.catch_up_days, (last - config.schedule.first_day).days)
    days = [(last - timedelta(days=number)).isoformat() for number in range(back, -1, -1)]
    coming = {lack.day: lack.why for lack in to_generate(config, layout, last)}
    unpredicted = {lack.day: lack.why for lack in to_predict(config, layout, last)}
    own = last.isoformat()
    if is_due(config, layout, last):
        coming.setdefault(own, "")
        unpredicted.setdefault(own, "")
    waits = [day for day in coming if isinstance(config.source, Files) and not has_arrived(layout, "inbox", day)]
    try:
        window, refused = [day.isoformat() for day in config.window(last)], ""
    except UsageError as error:
        window, refused = [], str(error)
    return {
        "day": own,
        "timezone": config.schedule.timezone,
        "generate": sorted(coming),
        "waits": waits,
        "predict": sorted(unpredicted),
        "predicted": [day for day in days if day not in unpredicted and committed(layout.predictions(day)) is not None],
        "there": [day for day in days if day not in coming and committed(layout.raw_data(day)) is not None],
        "window": window,
        "no_window": refused,
        "first_training": first_training_is_due(config, layout, last),
        "champion": _champion(config, layout),
    }


def _champion(config: Config, layout: Layout) -> dict[str, str]:
    """The model in use, since when, and why it cannot answer what `pipeline.toml` asks now; empty where it can."""
    from contract.models.ledger import champion_line  # noqa: PLC0415 - a day's work starts by this module as well

    try:
        line = champion_line(layout)
    except StepError as error:
        return {"label": "", "since": "", "misfit": str(error)}
    if line is None:
        return {}
    about = line.model.trained_for
    return {
        "label": line.model.label,
        "since": line.when,
        "misfit": (about.misfit(config) or "") if about is not None else "",
    }


DUE = Command(
    "due",
    "print, as JSON, on which days each DAG's next run would work: `make plan` reads it",
    add_options=lambda _: None,
    work=_due,
)
"""Tell what is due."""
