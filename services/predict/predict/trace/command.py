"""The command `predict trace`: its options, and what it prints."""

from __future__ import annotations

import argparse

import msgspec

from contract.errors import DataError
from contract.steps.cli import open_run
from contract.steps.options import Command
from contract.visible import visible
from predict.trace.links import broken, trace
from predict.trace.tree import tree


def _add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="for machines")


def _trace(args: argparse.Namespace) -> None:
    """Print where a day's predictions come from. Raises DataError when a link does not hold."""
    run = open_run(args.step, args)
    links = trace(run.layout, run.day, run.code, sign=run.config.training.sign)
    print(visible(msgspec.json.encode(links).decode()) if args.json else tree(links))
    if failed := broken(links):
        first = f"{failed[0].subject} is {failed[0].state}: {failed[0].detail}"
        raise DataError(f"predictions/{run.day}: {len(failed)} of {len(links)} links do not hold, first: {first}")


TRACE = Command("trace", "print where a day's predictions come from, every hash checked", _add_options, _trace)
