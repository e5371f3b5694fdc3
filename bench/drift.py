#!/usr/bin/env python3
"""How often drift cries wolf, and what it finds: the real reference and measures on made-up tables of 20 columns.

Each line: references of a week of undrifted days, then days that are alike, or whose first column is shifted.

    dev/env analysis
    PYTHONPATH=libs/contract:libs/analysis .venvs/analysis/bin/python bench/drift.py
"""

from __future__ import annotations

import argparse
import sys
import time

import numpy as np
from tqdm import tqdm

from analysis.drift import Array, measure, worst
from analysis.reference import Reference, build, codes, count
from analysis.rows import Categorical
from contract.config.model import Drift

COLUMNS = 20
WEEK = 7
DAYS = 20
"""Per reference."""
CORRELATION = 0.7


def rows(rng: np.random.Generator, size: int, shift: float = 0.0) -> dict[str, Array]:
    """Normal, skewed, whole numbers and categories, 3 % missing; `shift` moves the first, in its own deviations."""
    common, columns = rng.normal(size=size), {}
    for number in range(COLUMNS):
        values = (
            rng.normal(size=size) + CORRELATION * common,
            rng.exponential(size=size),
            rng.poisson(3, size).astype(float),
            Categorical(rng.choice(4, size, p=[0.5, 0.3, 0.15, 0.05]).astype(np.int32), ["a", "b", "c", "d"]),
        )[number % 4]
        if number == 0:
            values = values + shift * np.sqrt(1 + CORRELATION**2)
        if not isinstance(values, Categorical):
            values = np.where(rng.random(size) < 0.03, np.nan, values)
        columns[f"c{number}"] = values
    return columns


def levels(reference: Reference, day: dict[str, Array]) -> dict[str, str]:
    """The level of each column."""
    findings = [
        measure(column, count(column, codes(column, day[column.name])), reference.limits)
        for column in reference.columns
    ]
    return {finding.name: finding.level for finding in findings}


def study(size: int, shift: float, days: int) -> tuple[float, float, float]:
    """Of so many days of `size` rows, the fractions with an alarm, with a watch or more, and with c0 in alarm."""
    rng = np.random.default_rng([size, round(shift * 10)])
    alarms = watches = detected = 0
    for _ in tqdm(range(days // DAYS), desc=f"{size} rows, shift {shift}", file=sys.stderr, leave=False):
        reference = build(rows(rng, size * WEEK), np.repeat(np.arange(WEEK), size), Drift(), seed=1)
        for _ in range(DAYS):
            by_column = levels(reference, rows(rng, size, shift))
            level = worst(list(by_column.values()))  # type: ignore[arg-type]
            alarms += level == "alarm"
            watches += level != "ok"
            detected += by_column["c0"] == "alarm"
    return alarms / days, watches / days, detected / days


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--days", type=int, default=500, help="of each line (default: 500)")
    days = parser.parse_args().days // DAYS * DAYS
    started = time.monotonic()
    print(f"{COLUMNS} columns, a week of reference, {days} days a line, stated: alarm 1 %, watch 5 %\n")
    print("| rows a day | shift of one column | days in alarm | days in watch or alarm | that column in alarm |")
    print("|---|---|---|---|---|")
    for size in (100, 500, 2000, 20_000):
        for shift in (0.0, 0.5):
            alarm, watch, detected = study(size, shift, days)
            print(f"| {size:,} | {shift:g} | {alarm:.1%} | {watch:.1%} | {detected:.1%} |", flush=True)
    print(f"\n{time.monotonic() - started:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
