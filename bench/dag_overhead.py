#!/usr/bin/env python3
"""What a DAG of the five steps with nothing to do costs on compose, against five bare DockerOperators (`true`).

usage: make down, make build, then: python3 bench/dag_overhead.py [--runs 3]

Starts the stack from a copy of the checkout, with volumes of its own, and beside it, on this machine, an Airflow with
nothing of ours but its settings (`airflow standalone`), whose DockerOperators ask the engine themselves; removes both.
Our five steps run as they are (up to date: the operator starts nothing), and with each one asked in its container. The
sides run in turn. A time is from the start of a run's first task to the end of its last, or from the trigger to the end
of the run; ratios are of medians. On the way: how long `make up` takes, and the first trigger to the first container.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / folder) for folder in ("demo", "ops", "tests/end_to_end")]

from airflow_api import ENDED, AirflowApi  # noqa: E402 - the path comes first
from embedded import Airflow  # noqa: E402
from kept import Kept  # noqa: E402
from stack import copy_checkout, running  # noqa: E402

DAY = "2026-01-07"
SIDES = {
    "ours": "five steps on compose, up to date",
    "asked": "the same, each step asked in its container",
    "bare": "five bare DockerOperators, `true`",
}
LITTLE = {
    "rows = 2000": "rows = 500",
    "window_days = 7": "window_days = 1",
    "roc_auc = 0.70": "roc_auc = 0.50",
    "min_test_rows = 100": "min_test_rows = 10",
    "max_calibration_error = 0.10": "max_calibration_error = 0.50",
    "to = [": "to = [] # [",
}
"""What makes the shipped pipeline.toml one of little work."""


class Bare(Airflow):
    """Without a DAG, a step or a container of ours."""

    dags = frozenset({"bare"})
    folder = Path("bench", "dags", "bare")


@dataclass(frozen=True)
class Times:
    """Of a run, in seconds."""

    tasks: float
    """From the first task's start to the last one's end."""
    total: float
    """From the trigger to the end."""
    by_task: list[float]
    """Of each task."""


def checkout(directory: Path) -> Path:
    """A copy of the checkout, with the DAGs to compare and little work for them."""
    copy = copy_checkout(directory)
    settings = copy / "pipeline.toml"
    text = settings.read_text()
    for old, new in LITTLE.items():
        assert old in text, old
        text = text.replace(old, new)
    settings.write_text(text)
    (copy / "docker-compose.override.yml").write_text((ROOT / "bench/dags/compose/override.yml").read_text())
    (copy / ".env").write_text("MICROSTEP_SCHEDULE=false\n")
    return copy


def to_first_container(api: AirflowApi) -> float:
    """Seconds from the trigger of generate to the start of its container, which this leaves running."""
    command = ["docker", "events", "--filter=event=start", "--filter=label=microstep.step", "--format={{.TimeNano}}"]
    with Kept(command, output=subprocess.PIPE) as events:
        assert events.process.stdout is not None
        time.sleep(1)  # until it listens
        begin = time.time()
        api.start("generate", DAY)
        started = int(events.process.stdout.readline()) / 1e9
    return started - begin


def known(api: AirflowApi, dags: set[str], seconds: float = 120) -> None:
    """Return when the DAGs are there. Raises TimeoutError."""
    end = time.monotonic() + seconds
    while not dags <= {dag["dag_id"] for dag in api.call("GET", "/api/v2/dags")["dags"]}:
        if time.monotonic() > end:
            raise TimeoutError(f"the DAGs {', '.join(sorted(dags))} must be there within {seconds:g} s, are not")
        time.sleep(1)


def run(api: AirflowApi, dag: str) -> Times:
    """Run a DAG once. Raises RuntimeError when it fails."""
    name = api.start(dag, DAY)
    while api.state(dag, name) not in ENDED:
        time.sleep(1)
    tasks = api.tasks(dag, name)
    if any(task["state"] != "success" for task in tasks):
        raise RuntimeError(f"{dag}: must succeed, got {json.dumps({task['task_id']: task['state'] for task in tasks})}")
    whole = api.call("GET", f"/api/v2/dags/{dag}/dagRuns/{name}")
    starts, ends = ([moment(task[key]) for task in tasks] for key in ("start_date", "end_date"))
    return Times(
        tasks=(max(ends) - min(starts)).total_seconds(),
        total=(moment(whole["end_date"]) - moment(whole["queued_at"])).total_seconds(),
        by_task=[(end - start).total_seconds() for start, end in zip(starts, ends, strict=True)],
    )


def moment(text: str) -> datetime:
    """A moment as the API writes it."""
    return datetime.fromisoformat(text)


def measure(directory: Path, runs: int, say: Callable[[str], None]) -> tuple[dict[str, list[Times]], float, float]:
    """The times of each side's runs, of `make up`, and from a trigger to a container."""
    (directory / "bare").mkdir()
    times_of: dict[str, list[Times]] = {side: [] for side in SIDES}
    with running(checkout(directory / "checkout")) as stack:
        ours = stack.airflow
        first = to_first_container(ours)
        with Bare(ROOT, directory / "bare", "") as bare:
            bare.wait()
            known(ours, {"ours", "asked"})
            sides = {"ours": ours, "asked": ours, "bare": bare.api}
            for side in ("asked", *SIDES):  # the first one makes everything
                run(sides[side], side)
            for number in range(runs):
                for side, times in times_of.items():
                    times.append(run(sides[side], side))
                say(f"{number + 1} of {runs}")
    return times_of, stack.start_seconds, first


def main() -> int:
    """0 when all runs went well."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=3, help="of each side")
    args = parser.parse_args()
    for part in ("airflow", "dev"):
        subprocess.run([ROOT / "dev" / "env", part], check=True)
    with tempfile.TemporaryDirectory(prefix="microstep-bench-", ignore_cleanup_errors=True) as name:
        directory = Path(name)
        directory.chmod(0o755)  # containers of other users read below it
        times_of, start_seconds, first = measure(
            directory, args.runs, lambda line: print(line, file=sys.stderr, flush=True)
        )
    print("| side | first task to last, s | against bare | trigger to end, s | against bare | a task, s |")
    print("|---|---|---|---|---|---|")
    bare = times_of["bare"]
    for side, description in SIDES.items():
        tasks, total = (median(time.tasks for time in times_of[side]), median(time.total for time in times_of[side]))
        task = median(seconds for time in times_of[side] for seconds in time.by_task)
        against = tasks / median(time.tasks for time in bare), total / median(time.total for time in bare)
        print(f"| {description} | {tasks:.1f} | {against[0]:.2f} | {total:.1f} | {against[1]:.2f} | {task:.2f} |")
    print(f"\n`make up` (images built): {start_seconds:.0f} s; first trigger to first container: {first:.1f} s")
    print(f"{args.runs} runs of each side, {os.cpu_count()} processors")
    return 0


if __name__ == "__main__":
    sys.exit(main())
