#!/usr/bin/env python3
"""How often the gate is wrong, and what it can see: every table of docs/gate.md, by the real gate on simulated models.

Run it in the environment of validate:

    dev/env validate
    PYTHONPATH=libs/contract:libs/analysis:services/validate .venvs/validate/bin/python bench/gate.py
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from typing import Any

import gate_baseline
import numpy as np
from gate_study import AUC, RHO, calibrated, naive, recurring, slices, study
from gate_weeks import creep, home_advantage

from contract.config.model import Gate

Line = tuple[Callable[..., str], tuple[Any, ...]]


def tables(trials: int, resamples: int) -> Iterator[tuple[str, str, list[Line]]]:
    """Title, head and lines of each table."""
    yield (
        "Power", "| test rows | true gap | promoted by `better` | promoted by `not_worse` | width of the interval |",
        [(power_line, (rows, gap, trials, resamples)) for rows in (500, 2000, 5000) for gap in (-0.03, 0.0, 0.02)],
    )  # fmt: skip
    few = [(few_line, (rows, 2 * trials, resamples)) for rows in (30, 50, 100, 200)]
    yield "Few rows, equal models", "| test rows | promoted by `better` | width of the interval |", few
    kinds = [("1 day", 500), ("7 days", 500), ("28 days", 200), ("7 days", 50), ("unequal days", 500)]
    yield (
        "Customers who come back, equal models",
        "| come back | customers | rows | promoted by `better` | if rows were taken for customers |",
        [(recurring_line, (*kind, trials, min(resamples, 399))) for kind in [*kinds, ("unequal customers", 500)]],
    )
    yield (
        "Slices", "| slices | rows of each | true drop in one | refused | undecided |",
        [
            (slices_line, (count, rows, drop, trials, min(resamples, 399)))
            for count in (4, 20, 40) for rows in (50, 200) for drop in (0.0, 0.15)
        ],
    )  # fmt: skip
    yield (
        "Calibration", "| test rows | true error | limit | refused | undecided | passed |",
        [
            (calibration_line, (rows, error, 0.05, 2 * trials))
            for rows in (100, 200, 400) for error in (0.0, 0.05, 0.15, 0.25)
        ],
    )  # fmt: skip
    yield (
        "Baseline, first models", "| score | true value | test rows | customers | promoted | refused |",
        [
            (baseline_line, (*case, rows, days, trials, min(resamples, 399)))
            for case in (("roc_auc", 0.5), ("roc_auc", 0.6), ("roc_auc", 0.7), ("r2", 0.0), ("r2", 0.104), ("r2", 0.3))
            for rows, days in ((100, 1), (500, 1), (2000, 1), (3500, 7))
        ],
    )  # fmt: skip
    yield (
        "26 weeks of small steps, 5,000 rows",
        "| step a week | anchor | ROC AUC at the end | promoted |",
        [
            (creep_line, (step, anchored, max(trials // 20, 1), min(resamples, 199)))
            for step in (-0.003, 0.0, 0.003) for anchored in (False, True)
        ],
    )  # fmt: skip
    yield (
        "Home advantage, models that are alike",
        "| judged on | promoted by `better` | of all, not better a week later | promoted by `not_worse` |",
        [(home_line, (held_out, trials, min(resamples, 399))) for held_out in (0, 2)],
    )


def power_line(rows: int, gap: float, trials: int, resamples: int) -> str:
    """One line of its table."""
    shares, width = study(rows, gap, trials, resamples)
    return f"| {rows:,} | {gap:+.2f} | {shares['better']:.1%} | {shares['not_worse']:.1%} | {width:.4f} |"


def few_line(rows: int, trials: int, resamples: int) -> str:
    """One line of its table."""
    shares, width = study(rows, 0.0, trials, resamples)
    return f"| {rows} | {shares['better']:.1%} | {width:.3f} |"


def recurring_line(kind: str, groups: int, trials: int, resamples: int) -> str:
    """One line of its table."""
    of_row = recurring(kind, groups)
    by_customer, _ = study(of_row, 0.0, trials, resamples)
    by_row = naive(of_row, max(trials // 4, 1), resamples)
    return f"| {kind} | {of_row.max() + 1} | {len(of_row):,} | {by_customer['better']:.1%} | {by_row:.0%} |"


def slices_line(count: int, rows: int, drop: float, trials: int, resamples: int) -> str:
    """One line of its table."""
    shares = slices(count, rows, drop, trials, resamples)
    return f"| {count} | {rows} | {drop:.2f} | {shares['failed']:.1%} | {shares['unknown']:.1%} |"


def calibration_line(rows: int, error: float, limit: float, trials: int) -> str:
    """One line of its table."""
    shares = calibrated(rows, error, limit, trials)
    words = " | ".join(f"{shares[word]:.1%}" for word in ("refused", "undecided", "promoted"))
    return f"| {rows} | {error:.2f} | {limit:.2f} | {words} |"


def baseline_line(score: str, value: float, rows: int, days: int, trials: int, resamples: int) -> str:
    """One line of its table."""
    groups = np.repeat(np.arange(rows // days), days)
    kind = gate_baseline.classes if score == "roc_auc" else gate_baseline.numbers
    shares = kind(groups, value, trials, resamples)
    return f"| {score} | {value:g} | {rows:,} | {rows // days:,} | {shares['promoted']:.1%} | {shares['refused']:.1%} |"


def creep_line(step: float, anchored: bool, trials: int, resamples: int) -> str:
    """One line of its table."""
    end, share = creep(step, 26, 5000, trials, resamples, anchored=anchored)
    return f"| {step:+.3f} | {'yes' if anchored else 'no'} | {end:.3f} | {share:.0%} |"


def home_line(held_out: int, trials: int, resamples: int) -> str:
    """One line of its table."""
    shares = Counter(home_advantage(held_out, trials, resamples))
    days = f"{held_out} days that neither saw" if held_out else "the days that the challenger was trained on"
    return f"| {days} | {shares['better']:.1%} | {shares['better in vain']:.1%} | {shares['not_worse']:.1%} |"


def main() -> int:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trials", type=int, default=200, help="of most lines (default: 200)")
    parser.add_argument("--resamples", type=int, default=399, help="of each interval (default: 399)")
    parser.add_argument("--only", metavar="WORD", default="", help="tables with this word in their title")
    args = parser.parse_args()
    started = time.monotonic()
    print(f"ROC AUC {AUC:.2f}, correlation {RHO}, {args.trials} trials a line, margin {Gate().margin:g}")
    with ProcessPoolExecutor() as pool:
        chosen = [table for table in tables(args.trials, args.resamples) if args.only.lower() in table[0].lower()]
        pending = [[pool.submit(work, *given) for work, given in lines] for _, _, lines in chosen]
        for (title, head, _), lines in zip(chosen, pending, strict=True):
            print(f"\n{title}\n\n{head}\n{'|---' * (head.count('|') - 1)}|")
            for line in lines:
                print(line.result(), flush=True)
    print(f"\n{time.monotonic() - started:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
