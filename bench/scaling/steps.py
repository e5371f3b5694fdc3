#!/usr/bin/env python3
"""What a row costs each step: processor seconds, and bytes of the data root.

usage: python3 bench/scaling/steps.py [1e5 1e6] [--held 2e4]

The table is that of bench/pipeline.py: 36 columns and the target, as Parquet. Each step is a process on one processor,
as its container has one, and without MLflow. The difference between two sizes counts, so what a start costs is not in
it; the training holds `training.max_rows`, and once, with the smaller size, all: that tells a row that is fitted.
"""

from __future__ import annotations

import argparse
import os
import resource
import shutil
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "bench"))

from pipeline import CHAIN, LABELLED, environments, inbox, make_tables, step  # noqa: E402 - the path comes first


def used() -> float:
    """Processor seconds of all processes that this one has started and that have ended."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return children.ru_utime + children.ru_stime


def chain(tables: Path, out: Path, training: str = "") -> dict[str, float]:
    """Processor seconds of each step, from nothing."""
    shutil.rmtree(out, ignore_errors=True)
    inbox(tables, out, training)
    found: dict[str, float] = {}
    for name, day in CHAIN:
        before = used()
        step(name, day, out)
        part = name if day == LABELLED or name == "predict" else f"{name}, new"
        found[part] = used() - before
        print(f"{tables.name} rows {training}: {part} {found[part]:.1f}", file=sys.stderr, flush=True)
    return found


def size(folder: Path) -> int:
    """Bytes of all files below a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def main() -> None:
    """Print the table and what follows."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sizes", type=float, nargs="*", default=[1e5, 1e6], help="rows (default: 1e5 1e6)")
    parser.add_argument("--held", type=float, default=2e4, help="training.max_rows (default: 2e4)")
    args = parser.parse_args()
    few, many, held = int(args.sizes[0]), int(args.sizes[1]), int(args.held)
    environments()
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    with tempfile.TemporaryDirectory(prefix="microstep-steps-") as scratch:
        tables = {rows: make_tables(rows, Path(scratch, str(rows))) for rows in (few, many)}
        out = Path(scratch, "out")
        small = chain(tables[few], out, f"max_rows = {held}")
        all_fitted = chain(tables[few], out)["train"]
        large = chain(tables[many], out, f"max_rows = {held}")
        data = {name: size(out / "data" / name / LABELLED) / many for name in ("inbox", "raw", "processed")}
        data["predictions"] = size(out / "data" / "predictions") / many
    print(f"| step | {few:,} rows, processor s | {many:,} rows | of a row, µs |\n|---|---|---|---|")
    for name, first in small.items():
        print(f"| {name} | {first:.2f} | {large[name]:.2f} | {1e6 * (large[name] - first) / (many - few):.2f} |")
    print(f"\ntrain: {1e6 * (all_fitted - small['train']) / (0.8 * few - held):.0f} µs of a row that is fitted")
    print("bytes of a row: " + ", ".join(f"{name} {amount:.0f}" for name, amount in data.items()))


if __name__ == "__main__":
    main()
