#!/usr/bin/env python3
"""How the steps grow with their rows: seconds and peak memory of each at several sizes, and the ratios between them.

usage: python3 bench/growth.py [1e6 5e6] [--runs 1] [--max-rows 500000]

The work is that of bench/pipeline.py, with a training that holds `training.max_rows` rows at most.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path
from statistics import median

from pipeline import Run, environments, machine, make_tables, pipeline


def table(runs: dict[int, list[Run]]) -> list[str]:
    """A line for each step: at each size, and the last against the first."""
    sizes = list(runs)
    heads = [f"{size:,} rows: seconds | peak MB" for size in sizes]
    lines = [f"| | {' | '.join(heads)} | time per row | memory |", "|---" * (2 * len(sizes) + 3) + "|"]
    for part in runs[sizes[0]][0].parts:
        seconds = [median(run.parts[part] for run in runs[size]) for size in sizes]
        peaks = [max(run.peaks[part] for run in runs[size]) for size in sizes]
        cells = " | ".join(f"{one:.1f} | {peak:,}" for one, peak in zip(seconds, peaks, strict=True))
        growth = seconds[-1] / seconds[0] * sizes[0] / sizes[-1]
        lines.append(f"| {part} | {cells} | {growth:.2f} | {peaks[-1] / peaks[0]:.2f} |")
    return lines


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sizes", type=float, nargs="*", default=[1e6, 5e6], help="rows (default: 1e6 5e6)")
    parser.add_argument("--runs", type=int, default=1, help="of each size (default: 1)")
    parser.add_argument("--max-rows", type=int, default=500_000, help="of the training (default: 500000)")
    args = parser.parse_args()
    environments()
    runs: dict[int, list[Run]] = {int(size): [] for size in args.sizes}
    with tempfile.TemporaryDirectory() as scratch:
        for size, repeats in runs.items():
            tables = make_tables(size, Path(scratch, str(size)))
            for number in range(args.runs):
                repeats.append(pipeline(tables, Path(scratch, "out"), f"max_rows = {args.max_rows}"))
                print(f"{size:,} rows, run {number + 1}: {repeats[-1].seconds:.1f} s", file=sys.stderr, flush=True)
    print(f"{args.runs} runs of each size, {machine()}\n")
    print("\n".join(table(runs)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
