"""How many threads numeric libraries start, one for each processor that this process may use, and how they wait."""

from __future__ import annotations

import math
import os
from pathlib import Path

_QUOTAS = Path("/sys/fs/cgroup/cpu.max"), Path("/sys/fs/cgroup/cpu/cpu.cfs_quota_us")
"""Where a container finds its own limit, in cgroups of version 2 and 1."""


def set_threads() -> None:
    """Tell OpenMP, and with it OpenBLAS and Arrow, which count the machine's processors; what a user has set stays.

    They read it once: call this before any of them is imported.
    """
    os.environ.setdefault("OMP_NUM_THREADS", str(_processors()))
    # Threads that wait spin for milliseconds otherwise: on a machine that has other work, too, a fit takes several
    # times as long. So a few microseconds, after which they sleep: docs/decisions/0017.
    if "OMP_WAIT_POLICY" not in os.environ:
        os.environ.setdefault("GOMP_SPINCOUNT", "400")


def _processors() -> int:
    """How many this process may use: those that it may run on, or as many as its container's limit comes to."""
    here = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, math.ceil(min(here, _share())))


def _share() -> float:
    """The limit of this container in processors; infinite where there is none."""
    for file in _QUOTAS:
        try:
            words = file.read_text().split()
            quota, period = words if len(words) == 2 else (*words, file.with_name("cpu.cfs_period_us").read_text())
            return int(quota) / int(period) if int(quota) > 0 else math.inf
        except (OSError, ValueError):  # none of that version, or "max"
            continue
    return math.inf
