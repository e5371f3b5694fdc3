"""Check a `pipeline.toml` before anything starts: python -m contract.config FILE.

Ends with 0, or as a step would: with 78 and what is wrong, with 66 when there is no file.
"""

from __future__ import annotations

import sys
from pathlib import Path

from contract.config.parse import load
from contract.errors import StepError


def main(argv: list[str]) -> int:
    """The exit code."""
    try:
        load(Path(argv[0]))
    except StepError as error:
        print(error, file=sys.stderr)
        return error.code
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
