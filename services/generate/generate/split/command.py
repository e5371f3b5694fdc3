"""The command `generate split`: its options, and the start of its work."""

from __future__ import annotations

import argparse
from pathlib import Path

from contract.steps.options import Command


def _add_options(parser: argparse.ArgumentParser) -> None:
    """The options of `generate split`, besides --data-root and --config."""
    files = "files that hold the rows of many days, written as [source] says"
    parser.add_argument("files", metavar="FILE", nargs="+", type=Path, help=files)
    by = "a column of dates: each row goes to its own day in schedule.timezone"
    parser.add_argument("--by", metavar="COLUMN", help=by)
    count = (
        "N days from schedule.first_day on: with --by in the order of the dates and about as many rows each, "
        "without it by a hash of the key (without a key: of the row). With neither, what suits the table"
    )
    parser.add_argument("--days", metavar="N", type=int, help=count)
    most = "with neither --by nor --days: at most N days, none of them without a row"
    parser.add_argument("--at-most", metavar="N", type=int, help=most)
    undated = "the day for rows without a readable date (default: none; they are logged and kept beside the days)"
    parser.add_argument("--undated", metavar="YYYY-MM-DD", help=undated)


def _split(args: argparse.Namespace) -> None:
    from generate.split.split import split  # noqa: PLC0415 - a day's work starts by this module as well

    split(args)


SPLIT = Command(
    "split",
    "divide a table of many days into inbox/<day>/, with one file and a marker per day",
    add_options=_add_options,
    work=_split,
)
"""Put the rows of a table into the days that they belong to."""
