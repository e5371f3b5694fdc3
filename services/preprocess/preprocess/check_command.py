"""The command `preprocess check`: its options, and the start of its work."""

from __future__ import annotations

import argparse
import logging

from contract.steps.cli import open_run
from contract.steps.options import Command

_MOST = 5


def _add_options(parser: argparse.ArgumentParser) -> None:
    most = "rows shown of each rule (default: %(default)s)"
    parser.add_argument("--most", metavar="N", type=int, default=_MOST, help=most)
    parser.add_argument("--json", action="store_true", help="as JSON, for programs")


def _check(args: argparse.Namespace) -> None:
    from preprocess.rejections import show  # noqa: PLC0415 - a day's work starts by this module as well

    # what the check says of processed/<day> is of a dataset that goes when it is told
    logging.getLogger("preprocess").setLevel(logging.WARNING)
    show(open_run(args.step, args), most=args.most, as_json=args.json)


CHECK = Command(
    "check",
    "show which rows of a day would be rejected, by rule; stores nothing (of a file: ./microstep check FILE)",
    add_options=_add_options,
    work=_check,
)
"""Show what would be rejected."""
