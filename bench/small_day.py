#!/usr/bin/env python3
"""Measure what a small day costs: the processor time of `predict`, its imports, its scoring and its page.

usage: python3 bench/small_day.py [--rows 2000] [--runs 5]

The days and the champion are those of the shipped pipeline.toml: a week is generated, trained on and judged once, then
the day after it is predicted again and again (`--force`), as the `process` runner starts it. Processor time is that of
the whole process, in user and in kernel mode; it changes less than seconds do when a machine is busy, and still does.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
from datetime import date, timedelta
from pathlib import Path
from statistics import median

from pipeline import ROOT, environments, machine, step

FIRST = date(2026, 1, 1)
WEEK = [(FIRST + timedelta(days=number)).isoformat() for number in range(7)]
DAY = (FIRST + timedelta(days=7)).isoformat()
THREADS = ("default", "1")
"""Of the numeric libraries: as the step sets them, and one alone."""


def prepare(root: Path, rows: int) -> None:
    """A data root with a champion and the day to predict."""
    shipped = (ROOT / "pipeline.toml").read_text(encoding="utf-8")
    (root / "pipeline.toml").write_text(re.sub(r"(?m)^rows = \d+", f"rows = {rows}", shipped), encoding="utf-8")
    for name, days in (("generate", [*WEEK, DAY]), ("preprocess", [*WEEK, DAY]), ("train", WEEK[-1:])):
        for day in days:
            step(name, day, root)
            print(f"{name} {day}", file=sys.stderr, flush=True)
    step("validate", WEEK[-1], root)
    step("predict", DAY, root)  # compiles what was not compiled yet


def processor_seconds(root: Path, threads: str) -> float:
    """Of one prediction of the day, page and index included. Raises SystemExit when it fails."""
    left_out = ("PYTHONDONTWRITEBYTECODE", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MLFLOW_TRACKING_URI")
    env = {name: value for name, value in os.environ.items() if name not in left_out}
    if threads != "default":
        env["OMP_NUM_THREADS"] = threads
    env["PYTHONPATH"] = os.pathsep.join(str(ROOT / p) for p in ("libs/contract", "libs/analysis", "services/predict"))
    options = ["--force", "--day", DAY, "--data-root", root / "data", "--config", root / "pipeline.toml"]
    child = subprocess.Popen(
        [ROOT / ".venvs/predict/bin/python", "-m", "predict", *options],
        env=env, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert child.stderr is not None
    said = child.stderr.read()
    _, status, used = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise SystemExit(f"predict: exit {child.returncode}\n{said}")
    return used.ru_utime + used.ru_stime


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=2000, help="of the day (default: 2000)")
    parser.add_argument("--runs", type=int, default=5, help="of each kind (default: 5)")
    args = parser.parse_args()
    environments()
    with tempfile.TemporaryDirectory() as scratch:
        prepare(Path(scratch), args.rows)
        # in turn, so that a busy minute falls on both
        rounds = [[processor_seconds(Path(scratch), threads) for threads in THREADS] for _ in range(args.runs)]
    print(f"{args.rows:,} rows, {args.runs} runs of each, {machine()}\n")
    print("| predict, `OMP_NUM_THREADS` | processor seconds, least | median |\n|---|---|---|")
    for threads, seconds in zip(THREADS, zip(*rounds, strict=True), strict=True):
        print(f"| {threads} | {min(seconds):.1f} | {median(seconds):.1f} |")
    return 0


if __name__ == "__main__":
    sys.exit(main())
