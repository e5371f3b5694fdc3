"""Reads models/<day>, the champion, processed/<day> of the window. Writes reports/train/<day>, ledger, pointer."""

from __future__ import annotations

import sys
from pathlib import Path

import analysis
from contract.cli import Step
from contract.cli import main as run_step
from validate.work import work


def main() -> int:
    """Run the step; the exit code."""
    step = Step(
        name="validate",
        package=Path(__file__).parent,
        summary="Reads models/<day>, the champion, and the test rows of the window's processed days.\n"
        "Writes reports/train/<day> and a line of ledger.jsonl; models/champion.json when the model passes.",
        work=work,
        libraries=(Path(analysis.__file__).parent,),
    )
    return run_step(step)


if __name__ == "__main__":
    sys.exit(main())
