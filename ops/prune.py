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
from checkout.settings import ROOT, environment, project

WITH_THE_STACK = "Airflow's runs and logs, and MLflow's runs and versions that no kept model needs, from before then"


def agreed(removal: str, keep_days: int) -> bool:
    """Ask a person; ends this program when there is none."""
    try:
        return input(f"remove {removal}? [y/N] ").strip().lower() == "y"
    except EOFError:
        print()
        refuse(USAGE, f"nobody is there to answer, nothing was removed; type: make prune KEEP_DAYS={keep_days} YES=1")


def model_files() -> list[str]:
    """The model files below data/, as MLflow's versions name them; ends this program when one folder is closed to us.

    What cannot be seen would look as if it were gone.
    """
    folder = ROOT / "data" / "models"
    try:
        days = [day for day in os.scandir(folder) if day.is_dir()] if folder.exists() else []
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
    command = ("exec", "-T", "mlflow", "python", "-m", "microstep_mlflow.prune", f"--before={before}")
    print(compose(*command, input=json.dumps(model_files())).stdout.strip(), flush=True)


def prune_images() -> None:
    """Remove the images that this checkout has built and that newer ones have taken the names of."""
    label = f"label=com.docker.compose.project={project()}"
    lines = docker("image", "prune", "--force", f"--filter={label}").stdout.strip().splitlines()
    print(f"images without a name: {lines[-1] if lines else 'none'}")


def main() -> int:
    """Show, ask, remove; the exit code of the step that knows what is in use."""
    end_tidily_when_asked_to()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("keep_days", type=int, help="days whose datasets, runs and logs all stay")
    parser.add_argument("--yes", action="store_true", help="do not ask")
    args = parser.parse_args()
    must_be_ours()
    model_files()  # what would stop it later does so before anything goes
    command = ["docker", "compose", "run", "--rm", "-T", "validate", "prune", f"--keep-days={args.keep_days}"]
    shown = subprocess.run(command, cwd=ROOT, env=environment(), stdin=subprocess.DEVNULL, check=False)
    if shown.returncode:
        return shown.returncode
    removal = f"these datasets, images without a name{f', and {WITH_THE_STACK}' if is_up() else ''}"
    if not args.yes and not agreed(removal, args.keep_days):
        print("nothing was removed")
        return 0
    removed = subprocess.run([*command, "--remove"], cwd=ROOT, env=environment(), stdin=subprocess.DEVNULL, check=False)
    if removed.returncode:
        return removed.returncode
    if is_up():
        prune_stack(args.keep_days)
    prune_images()
    return 0


if __name__ == "__main__":
    with one_at_a_time():
        sys.exit(main())
