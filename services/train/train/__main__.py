"""Reads processed/<day> for each day of the window. Writes models/<day>, and a version in the registry."""

from __future__ import annotations

import sys
from pathlib import Path

import analysis
from contract.steps import cli
from contract.steps.options import Step
from contract.steps.plan import PLAN
from train.work import work

STEP = Step(
    name="train",
    package=Path(__file__).parent,
    summary="Reads processed/<day> for each day of the window, the train rows that have a target.\n"
    "Writes models/<day>: the best candidate by cross-validation, and its card; a version in MLflow.",
    work=work,
    libraries=(Path(analysis.__file__).parent,),
    commands=(PLAN,),
)


def main() -> int:
    """The step's command line; returns the exit code."""
    return cli.main(STEP)


if __name__ == "__main__":
    sys.exit(main())
