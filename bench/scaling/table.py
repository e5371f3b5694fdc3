#!/usr/bin/env python3
"""How long a night takes, by pipelines, rows and machines, what is used of each thing, and what breaks first.

usage: .venvs/scaling/bin/python bench/scaling/table.py [--pipelines …] [--rows …] [--machines …] [--processors 2]

Simulated, with the costs of figures.toml; docs/scaling.md explains it. Everything is asked for at once, in the night in
which all pipelines train; `--daily` is a night without training.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator

from costs import Costs, read
from limits import limits
from simulation import Night, Simulation
from work import Plan

FULL = 0.85
"""From which part of the time on a thing counts as the one that all wait for."""


def bottleneck(seen: Night) -> str:
    """What a night waits for."""
    if seen.longest_chain > FULL * seen.seconds:
        return "one writer"
    singles = {name: seen.busy[name] for name in ("scheduler", "API server", "storage")}
    name = max(singles, key=lambda thing: singles[thing])
    if singles[name] > FULL:
        return name
    if seen.busy["processors"] > FULL or seen.busy["head"] > FULL:
        return "processors" if seen.busy["processors"] > FULL else "the head's processors"
    return "pool" if seen.busy["slots"] > FULL else "chains"


def hours(seconds: float) -> str:
    """As people say it."""
    return f"{seconds / 3600:.1f} h" if seconds >= 3600 else f"{seconds / 60:.0f} min"


def lines(plans: dict[tuple[int, float], list[Plan]], costs: Costs) -> Iterator[str]:
    """A line for each number of pipelines and rows, a cell for each number of machines."""
    for (pipelines, rows), row in plans.items():
        nights = [Simulation(plan, costs).night() for plan in row]
        cells = [f"{hours(seen.seconds)}, {bottleneck(seen)}" for seen in nights]
        one = nights[0].busy
        used = [f"{100 * one[name]:.0f}" for name in ("processors", "scheduler", "API server", "storage")]
        yield f"| {pipelines:,} | {rows:,.0f} | {' | '.join(cells)} | {' / '.join(used)} |"


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pipelines", type=int, nargs="+", default=[1, 10, 50, 200, 1000])
    parser.add_argument("--rows", type=float, nargs="+", default=[1e6, 1e8, 1e9], help="a day, of all together")
    parser.add_argument("--machines", type=int, nargs="+", default=[1, 3, 10])
    parser.add_argument("--processors", type=float, default=2.0, help="of each machine (default: 2)")
    parser.add_argument("--daily", action="store_true", help="a night in which nothing trains")
    args = parser.parse_args()
    costs = read()
    plans = {
        (pipelines, rows): [
            Plan(pipelines, rows, machines, args.processors, trains=not args.daily).with_slots_for_its_processors()
            for machines in args.machines
        ]
        for pipelines in args.pipelines
        for rows in args.rows
    }
    heads = " | ".join(f"{machines} machine{'s' * (machines > 1)}" for machines in args.machines)
    print(f"| pipelines | rows a day | {heads} | % of processors / scheduler / API server / storage, with the first |")
    print("|---" * (len(args.machines) + 3) + "|")
    for line in lines(plans, costs):
        print(line, flush=True)
    print("\n| what breaks | at | of | what to set |\n|---|---|---|---|")
    for limit in sorted(limits(costs, args.processors), key=lambda limit: limit.of):
        print(f"| {limit.thing} | {limit.at:,.3g} | {limit.of} | {limit.setting} |")


if __name__ == "__main__":
    main()
