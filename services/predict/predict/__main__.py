"""Reads processed/<day> and the champion. Writes predictions/<day> and reports/predict/<day>."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import analysis
from contract import cli
from contract.options import Command, Step
from contract.visible import visible
from predict.work import work


def trace(args: argparse.Namespace) -> None:
    """Print where a day's predictions come from. Raises DataError when a link does not hold."""
    import msgspec

    from contract.errors import DataError
    from predict.trace import links as tracing

    run = cli.open_run(STEP, args)
    links = tracing.trace(run.layout, run.day, run.code, sign=run.config.training.sign)
    print(visible(msgspec.json.encode(links).decode()) if args.json else tracing.tree(links))
    if found := tracing.broken(links):
        first = f"{found[0].what} is {found[0].state}: {found[0].detail}"
        raise DataError(f"predictions/{run.day}: {len(found)} of {len(links)} links do not hold, first: {first}")


def _trace_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="for machines")


STEP = Step(
    name="predict",
    package=Path(__file__).parent,
    summary="Reads processed/<day> and the champion: the one that ledger.jsonl put in use last.\n"
    "Writes predictions/<day>: key, prediction, scores and model of each row; reports/predict/<day>: drift.",
    work=work,
    libraries=(Path(analysis.__file__).parent,),
    commands=(
        Command("trace", "print where a day's predictions come from, every hash checked", _trace_options, trace),
    ),
)


def main() -> int:
    """The step's command line; returns the exit code."""
    return cli.main(STEP)


if __name__ == "__main__":
    sys.exit(main())
