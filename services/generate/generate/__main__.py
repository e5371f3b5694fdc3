"""Reads inbox/<day>/, a database, or nothing (made-up rows). Writes raw/<day>/data and raw/<day>/target."""

from __future__ import annotations

import sys
from pathlib import Path

from contract.steps import cli
from contract.steps.options import Step
from contract.steps.plan import PLAN
from generate.infer.command import INFER
from generate.labels.command import LABELS
from generate.plans.due import DUE
from generate.split.command import SPLIT
from generate.status import STATUS
from generate.work import work

STEP = Step(
    name="generate",
    package=Path(__file__).parent,
    summary='Reads inbox/<day>/ (source.kind = "files"), a database ("sql") or nothing ("synthetic").\n'
    "Writes raw/<day>/data, and raw/<day>/target once there are labels.",
    work=work,
    commands=(INFER, SPLIT, LABELS, STATUS, DUE, PLAN),
)


def main() -> int:
    """The step's command line; returns the exit code."""
    return cli.main(STEP)


if __name__ == "__main__":
    sys.exit(main())
