#!/usr/bin/env python3
"""How often drift cries wolf, and what it finds: the tables of docs/drift.md, by the real reference and measures.

Each line: references of undrifted days, then for each of them days that are alike, or whose first column is shifted.

    dev/env analysis
    PYTHONPATH=libs/contract:libs/analysis .venvs/analysis/bin/python bench/drift.py
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from tqdm import tqdm

from analysis.drift.day_marks import Watch
from analysis.drift.drawn_days import Part, measured
from analysis.drift.findings import MOST_ROWS, Array, worst
from analysis.drift.reference import Reference, build, codes, count
from analysis.drift.unusual import unusual, volume
from analysis.rows import Categorical, Columns
from contract.config.model import Drift

WEEK = 7
DAYS = 20
"""Per reference."""
CORRELATION = 0.7
SETTINGS = Drift()
Table = Callable[[np.random.Generator, int, float], Columns]
"""Rows of a number, the first column shifted by so many of its deviations."""


def mixed(rng: np.random.Generator, size: int, shift: float = 0.0) -> Columns:
    """20 columns: normal, skewed, whole numbers and categories, 3 % missing."""
    common, columns = rng.normal(size=size), {}
    for number in range(20):
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


def numbers(rng: np.random.Generator, size: int, shift: float = 0.0) -> Columns:
    """5 columns of normal numbers."""
    return {f"c{number}": rng.normal(size=size) + shift * (number == 0) for number in range(5)}


def words(most: int) -> Table:
    """5 columns of so many words, the k-th with a chance of 1 / k (Zipf)."""
    names = [f"w{number}" for number in range(most)]
    chances = 1 / np.arange(1, most + 1)

    def table(rng: np.random.Generator, size: int, shift: float = 0.0) -> Columns:
        drawn = {f"c{n}": rng.choice(most, size, p=chances / chances.sum()).astype(np.int32) for n in range(5)}
        return {name: Categorical(values, names) for name, values in drawn.items()}

    return table


def levels(reference: Reference, day: Columns, seed: int) -> dict[str, str]:
    """The level of each column."""
    bins = [codes(column, day[column.name]) for column in reference.columns]
    counts = [count(column, of_column) for column, of_column in zip(reference.columns, bins, strict=True)]
    rows = np.column_stack(bins) if len(bins[0]) <= MOST_ROWS else None
    (findings,) = measured([Part(reference.columns, reference.sampled(), counts, rows)], SETTINGS, seed)
    watches = {column.name: Watch() for column in reference.columns}
    for name, watch in watches.items():
        watch.add(day[name])
    by_name = {column.name: of_column for column, of_column in zip(reference.columns, counts, strict=True)}
    found = unusual(findings, reference.columns, watches, by_name, SETTINGS)
    of_rows = {"(rows)": volume(len(bins[0]), reference.day_rows, SETTINGS).level} if reference.day_rows else {}
    return of_rows | {finding.name: finding.level for finding in found}


def stuck(values: Array) -> Array:
    """A sensor that says the same all day long."""
    return np.full(len(values), values[0])


def beyond(values: Array) -> Array:
    """A day of which each value is above nearly all that was ever seen."""
    return values - values.min() + 4.0


@dataclass(frozen=True)
class Line:
    """A line of a table."""

    title: str
    table: Table
    training: tuple[int, ...]
    """Rows of each day of the training."""
    size: int
    """Rows of the days that are measured."""
    shift: float = 0.0
    between: float = 0.0
    """Standard deviation of the shift that each day has of its own, also those of the training."""
    of_rows: float | None = None
    """The same of the logarithm of a day's rows; None: they are as given, and not looked at."""
    fault: Callable[[Array], Array] | None = None
    """What happens to the first column on the measured days."""
    scale: float = 1.0
    """The rows of the measured days are so many times what they would be."""

    def run(self, days: int) -> tuple[float, float, float, float]:
        """Fractions of days: in alarm, in watch or alarm, unmeasured, and those with the first column in alarm."""
        rng = np.random.default_rng([ord(letter) for letter in repr((self.title, self.size, self.shift))])
        alarms = watches = unknown = detected = 0
        for _ in tqdm(range(days // DAYS), desc=f"{self.title}, {self.size}", file=sys.stderr, leave=False):
            sizes = [self._rows(rng, rows) for rows in self.training]
            training = [self.table(rng, rows, rng.normal() * self.between) for rows in sizes]
            day_of_row, looked_at = np.repeat(np.arange(len(training)), sizes), () if self.of_rows is None else sizes
            columns = {name: _joined([day[name] for day in training]) for name in training[0]}
            reference = build(columns, day_of_row, 1, day_rows=looked_at)
            for number in range(DAYS):
                size = max(1, round(self.scale * self._rows(rng, self.size)))
                day = dict(self.table(rng, size, self.shift + rng.normal() * self.between))
                if self.fault is not None:
                    day["c0"] = self.fault(day["c0"])  # type: ignore[arg-type]
                by_column = levels(reference, day, number)
                level = worst(list(by_column.values()))  # type: ignore[arg-type]
                alarms += level == "alarm"
                watches += level in ("watch", "alarm")
                unknown += level == "unmeasured"
                detected += by_column["c0"] == "alarm"
        return alarms / days, watches / days, unknown / days, detected / days

    def _rows(self, rng: np.random.Generator, rows: int) -> int:
        if self.of_rows is None:
            return rows
        return max(1, int(rng.poisson(rows * np.exp(self.of_rows * rng.normal()))))


def _joined(days: list[Array | Categorical]) -> Array | Categorical:
    first = days[0]
    if isinstance(first, Categorical):
        return Categorical(np.concatenate([day.codes for day in days]), first.categories)  # type: ignore[union-attr]
    return np.concatenate(days)  # type: ignore[arg-type]


def tables() -> dict[str, list[Line]]:
    """By heading."""
    small = (1, 5, 20, 50, 100, 300, 2000)
    kinds = {"40 words": words(40), "4 words": words(4), "numbers": numbers}
    unequal = (100, 200, 400, 800, 1600, 3200, 6400)
    return {
        "20 columns, a week of days of the same size": [
            Line("mixed", mixed, (size,) * WEEK, size, shift) for size in (100, 500, 2000, 20_000) for shift in (0, 0.5)
        ],
        "5 columns, a week of 2,000 rows a day": [
            Line(title, table, (2000,) * WEEK, size) for title, table in kinds.items() for size in small
        ],
        "5 columns, a week of days of the same size": [
            Line(title, table, (size,) * WEEK, size) for title, table in kinds.items() for size in small
        ],
        "5 columns, a week of unequal days (100 to 6,400 rows)": [
            Line(title, table, unequal, size) for title, table in kinds.items() for size in (20, 300, 20_000)
        ],
        "5 columns of numbers; days differ by themselves, the first column by 0.2 deviations": [
            Line(f"{days} days", numbers, (1000,) * days, size, shift, 0.2)
            for days in (WEEK, 28)
            for size in (100, 1000, 10_000)
            for shift in (0, 2)
        ],
        "a day as a day: 5 columns of numbers, a week of about 300 rows a day, that differ in rows and in the first": [
            Line(
                f"rows by {of_rows:g}, days by {between:g}{title}",
                numbers, (300,) * WEEK, 300, between=between, of_rows=of_rows, fault=fault, scale=scale,
            )
            for of_rows, between in ((0.0, 0.0), (0.3, 0.2), (0.3, 1.0))
            for title, fault, scale in (
                ("", None, 1.0), (", stuck", stuck, 1.0), (", beyond", beyond, 1.0), (", 1 % of the rows", None, 0.01),
            )
        ],
    }  # fmt: skip


def main() -> int:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--days", type=int, default=500, help="of each line (default: 500)")
    parser.add_argument("--only", type=int, help="the number of one table, from 1")
    arguments = parser.parse_args()
    days, started = arguments.days // DAYS * DAYS, time.monotonic()
    print(f"{days} days a line, stated: alarm {SETTINGS.false_alarms:.0%}, watch {SETTINGS.false_watches:.0%}")
    for number, (heading, lines) in enumerate(tables().items(), start=1):
        if arguments.only not in (None, number):
            continue
        print(f"\n{heading}:\n")
        print(
            "| columns | rows a day | shift of the first | alarm | watch or alarm | unmeasured | the first in alarm |"
        )
        print("|---|---|---|---|---|---|---|")
        for line in lines:
            results = " | ".join(f"{share:.1%}" for share in line.run(days))
            print(f"| {line.title} | {line.size:,} | {line.shift:g} | {results} |", flush=True)
    print(f"\n{time.monotonic() - started:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
