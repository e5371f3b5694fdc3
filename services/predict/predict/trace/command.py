"""The command `predict trace`: its options, and what it prints."""

from __future__ import annotations

import argparse
import logging

import msgspec

from contract.errors import DataError
from contract.steps.cli import open_run
from contract.steps.options import Command
from contract.visible import visible
from predict.trace.links import Link, broken, moved_on, trace
from predict.trace.tree import tree

log = logging.getLogger("predict")


def _add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="as JSON, for programs")


def _trace(args: argparse.Namespace) -> None:
    """Print where a day's predictions come from. Raises DataError when the record does not hold: something is damaged.

    That a dataset was made again since, or pruned, is the course of things: it is said, and no failure.
    """
    run = open_run(args.step, args)
    links = trace(run.layout, run.day, run.code, sign=run.config.training.sign)
    print(visible(msgspec.json.encode(links).decode()) if args.json else tree(links))
    if failed := broken(links):
        mine = failed[0].subject.startswith(f"predictions/{run.day}/")
        again = f"; predict the day again: run predict --force --day {run.day}" if mine else ""
        raise DataError(
            f"predictions/{run.day}: {len(failed)} of {len(links)} links do not hold, first: {_said(failed[0])}{again}"
        )
    if moved := moved_on(links):
        log.warning(
            "predictions/%s: %d of %d links are no longer what they were when the day was predicted, first: %s",
            run.day, len(moved), len(links), _said(moved[0]),
        )  # fmt: skip


def _said(link: Link) -> str:
    return f"{link.subject} is {link.state}: {link.detail}"


TRACE = Command("trace", "print where a day's predictions come from, every hash checked", _add_options, _trace)
