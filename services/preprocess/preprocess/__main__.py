"""Reads raw/<day>/data and raw/<day>/target. Writes processed/<day>."""

from __future__ import annotations

import sys
from pathlib import Path

from contract.steps import cli
from contract.steps.options import Step
from contract.steps.plan import PLAN
from preprocess.check_command import CHECK
from preprocess.work import work

STEP = Step(
    name="preprocess",
    package=Path(__file__).parent,
    summary="Reads raw/<day>/data and, once there are labels, raw/<day>/target.\n"
    "Writes processed/<day>: typed rows with a stable split, rejected rows with their reasons, a profile.",
    work=work,
    commands=(CHECK, PLAN),
)


def main() -> int:
    """The step's command line; returns the exit code."""
    return cli.main(STEP)


if __name__ == "__main__":
    sys.exit(main())
