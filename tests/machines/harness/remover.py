"""Waits until the tests have ended, however, and removes what a kill cannot: files and control groups.

Started by `world` with the folder and the name of the groups; its input is a pipe that ends with the tests.
"""

from __future__ import annotations

import shutil
import sys
import time
from contextlib import suppress
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from harness.engine import group_folders


def remove(state: Path, group: str) -> None:
    """Remove both; what still dies is waited for."""
    for _ in range(100):
        for folder in group_folders(group):
            with suppress(OSError):
                folder.rmdir()
        shutil.rmtree(state, ignore_errors=True)
        if not state.exists() and not group_folders(group):
            return
        time.sleep(0.2)


if __name__ == "__main__":
    sys.stdin.read()
    remove(Path(sys.argv[1]), sys.argv[2])
