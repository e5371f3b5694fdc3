"""The command `plan` of every step: dry runs of several days as lines of JSON, each on what the ones before would do.

`make plan` gives each step what the steps before it have printed, so that all decide as they will when it is done.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from typing import Any

import msgspec

from contract.datasets.manifest import PLANNED, Manifest
from contract.days import parse_day
from contract.errors import ExitCode, StepError
from contract.os_errors import explain
from contract.steps.cli import open_run, since_the_first
from contract.steps.dry_run import DryRun, Intent
from contract.steps.run import Run


class _Told(msgspec.Struct, kw_only=True):
    """One line."""

    step: str
    day: str
    code: int
    """The exit code that the run would end with, as far as it can be told before the work is done."""
    error: str
    intents: list[Intent]


def plan(args: argparse.Namespace) -> None:
    """Print what would be done for each of the days."""
    run = open_run(args.step, argparse.Namespace(**{**vars(args), "day": args.days[0]}))
    if args.after:
        for line in sys.stdin:
            for intent in msgspec.json.decode(line, type=_Told).intents:
                if intent.manifest is not None:
                    PLANNED[run.root / intent.what] = msgspec.convert(intent.manifest, Manifest)
    for day in args.days:
        print(msgspec.json.encode(_tell(args.step.work, replace(run, date=parse_day(day)))).decode(), flush=True)


def _tell(work: Any, run: Run) -> _Told:
    dry_run, code, error = DryRun(), ExitCode.DONE, ""
    try:
        since_the_first(run)
        work(replace(run, dry_run=dry_run))
    except StepError as ended:
        code, error = ended.code, str(ended)
    except OSError as ended:
        code, error = ExitCode.IO, explain(ended, str(run.root))
    return _Told(step=run.step, day=run.day, code=code, error=error, intents=dry_run.intents)
