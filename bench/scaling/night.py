#!/usr/bin/env python3
"""A night of many small pipelines on a real stack: how long it takes, and what it uses.

usage: make build, then: python3 bench/scaling/night.py [--pipelines 50] [--slots 2] [--json FILE]

The first pipeline trains, and all others are given copies of its champion. Then one day of each: `generate` and
`predict` are started for all of them at once, and predict waits for the data. It is over when the last run is. With
--trains the first night of each: `train` is started as well, and predict waits for the champion that it makes. What
others use of the machine meanwhile is told, too.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import threading
import time
from datetime import datetime
from pathlib import Path
from statistics import mean, median
from typing import Any

from stacks import DAY, Stack, running
from usage import Usage, own_seconds

EARLIER = "2026-01-06"
KEPT = ("models", "ledger.jsonl", "reports")
"""What a champion is, in a data root."""
COUNTS = "select relname, reltuples::bigint from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace"
OURS = "dag_id <> 'maintenance'"
IDLE_SECONDS = 45.0


def rows(stack: Stack) -> dict[str, int]:
    """The rows of each table of Airflow's database."""
    stack.sql("analyze")
    return {table: int(count) for table, count in stack.sql(COUNTS)}


def connections(stack: Stack, most: list[int], stop: threading.Event) -> None:
    """Keep the most connections that the database has had."""
    while not stop.wait(2):
        most[0] = max(most[0], int(stack.sql("select count(*) from pg_stat_activity where usename is not null")[0][0]))


def unfinished(stack: Stack) -> int:
    """How many runs are not over."""
    states = "&".join(f"state={state}" for state in ("queued", "running"))
    return int(stack.airflow.call("GET", f"/api/v2/dags/~/dagRuns?limit=1&{states}")["total_entries"])


def tasks(stack: Stack, since: float) -> list[dict[str, Any]]:
    """All task instances, but those of `maintenance`."""
    columns = "dag_id, task_id, state, extract(epoch from scheduled_dttm), extract(epoch from queued_dttm),"
    columns += " extract(epoch from start_date), extract(epoch from end_date)"
    names = ("dag", "task", "state", "scheduled", "queued", "started", "ended")
    ours = f"{OURS} and queued_dttm > to_timestamp({since})"
    found = stack.sql(f"select {columns} from task_instance where {ours}")  # noqa: S608 - names and a number of ours
    return [dict(zip(names, row, strict=True)) for row in found]


def first_training(stack: Stack) -> list[dict[str, Any]]:
    """Have the first pipeline make a champion, and give it to the others; what its steps took."""
    first, *others = stack.pipelines
    with Usage(stack.project) as usage:
        for dag in ("generate", "train"):
            stack.airflow.start(f"{first}.{dag}", EARLIER)
        while unfinished(stack):
            time.sleep(2)
    for name in others:
        for made in KEPT:
            subprocess.run(
                ["cp", "-a", stack.checkout / "data" / first / made, stack.checkout / "data" / name], check=True
            )
    return [vars(step) for step in usage.steps.values()]


def night(stack: Stack, *, trains: bool) -> dict[str, Any]:
    """Let them all run; what was seen."""
    first = [] if trains else first_training(stack)
    stop, most = threading.Event(), [0]
    before, size = rows(stack), int(stack.sql("select pg_database_size('airflow')")[0][0])
    with Usage(stack.project) as idle:
        time.sleep(IDLE_SECONDS)
    watch = threading.Thread(target=connections, args=(stack, most, stop), daemon=True)
    watch.start()
    scheduler = stack.container("airflow-scheduler")
    loop = own_seconds(scheduler)
    with Usage(stack.project) as usage:
        begin, since = time.monotonic(), time.time()
        for dag in ("generate", "train", "predict") if trains else ("generate", "predict"):
            for name in stack.pipelines:
                stack.airflow.start(f"{name}.{dag}", DAY)
        asked = time.monotonic() - begin
        while left := unfinished(stack):
            print(f"{left} runs are not over, {time.monotonic() - begin:.0f} s", file=sys.stderr, flush=True)
            time.sleep(5)
    loop = own_seconds(scheduler) - loop
    stop.set()
    watch.join()
    ours = f"from dag_run where {OURS} and queued_at > to_timestamp({since})"
    states = stack.sql(f"select state, count(*) {ours} group by state")
    ends = stack.sql(f"select extract(epoch from max(end_date) - min(queued_at)) {ours}")  # noqa: S608 - as above
    grown = {table: count - before.get(table, 0) for table, count in rows(stack).items()}
    return {
        "pipelines": len(stack.pipelines),
        "when": datetime.now().astimezone().isoformat(timespec="minutes"),
        "runs": dict(states),
        "seconds": float(ends[0][0]),
        "asking": asked,
        "idle": {part: used / idle.seconds for part, used in idle.parts.items()},
        "parts": usage.parts,
        "loop": loop,
        "memory": usage.memory,
        "engine": usage.engine,
        "machine": usage.machine,
        "own": usage.own,
        "watched": usage.seconds,
        "waited": usage.waited,
        "connections": most[0],
        "rows": {table: count for table, count in grown.items() if count > 0},
        "bytes": int(stack.sql("select pg_database_size('airflow')")[0][0]) - size,
        "first": first,
        "steps": [vars(step) for step in usage.steps.values()],
        "tasks": tasks(stack, since),
    }


def report(seen: dict[str, Any]) -> list[str]:
    """The lines to print."""
    count, steps = seen["pipelines"], seen["steps"] + seen["first"]
    ran = [task for task in seen["tasks"] if task["started"] and task["queued"]]
    starts = [float(task["started"]) - float(task["queued"]) for task in ran]
    others, waited = seen["machine"] - seen["own"] - seen["engine"], seen["waited"] / seen["watched"]
    lines = [
        f"{count} pipelines, {seen['when']}: {seen['seconds']:.0f} s",
        f"runs: {seen['runs']}; {len(ran)} tasks; {len(seen['steps'])} containers",
        "",
        "| step | containers | seconds of one: median | processor seconds of one: mean |",
        "|---|---|---|---|",
    ]
    for name in dict.fromkeys(step["step"] for step in steps):
        own = [step for step in steps if step["step"] == name]
        seconds, used = median(step["seconds"] for step in own), mean(step["cpu"] for step in own)
        lines.append(f"| {name} | {len(own)} | {seconds:.1f} | {used:.2f} |")
    lines += ["", "| part | processor seconds | of a task | idle, of a processor | MB |", "|---|---|---|---|---|"]
    for part, used in sorted(seen["parts"].items(), key=lambda pair: -pair[1]):
        more = used - seen["idle"][part] * seen["watched"]
        lines.append(
            f"| {part} | {used:.1f} | {more / len(ran):.3f} | {seen['idle'][part]:.3f} | {seen['memory'][part]} |"
        )
    rows, kilobytes = sum(seen["rows"].values()) / count, seen["bytes"] / count / 1000
    lines += [
        "",
        f"scheduler's own process: {seen['loop'] / len(ran):.3f} processor seconds of a task",
        f"queued to running: median {median(starts):.2f} s",
        f"processor seconds: {seen['own']:.0f} of stack and steps, {seen['engine']:.0f} of the engine",
        f"the same of others: {others:.0f}",
        f"somebody waited for a processor in {100 * waited:.0f} % of the time",
        f"database: {rows:.0f} rows and {kilobytes:.0f} kB of a pipeline, at most {seen['connections']} connections",
    ]
    return lines


def main() -> int:
    """0 when every run went well."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pipelines", type=int, default=50, help="(default: 50)")
    parser.add_argument("--slots", type=int, default=2, help="containers at the same time (default: 2)")
    parser.add_argument("--json", type=Path, help="a file for all that was seen, each task and container")
    parser.add_argument("--trains", action="store_true", help="the first night of each, with its training")
    args = parser.parse_args()
    with running("scaling", args.pipelines, 18100, f"MICROSTEP_POOL_SLOTS={args.slots}") as stack:
        seen = night(stack, trains=args.trains)
    if args.json:
        args.json.write_text(json.dumps(seen, indent=1))
    print("\n".join(report(seen)))
    return 0 if set(seen["runs"]) == {"success"} else 1


if __name__ == "__main__":
    sys.exit(main())
