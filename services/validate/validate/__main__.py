"""Reads models/<day>, the champion, processed/<day> of the window. Writes reports/train/<day>, ledger, pointer."""

from __future__ import annotations

import sys
from pathlib import Path

import analysis
from contract.steps import cli
from contract.steps.options import Step
from contract.steps.plan import PLAN
from validate.commands import COMMANDS
from validate.work import work

STEP = Step(
    name="validate",
    package=Path(__file__).parent,
    summary="Reads models/<day>, the champion, and the test rows of the window's processed days.\n"
    "Writes reports/train/<day> and a line of ledger.jsonl; models/champion.json when the model passes.",
    work=work,
    libraries=(Path(analysis.__file__).parent,),
    commands=(*COMMANDS, PLAN),
)


def main() -> int:
    """The step's command line; returns the exit code."""
    return cli.main(STEP)


if __name__ == "__main__":
    sys.exit(main())
