#!/usr/bin/env python3
"""How long a task's start takes with 50 pipelines, against one: from queued to its operator's `execute`.

usage: make build, then: python3 bench/scaling/starts.py [--pipelines 50] [--rounds 6]

Two whole stacks side by side, in turn: while one is asked, the DAG processor of the other is paused, so that each has
its own reading of DAG files beside it and not the other's. A round is a run of `p0.predict` for a day that is done: its
tasks start no container. A start is from the moment at which the scheduler queued the task, as the database has it, to
the line of its log that stands before `execute`; its parts are the scheduler's and executor's until the task's process
says that it runs, and that process until `execute`.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from datetime import datetime
from statistics import mean, median

from stacks import DAY, Stack, output, running

LINE_BEFORE_EXECUTE = "::endgroup::"


def run(stack: Stack, dag: str) -> str:
    """Run a DAG of p0; the run's id. Raises RuntimeError when it fails."""
    name = stack.airflow.start(dag, DAY)
    while (state := stack.airflow.state(dag, name)) not in ("success", "failed"):
        time.sleep(0.5)
    if state != "success":
        raise RuntimeError(f"{stack.project}: {dag}: must succeed, got {state}")
    return name


def starts(stack: Stack, dag: str, run_id: str) -> list[tuple[float, float]]:
    """Of each task of a run: the seconds from queued to running, and from running to `execute`."""
    found = []
    for task in stack.airflow.tasks(dag, run_id):
        if task["queued_when"] is None:  # the scheduler ends what does nothing itself
            continue
        moments = [datetime.fromisoformat(task[key]) for key in ("queued_when", "start_date")]
        index = f"map_index={task['map_index']}/" if task["map_index"] >= 0 else ""
        log = f"/opt/airflow/logs/dag_id={dag}/run_id={run_id}/task_id={task['task_id']}/{index}attempt=1.log"
        lines = [json.loads(line) for line in stack.exec("airflow-scheduler", "cat", log).splitlines()]
        moments += [datetime.fromisoformat(line["timestamp"]) for line in lines if line["event"] == LINE_BEFORE_EXECUTE]
        queued, running_since, execute = moments[:3]
        found.append(((running_since - queued).total_seconds(), (execute - running_since).total_seconds()))
    return found


def measure(stacks: list[Stack], rounds: int) -> list[list[tuple[float, float]]]:
    """The starts of each stack."""
    found: list[list[tuple[float, float]]] = [[] for _ in stacks]
    for stack in stacks:
        for dag in ("generate", "train", "predict"):
            run(stack, f"p0.{dag}")
    for number in range(rounds):
        order = list(range(len(stacks)))
        for index in order if number % 2 else reversed(order):
            other = stacks[1 - index].container("airflow-dag-processor")
            output("docker", "pause", other)
            try:
                found[index] += starts(stacks[index], "p0.predict", run(stacks[index], "p0.predict"))
            finally:
                output("docker", "unpause", other)
        print(f"round {number + 1} of {rounds}", file=sys.stderr, flush=True)
    return found


def main() -> int:
    """0 when the start is within 1.1 of that with one."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pipelines", type=int, default=50, help="of the second stack (default: 50)")
    parser.add_argument("--rounds", type=int, default=6, help="runs of each side (default: 6)")
    args = parser.parse_args()
    with running("scaling-one", 1, 18080) as one, running("scaling-many", args.pipelines, 18090) as many:
        sides = measure([one, many], args.rounds)
    print("| pipelines | tasks | queued to running, s | running to execute, s | whole start, s: median | mean |")
    print("|---|---|---|---|---|---|")
    for count, side in zip((1, args.pipelines), sides, strict=True):
        parts = [median(part) for part in zip(*side, strict=True)]
        whole = [sum(start) for start in side]
        cells = [f"{seconds:.3f}" for seconds in (*parts, median(whole), mean(whole))]
        print(f"| {count} | {len(side)} | {' | '.join(cells)} |")
    ratio = median(sum(start) for start in sides[1]) / median(sum(start) for start in sides[0])
    print(f"\n{args.pipelines} against one: {ratio:.2f}")
    return 0 if ratio <= 1.1 else 1


if __name__ == "__main__":
    sys.exit(main())
