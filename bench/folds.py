#!/usr/bin/env python3
"""Time two fits one after the other, with a thread for every processor, against the two side by side, a thread each.

usage: python3 bench/folds.py   prints the table of docs/decisions/0068
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial

from pipeline import ROOT, machine


def fits(rows: int) -> tuple[float, float]:
    """The least of two rounds of each: one after the other, and side by side."""
    import numpy as np
    from sklearn.ensemble import HistGradientBoostingClassifier

    from train.comparison.side_by_side import side_by_side

    random = np.random.default_rng(0)
    matrix = np.asfortranarray(random.normal(size=(rows, 36)).astype(np.float32))
    matrix[:, 30:] = random.integers(0, 8, size=(rows, 6))
    target = matrix[:, 0] + matrix[:, 1] * matrix[:, 2] + random.normal(size=rows) > 0

    def fit(_: int) -> None:
        HistGradientBoostingClassifier(early_stopping=False, categorical_features=range(30, 36)).fit(matrix, target)

    def fit_two(at_once: int) -> None:
        list(side_by_side(fit, range(2), at_once))

    return least(partial(fit_two, 1)), least(partial(fit_two, 2))


def least(work: Callable[[], None]) -> float:
    """Of two rounds, in seconds."""
    seconds = []
    for _ in range(2):
        begin = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - begin)
    return min(seconds)


def main() -> None:
    """Print a line of the table, or all in a process each: OpenMP reads how long it spins only once."""
    if len(sys.argv) > 1:
        print("{:.1f} {:.1f}".format(*fits(int(sys.argv[1]))))
        return
    print(f"{machine()}\n\n| rows | `GOMP_SPINCOUNT` | one after the other | side by side |\n|---|---|---|---|")
    for rows in (400_000, 50_000):
        for spins in ("400", "10000"):
            settings = {"GOMP_SPINCOUNT": spins, "OMP_NUM_THREADS": str(os.cpu_count())}
            done = subprocess.run(
                [ROOT / ".venvs" / "train" / "bin" / "python", __file__, str(rows)],
                env=os.environ | settings | {"PYTHONPATH": f"{ROOT}/services/train"},
                check=True,
                capture_output=True,
                text=True,
            )
            print(f"| {rows:,} | {int(spins):,} | {' | '.join(done.stdout.split())} |", flush=True)


if __name__ == "__main__":
    main()
