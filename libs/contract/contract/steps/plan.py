"""The command `plan` of every step: dry runs of several days as lines of JSON, each building on the earlier ones.

`make plan` passes each step what the earlier steps printed, so that each decides as it will in the real run.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from contract.datasets.manifest import PLANNED
from contract.days import parse_day
from contract.errors import ExitCode, StepError, code_for
from contract.os_errors import explain
from contract.steps.cli import open_run, since_the_first
from contract.steps.options import Command
from contract.steps.run import Run

if TYPE_CHECKING:
    from contract.steps.dry_run import Told

# A day's work starts by this module, too: what the command alone needs is imported where it is called.


def _add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--days", metavar="YYYY-MM-DD", nargs="+", required=True, help="the days, in order")
    after = "standard input has what earlier steps printed: decide as if that had been done"
    parser.add_argument("--after", action="store_true", help=after)


def _plan(args: argparse.Namespace) -> None:
    import msgspec

    from contract.steps.dry_run import DryRun, Told, dry

    args.day = args.days[0]
    run = open_run(args.step, args)
    with dry():
        for line in sys.stdin if args.after else ():
            for intent in msgspec.json.decode(line, type=Told).intents:
                if intent.manifest is not None:
                    PLANNED[run.root / intent.what] = intent.manifest
        for day in args.days:
            told = _told(args.step.work, replace(run, date=parse_day(day), dry_run=DryRun()))
            print(msgspec.json.encode(told).decode(), flush=True)


def _told(work: Callable[[Run], None], run: Run) -> Told:
    from contract.steps.dry_run import Told

    code, error = ExitCode.DONE, ""
    try:
        since_the_first(run)
        work(run)
    except StepError as ended:
        code, error = ended.code, str(ended)
    except OSError as ended:
        code, error = code_for(ended), explain(ended, str(run.root))
    return Told(step=run.step, day=run.day, code=code, error=error, intents=run.dry_run.intents if run.dry_run else [])


PLAN = Command("plan", "print, as JSON, what dry runs of several days tell: `make plan` reads it", _add_options, _plan)
"""Of every step."""
