"""Reads processed/<day> and the champion. Writes predictions/<day> and reports/predict/<day>."""

from __future__ import annotations

import sys
from pathlib import Path

import analysis
from contract.steps import cli
from contract.steps.options import Step
from contract.steps.plan import PLAN
from predict.trace.command import TRACE
from predict.work import work

STEP = Step(
    name="predict",
    package=Path(__file__).parent,
    summary="Reads processed/<day> and the champion: the one that ledger.jsonl put in use last.\n"
    "Writes predictions/<day>: key, prediction, scores and model of each row; reports/predict/<day>: drift.",
    work=work,
    libraries=(Path(analysis.__file__).parent,),
    commands=(TRACE, PLAN),
)


def main() -> int:
    """The step's command line; returns the exit code."""
    return cli.main(STEP)


if __name__ == "__main__":
    sys.exit(main())
