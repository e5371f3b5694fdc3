"""Show what is old and needed by nothing that stays; remove it after a yes."""

from __future__ import annotations

import argparse
import subprocess
import sys
from datetime import UTC, datetime, timedelta

from compose import ROOT, compose, is_up


def main() -> int:
    """Show, ask, remove; the exit code of the step that knows what is in use."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("keep_days", type=int, help="days whose datasets, runs and logs all stay")
    parser.add_argument("--yes", action="store_true", help="do not ask")
    args = parser.parse_args()
    command = ["docker", "compose", "run", "--rm", "validate", "prune", f"--keep-days={args.keep_days}"]
    shown = subprocess.run(command, cwd=ROOT, check=False)
    if shown.returncode:
        return shown.returncode
    what = "these datasets, and Airflow's runs and logs from before then" if is_up() else "these datasets"
    if not args.yes and input(f"remove {what}? [y/N] ").strip().lower() != "y":
        print("nothing was removed")
        return 0
    removed = subprocess.run([*command, "--remove"], cwd=ROOT, check=False)
    if removed.returncode or not is_up():
        return removed.returncode
    before = (datetime.now(UTC) - timedelta(days=args.keep_days)).isoformat(timespec="seconds")
    clean = ["airflow", "db", "clean", "--yes", "--skip-archive", f"--clean-before-timestamp={before}"]
    compose("exec", "-T", "airflow-scheduler", *clean)
    logs = ["find", "/opt/airflow/logs", "-type", "f", "-mtime", f"+{args.keep_days}", "-delete"]
    compose("exec", "-T", "airflow-scheduler", *logs)
    compose(
        "exec",
        "-T",
        "airflow-scheduler",
        "find",
        "/opt/airflow/logs",
        "-mindepth",
        "1",
        "-type",
        "d",
        "-empty",
        "-delete",
    )
    print("Airflow's runs and logs from before then are removed")
    return 0


if __name__ == "__main__":
    sys.exit(main())
