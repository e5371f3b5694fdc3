"""Check files like `pipeline.toml` before anything starts: python -m contract.config FILE [FILE ...].

Ends with 0, or as a step would: with 78 and a line for each that is wrong, with 66 when the last of them is not there.
"""

from __future__ import annotations

import sys
from pathlib import Path

from contract.config.parse import load
from contract.errors import StepError


def main(argv: list[str]) -> int:
    """The exit code."""
    code = 0
    for file in argv:
        try:
            load(Path(file))
        except StepError as error:
            print(error, file=sys.stderr)
            code = error.code
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
