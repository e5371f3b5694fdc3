"""Time, processor time and peak memory of each stage of a script (Linux)."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any


class Stages:
    """Collects the stages; `results` holds what else the script computed."""

    def __init__(self) -> None:
        self.rows: list[dict[str, Any]] = []
        self.results: dict[str, Any] = {}
        self._started = time.perf_counter()

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Measure what happens inside."""
        # the kernel then counts the peak anew: proc(5), /proc/pid/clear_refs
        with suppress(OSError):
            Path("/proc/self/clear_refs").write_text("5")
        wall, processor = time.perf_counter(), time.process_time()
        yield
        self.rows.append(
            {
                "stage": name,
                "seconds": round(time.perf_counter() - wall, 3),
                "cpu": round(time.process_time() - processor, 3),
                "megabytes": peak_megabytes(),
            }
        )

    def report(self) -> None:
        """Print everything as one line of JSON."""
        total = round(time.perf_counter() - self._started, 3)
        print(json.dumps({"seconds": total, "stages": self.rows, **self.results}), flush=True)


def peak_megabytes() -> int:
    """The peak of this process since it was last reset."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:")) // 1000
