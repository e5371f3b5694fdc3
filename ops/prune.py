"""Show what is old and needed by nothing that stays; remove it after a yes."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta

from checkout.compose import compose, docker, is_up
from checkout.ending import NOT_PERMITTED, USAGE, end_tidily_when_asked_to, refuse
from checkout.one_at_a_time import one_at_a_time
from checkout.ownership import must_be_ours
from checkout.settings import ROOT, project
from cluster.machine_file import those_that_take_part
from pipelines.places import all_of, data_of, those, variables

WITH_THE_STACK = "Airflow's runs and logs, and MLflow's runs and versions that no kept model needs, from before then"


def agreed(removal: str, keep_days: int) -> bool:
    """Ask a person; ends this program when there is none."""
    try:
        return input(f"remove {removal}? [y/N] ").strip().lower() == "y"
    except EOFError:
        print()
        refuse(USAGE, f"nobody is there to answer, nothing was removed; type: make prune KEEP_DAYS={keep_days} YES=1")


def model_files() -> list[str]:
    """The model files of all pipelines, as MLflow's versions name them; ends this program when one is closed to us.

    What cannot be seen would look as if it were gone.
    """
    # of all, whichever is pruned: MLflow's versions do not say whose they are
    folders = [data_of(name) / "models" for name in all_of()]
    try:
        days = [day for folder in folders if folder.exists() for day in os.scandir(folder) if day.is_dir()]
        names = [(day.name, file.name) for day in days for file in os.scandir(day.path)]
    except OSError as error:
        refuse(
            NOT_PERMITTED,
            f"{error.filename}: cannot be read, so nobody can tell which runs are needed: {error.strerror}",
        )
    return sorted(f"models/{day}/{name}" for day, name in names if name.startswith("model-"))


def prune_stack(keep_days: int) -> None:
    """Remove what Airflow and MLflow keep of runs from before the last days."""
    before = (datetime.now(UTC) - timedelta(days=keep_days)).isoformat(timespec="seconds")
    inside = ("exec", "-T", "airflow-scheduler")
    compose(*inside, "airflow", "db", "clean", "--yes", "--skip-archive", f"--clean-before-timestamp={before}")
    logs = ("find", "/opt/airflow/logs", "-mindepth", "1")
    compose(*inside, *logs, "-type", "f", "-mtime", f"+{keep_days}", "-delete")
    compose(*inside, *logs, "-type", "d", "-empty", "-delete")
    print("Airflow's runs and logs from before then are removed", flush=True)
    if others := those_that_take_part():
        old = f"find /opt/airflow/logs -type f -mtime +{keep_days} -delete"
        worker = f"docker ps --quiet --filter=label=com.docker.compose.project={project()} --filter=name=airflow-worker"
        print(f"the logs that lie on {', '.join(others)} stay; to remove them, there: docker exec $({worker}) {old}")
    command = ("exec", "-T", "mlflow", "python", "-m", "microstep_mlflow.prune", f"--before={before}")
    print(compose(*command, input=json.dumps(model_files())).stdout.strip(), flush=True)


def prune_images() -> None:
    """Remove the images that this checkout has built and that newer ones have taken the names of."""
    label = f"label=com.docker.compose.project={project()}"
    lines = docker("image", "prune", "--force", f"--filter={label}").stdout.strip().splitlines()
    print(f"images without a name: {lines[-1] if lines else 'none'}")


def in_each(pipelines: tuple[str, ...], command: list[str]) -> int:
    """Have a command done for each pipeline; the exit code of the first that does not end well, which is the last."""
    for name in pipelines:
        if name:
            print(f"{name}:", flush=True)
        done = subprocess.run(command, cwd=ROOT, env=variables(name), stdin=subprocess.DEVNULL, check=False)
        if done.returncode:
            return done.returncode
    return 0


def main() -> int:
    """Show, ask, remove; the exit code of the step that knows what is in use."""
    end_tidily_when_asked_to()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("keep_days", type=int, help="the last days, whose datasets, runs and logs are all kept")
    parser.add_argument("--yes", action="store_true", help="do not ask")
    parser.add_argument("--pipeline", help="only its datasets (default: those of all, and what the stack keeps)")
    args = parser.parse_args()
    pipelines, stack = those(args.pipeline), is_up() and not args.pipeline
    must_be_ours()
    model_files()  # what would stop it later does so before anything goes
    command = ["docker", "compose", "run", "--rm", "-T", "validate", "prune", f"--keep-days={args.keep_days}"]
    if code := in_each(pipelines, command):
        return code
    removal = f"these datasets, images without a name{f', and {WITH_THE_STACK}' if stack else ''}"
    if not args.yes and not agreed(removal, args.keep_days):
        print("nothing was removed")
        return 0
    if code := in_each(pipelines, [*command, "--remove"]):
        return code
    if stack:
        prune_stack(args.keep_days)
    prune_images()
    return 0


if __name__ == "__main__":
    with one_at_a_time():
        sys.exit(main())
