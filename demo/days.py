"""One step on several days in one process, so that its imports are paid once.

days.py STEP ROOT CONFIG DAY…

Runs in the environment of the step; ends with the first exit code that is not 0.
"""

from __future__ import annotations

import importlib
import sys


def main() -> int:
    """The exit code."""
    step, root, config, *days = sys.argv[1:]
    run = importlib.import_module(f"{step}.__main__").main
    for day in days:
        sys.argv = [step, "--day", day, "--data-root", root, "--config", config]
        if code := int(run()):
            return code
    return 0


if __name__ == "__main__":
    sys.exit(main())
