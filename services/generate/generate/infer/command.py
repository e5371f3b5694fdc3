"""The command `generate infer`: its options, and the start of its work."""

from __future__ import annotations

import argparse
from pathlib import Path

from contract.steps.options import Command


def _add_options(parser: argparse.ArgumentParser) -> None:
    """The options of `generate infer`."""
    files = "*.csv or *.parquet like the files that will arrive: one, several, or a folder of them"
    parser.add_argument("files", metavar="FILE", nargs="*", type=Path, help=files)
    query = "instead of files: SQL with :day for --first-day; MICROSTEP_SQL_URL_FILE names the database"
    parser.add_argument("--query", metavar="SQL", help=query)
    parser.add_argument("--target", metavar="COLUMN", required=True, help="the column to predict")
    parser.add_argument("--key", metavar="COLUMN", help="what identifies a row (default: a column that looks like it)")
    parser.add_argument(
        "--group", metavar="COLUMN", help="what a row belongs to (default: a column that looks like it)"
    )
    parser.add_argument("--name", metavar="NAME", help="the pipeline's name (default: that of the file or table)")
    default = "default: %(default)s"
    output = f"- for standard output; {default}"
    parser.add_argument("--output", metavar="FILE", type=Path, default=Path("pipeline.toml"), help=output)
    page = "a page of what was seen (default: beside --output, *.html; none for -)"
    parser.add_argument("--page", metavar="FILE", type=Path, help=page)
    first = "the schedule's first day (default: the first one in a column of dates; without one 2026-01-01)"
    parser.add_argument("--first-day", metavar="YYYY-MM-DD", help=first)
    # not the step's --force: its environment variable must never overwrite what somebody has edited
    parser.add_argument("--force", dest="overwrite", action="store_true", help="replace the outputs if they exist")


def _infer(args: argparse.Namespace) -> None:
    from generate.infer.inference import infer  # noqa: PLC0415 - a day's work starts by this module as well

    infer(args)


INFER = Command(
    "infer",
    "write a first pipeline.toml from files, a folder or a query",
    add_options=_add_options,
    work=_infer,
    step_options=False,
)
"""Write a first pipeline.toml from what is seen in a table."""
