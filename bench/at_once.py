#!/usr/bin/env python3
"""Time two trainings at once against the same two one after the other, as the `process` runner has them.

usage: python3 bench/at_once.py [--rows 100000] [--runs 3]

The trainings are of equal size: those of bench/pipeline.py, on two data roots. The ratio is the median of the rounds'.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median

from pipeline import LABELLED, environments, inbox, machine, make_tables, step


def train(root: Path) -> None:
    """Train anew."""
    step("train", LABELLED, root, "--force")


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=float, default=1e5, help="of each day (default: 100000)")
    parser.add_argument("--runs", type=int, default=3, help="rounds (default: 3)")
    args = parser.parse_args()
    environments()
    after, together = [], []
    with tempfile.TemporaryDirectory() as scratch:
        tables = make_tables(args.rows, Path(scratch, "tables"))
        roots = [Path(scratch, name) for name in ("one", "other")]
        for root in roots:
            inbox(tables, root)
            for name in ("generate", "preprocess"):
                step(name, LABELLED, root)
        for _ in range(args.runs):
            begin = time.perf_counter()
            for root in roots:
                train(root)
            middle = time.perf_counter()
            with ThreadPoolExecutor() as threads:
                list(threads.map(train, roots))
            after.append(middle - begin)
            together.append(time.perf_counter() - middle)
            print(f"one after the other {after[-1]:.1f} s, at once {together[-1]:.1f} s", file=sys.stderr, flush=True)
    ratio = median(one / other for one, other in zip(together, after, strict=True))
    print(f"{int(args.rows):,} rows, {args.runs} rounds, {machine()}\n")
    print("| two trainings | seconds |\n|---|---|")
    print(f"| one after the other | {median(after):.1f} |\n| at once | {median(together):.1f} |\n")
    print(f"at once / one after the other: {ratio:.2f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
