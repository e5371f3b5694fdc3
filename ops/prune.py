"""Show what is old and needed by nothing that stays; remove it after a yes."""

from __future__ import annotations

import argparse
import subprocess
import sys
from datetime import UTC, datetime, timedelta

from checkout.compose import compose, is_up
from checkout.ending import USAGE, end_tidily_when_asked_to, refuse
from checkout.one_at_a_time import one_at_a_time
from checkout.ownership import must_be_ours
from checkout.settings import ROOT, environment


def agreed(removal: str, keep_days: int) -> bool:
    """Ask a person; ends this program when there is none."""
    try:
        return input(f"remove {removal}? [y/N] ").strip().lower() == "y"
    except EOFError:
        print()
        refuse(USAGE, f"nobody is there to answer, nothing was removed; type: make prune KEEP_DAYS={keep_days} YES=1")


def main() -> int:
    """Show, ask, remove; the exit code of the step that knows what is in use."""
    end_tidily_when_asked_to()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("keep_days", type=int, help="days whose datasets, runs and logs all stay")
    parser.add_argument("--yes", action="store_true", help="do not ask")
    args = parser.parse_args()
    must_be_ours()
    command = ["docker", "compose", "run", "--rm", "-T", "validate", "prune", f"--keep-days={args.keep_days}"]
    shown = subprocess.run(command, cwd=ROOT, env=environment(), stdin=subprocess.DEVNULL, check=False)
    if shown.returncode:
        return shown.returncode
    removal = "these datasets, and Airflow's runs and logs from before then" if is_up() else "these datasets"
    if not args.yes and not agreed(removal, args.keep_days):
        print("nothing was removed")
        return 0
    removed = subprocess.run([*command, "--remove"], cwd=ROOT, env=environment(), stdin=subprocess.DEVNULL, check=False)
    if removed.returncode or not is_up():
        return removed.returncode
    before = (datetime.now(UTC) - timedelta(days=args.keep_days)).isoformat(timespec="seconds")
    inside = ("exec", "-T", "airflow-scheduler")
    compose(*inside, "airflow", "db", "clean", "--yes", "--skip-archive", f"--clean-before-timestamp={before}")
    logs = ("find", "/opt/airflow/logs", "-mindepth", "1")
    compose(*inside, *logs, "-type", "f", "-mtime", f"+{args.keep_days}", "-delete")
    compose(*inside, *logs, "-type", "d", "-empty", "-delete")
    print("Airflow's runs and logs from before then are removed")
    return 0


if __name__ == "__main__":
    with one_at_a_time():
        sys.exit(main())
