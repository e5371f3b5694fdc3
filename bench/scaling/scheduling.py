#!/usr/bin/env python3
"""What Airflow's own parts take for a look, a run and a task: scheduler's loop, processes of tasks, API server.

usage: make build, then: python3 bench/scaling/scheduling.py [--pipelines 50]

A whole stack, in three states, by processor time: with nothing to do; with a run of each pipeline that waits for its
champion, so that the scheduler looks at them all the time; and, in between, while these runs' tasks are done, two of
each run without a container.
"""

from __future__ import annotations

import argparse
import time

from stacks import DAY, Stack, running
from usage import Usage, own_seconds

SECONDS = 60.0
TASKS_OF_A_RUN = 2
SLEEP = 0.25
"""scheduler_idle_sleep_time of docker-compose.yml."""
RUNS_PER_LOOP = 20
"""Airflow's max_dagruns_per_loop_to_schedule."""


def still(stack: Stack, seconds: float) -> tuple[dict[str, float], float]:
    """What each part takes while nothing changes, and the scheduler's own process alone, of a processor."""
    scheduler = stack.container("airflow-scheduler")
    before = own_seconds(scheduler)
    with Usage(stack.project) as usage:
        time.sleep(seconds)
    return {part: used / usage.seconds for part, used in usage.parts.items()}, (
        own_seconds(scheduler) - before
    ) / usage.seconds


def burst(stack: Stack) -> tuple[dict[str, float], float, float]:
    """What each part takes for the tasks of a run of each pipeline, the scheduler's process alone, and the seconds."""
    scheduler = stack.container("airflow-scheduler")
    before, done = own_seconds(scheduler), TASKS_OF_A_RUN * len(stack.pipelines)
    with Usage(stack.project) as usage:
        for name in stack.pipelines:
            stack.airflow.start(f"{name}.predict", DAY)
        query = "select count(*), extract(epoch from max(coalesce(end_date, updated_at)) - min(queued_dttm))"
        query += " from task_instance where dag_id like '%.predict'"
        query += " and (state = 'deferred' or task_id = 'days' and state = 'success')"
        while int((row := stack.sql(query)[0])[0]) < done:
            time.sleep(1)
    return usage.parts, own_seconds(scheduler) - before, float(row[1])


def main() -> None:
    """Print the table and what follows."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pipelines", type=int, default=50, help="(default: 50)")
    args = parser.parse_args()
    with running("scaling-scheduling", args.pipelines, 18110) as stack:
        time.sleep(60)  # until what a start needs is over
        idle, loop = still(stack, SECONDS)
        used, own, seconds = burst(stack)
        time.sleep(10)
        waiting, looking = still(stack, SECONDS)
    tasks = TASKS_OF_A_RUN * args.pipelines
    print(f"| part | idle, of a processor | with {args.pipelines} runs that wait | processor seconds of a task |")
    print("|---|---|---|---|")
    for part, part_idle in idle.items():
        task = (used[part] - part_idle * seconds) / tasks
        print(f"| {part} | {part_idle:.3f} | {waiting[part]:.3f} | {task:.3f} |")
    rate = (1 - loop) / SLEEP
    per_loop = loop / rate
    rate_looking = (1 - looking) / SLEEP
    per_run = max(0.0, looking / rate_looking - per_loop) / min(RUNS_PER_LOOP, args.pipelines)
    print(f"\nscheduler's own process, of a processor: {loop:.3f} idle, {looking:.3f} with the runs that wait")
    print(f"the same: {own / tasks:.3f} processor seconds of a task")
    print(f"a loop: {1000 * per_loop:.1f} ms; a run that is looked at: {1000 * per_run:.2f} ms")
    print(f"{tasks} tasks without a container: {seconds:.1f} s, {tasks / seconds:.1f} a second")


if __name__ == "__main__":
    main()
