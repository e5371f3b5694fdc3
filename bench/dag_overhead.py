#!/usr/bin/env python3
"""What a DAG of the five steps costs when there is nothing to do, against five bare DockerOperators that run `true`.

usage: make build, then: python3 bench/dag_overhead.py [--runs 3] [--images microstep-] [--set NAME=VALUE …]

Starts an Airflow and an MLflow of its own, from the images of this machine, in a folder and a network of their own,
with the scheduler's settings of docker-compose.yml, and removes them. All sides are DAGs of that one Airflow and run in
turn: ours; ours when the operator has to ask each step; bare DockerOperators. A time is from the start of a run's first
task to the end of its last, or from the trigger to the end of the run. Ratios are of medians.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tools"))

from airflow_api import ENDED, AirflowApi  # noqa: E402 - the path comes first

NAME = "microstep-bench"
DAY = "2099-12-31"  # a container's name is made of it: no pipeline of this machine is at work on that day
OWNER = (1000, 1000) if os.getuid() == 0 else (os.getuid(), os.getgid())
SERVE = "airflow db migrate && airflow pools set steps 2 steps && exec airflow standalone"
SIDES = {
    "ours": "five steps, up to date",
    "asked": "the same, each step asked in its container",
    "bare": "five bare DockerOperators, `true`",
}


@dataclass(frozen=True)
class Times:
    """Of a run, in seconds."""

    tasks: float
    """From the first task's start to the last one's end."""
    total: float
    """From the trigger to the end."""
    each: list[float]
    """Of each task."""


def docker(*words: str) -> str:
    """What a command of the engine's prints. Raises CalledProcessError when it fails."""
    return subprocess.run(["docker", *words], capture_output=True, text=True, check=True).stdout.strip()


@contextmanager
def folder() -> Iterator[Path]:
    """A checkout's worth of data and configuration, for little work."""
    place = Path(tempfile.mkdtemp(prefix=f"{NAME}-"))
    place.chmod(0o755)
    (place / "data").mkdir()
    os.chown(place / "data", *OWNER)
    text = (ROOT / "pipeline.toml").read_text()
    changes = {
        'name = "microstep"': 'name = "bench"',
        "rows = 2000": "rows = 500",
        "window_days = 7": "window_days = 1",
        "roc_auc = 0.70": "roc_auc = 0.50",
        "min_test_rows = 100": "min_test_rows = 10",
        "max_calibration_error = 0.10": "max_calibration_error = 0.50",
        "to = [": "to = [] # [",
    }
    for old, new in changes.items():
        assert old in text, old
        text = text.replace(old, new)
    (place / "pipeline.toml").write_text(text)
    (place / "passwords.json").write_text('{"admin": "admin"}')
    try:
        yield place
    finally:
        shutil.rmtree(place, ignore_errors=True)


def scheduler() -> list[str]:
    """The scheduler's settings in docker-compose.yml."""
    found = re.findall(r'(AIRFLOW__SCHEDULER__\w+): "([\d.]+)"', (ROOT / "docker-compose.yml").read_text())
    return [f"{name}={value}" for name, value in found]


@contextmanager
def airflow(place: Path, images: str, settings: Sequence[str]) -> Iterator[AirflowApi]:
    """An Airflow whose DAGs wait to be triggered, beside an MLflow."""
    environment = [
        "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION=False",
        "AIRFLOW__SCHEDULER__USE_JOB_SCHEDULE=False",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS=admin:admin",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE=/passwords.json",
        "DOCKER_HOST=unix:///var/run/docker.sock",
        f"MICROSTEP_HOST_ROOT={place}",
        f"BENCH_IMAGES={images}",
        f"BENCH_NETWORK={NAME}",
        *scheduler(),
        *settings,
    ]
    mounts = [
        "/var/run/docker.sock:/var/run/docker.sock",
        f"{place}/data:/data:ro",
        f"{place}/pipeline.toml:/config/pipeline.toml:ro",
        f"{ROOT}/bench/dags:/opt/airflow/dags:ro",
        f"{place}/passwords.json:/passwords.json",
    ]
    remove()
    docker("network", "create", NAME)
    try:
        docker(
            *("run", "--detach", f"--name={NAME}-mlflow", f"--network={NAME}", "--network-alias=mlflow"),
            *("--env=MLFLOW_BACKEND_STORE_URI=sqlite:////tmp/mlflow.db", "microstep-mlflow"),
        )
        docker(
            *("run", "--detach", f"--name={NAME}-airflow", f"--network={NAME}", "--user=0:0", "--init"),
            *("--publish=127.0.0.1::8080", *(f"--volume={each}" for each in mounts)),
            *(f"--env={each}" for each in environment),
            *(f"{images}airflow", "sh", "-c", SERVE),
        )
        port = docker("port", f"{NAME}-airflow", "8080").rsplit(":", 1)[1]
        api = AirflowApi(f"http://127.0.0.1:{port}", lambda: "admin")
        wait(api)
        yield api
    finally:
        remove()


def remove() -> None:
    """Remove what a run leaves, or left."""
    for words in (["rm", "--force", "--volumes", f"{NAME}-airflow", f"{NAME}-mlflow"], ["network", "rm", NAME]):
        subprocess.run(["docker", *words], capture_output=True, check=False)


def wait(api: AirflowApi, seconds: float = 240) -> None:
    """Until every DAG is known and the scheduler is alive. Raises TimeoutError."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        time.sleep(2)
        try:
            known = {each["dag_id"] for each in api.call("GET", "/api/v2/dags")["dags"]}
            if known >= set(SIDES) and api.health()["scheduler"]["status"] == "healthy":
                return
        except OSError:
            continue
    raise TimeoutError(f"Airflow must be up within {seconds:g} s, is not: docker logs {NAME}-airflow")


def run(api: AirflowApi, dag: str) -> Times:
    """Run a DAG once. Raises RuntimeError when it fails."""
    name = api.start(dag, DAY)
    while api.state(dag, name) not in ENDED:
        time.sleep(1)
    tasks = api.tasks(dag, name)
    if any(task["state"] != "success" for task in tasks):
        raise RuntimeError(f"{dag}: must succeed, got {json.dumps({each['task_id']: each['state'] for each in tasks})}")
    whole = api.call("GET", f"/api/v2/dags/{dag}/dagRuns/{name}")
    starts, ends = ([moment(task[key]) for task in tasks] for key in ("start_date", "end_date"))
    return Times(
        tasks=(max(ends) - min(starts)).total_seconds(),
        total=(moment(whole["end_date"]) - moment(whole["queued_at"])).total_seconds(),
        each=[(end - start).total_seconds() for start, end in zip(starts, ends, strict=True)],
    )


def moment(text: str) -> datetime:
    """A moment as the API writes it."""
    return datetime.fromisoformat(text)


def main() -> int:
    """0 when all runs went well."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=3, help="of each side")
    parser.add_argument("--images", default="microstep-", help="what the names of the images begin with")
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="a variable for Airflow")
    args = parser.parse_args()
    found: dict[str, list[Times]] = {side: [] for side in SIDES}
    with folder() as place, airflow(place, args.images, args.set) as api:
        run(api, "asked")  # makes everything
        run(api, "ours")
        run(api, "bare")
        for number in range(args.runs):
            for side, times in found.items():
                times.append(run(api, side))
            print(f"{number + 1} of {args.runs}", file=sys.stderr, flush=True)
    print("| side | first task to last, s | against bare | trigger to end, s | against bare | a task, s |")
    print("|---|---|---|---|---|---|")
    bare = found["bare"]
    for side, what in SIDES.items():
        tasks, total = (median(time.tasks for time in found[side]), median(time.total for time in found[side]))
        each = median(seconds for time in found[side] for seconds in time.each)
        against = tasks / median(time.tasks for time in bare), total / median(time.total for time in bare)
        print(f"| {what} | {tasks:.1f} | {against[0]:.2f} | {total:.1f} | {against[1]:.2f} | {each:.2f} |")
    return 0


if __name__ == "__main__":
    sys.exit(main())
