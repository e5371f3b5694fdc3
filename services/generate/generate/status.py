"""The command `generate status`: what is missing by now, as the DAGs would find it. It changes nothing."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from contract.config import Config
from contract.config.parse import config_of, read
from contract.days import parse_day
from contract.due.lacking import not_there, out_of_reach, to_generate, to_predict
from contract.due.training import champion_is_usable, next_training
from contract.errors import StepError
from contract.layout import Layout
from contract.models.champion import read_champion
from contract.steps.cli import open_root
from contract.steps.options import Command


def asked(args: argparse.Namespace) -> tuple[Config, Layout, date]:
    """The pipeline, its data root, and the day as of which is asked: by default the last that is over there."""
    root, config = open_root(args), config_of(args.config, read(Path(args.config)))
    yesterday = datetime.now(ZoneInfo(config.schedule.timezone)).date() - timedelta(days=1)
    return config, Layout(root), parse_day(args.day) if args.day is not None else yesterday


def _status(args: argparse.Namespace) -> None:
    for name, text in _lines(*asked(args)):
        print(f"{name:<14}{text}")


def _lines(config: Config, layout: Layout, last: date) -> Iterator[tuple[str, str]]:
    yield "as of", f"{last}, the last day that is over in {config.schedule.timezone}"
    coming = to_generate(config, layout, last)
    yield from ((f"{lack.day}", f"to generate: {lack.why}") for lack in coming)
    # whose data comes first, which was said
    generated = {lack.day for lack in coming if not lack.anew}
    lacks = [lack for lack in to_predict(config, layout, last) if lack.day not in generated]
    yield from ((lack.day, f"to predict: {lack.why}") for lack in lacks)
    missing = [day for day in not_there(config, layout, last) if day not in generated]
    yield from ((day, "expected, and no data has come") for day in missing)
    if old := out_of_reach(config, layout, last, generated):
        span = old[0] if len(old) == 1 else f"{len(old)} days from {old[0]} to {old[-1]}"
        yield "inbox", f"has {span} that no scheduled run looks at any more: make backfill FROM={old[0]} TO={old[-1]}"
    if not (coming or lacks or missing or old):
        yield "days", "nothing lacks"
    yield "training", next_training(config, layout, last)
    if not champion_is_usable(config, layout):
        another = ", the one that is there was trained for another question" if layout.champion.exists() else ""
        yield "champion", f"none yet{another}"
    elif (gone := _lost_champion(layout)) is not None:
        way_out = "bring it back from a backup, or type validate rollback"
        yield "champion", f"{gone} is not there, predict and validate refuse: {way_out}"


def _lost_champion(layout: Layout) -> str | None:
    """The champion's file where it is gone; what is wrong with a pointer is for predict to tell."""
    try:
        file = read_champion(layout.champion).file
    except StepError:
        return None
    return None if (layout.root / file).is_file() else file


STATUS = Command(
    "status",
    "list what is missing now: days to generate or to predict, days without data, the window of the next training",
    add_options=lambda _: None,
    work=_status,
)
"""Tell what lacks."""
