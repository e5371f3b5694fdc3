#!/usr/bin/env python3
"""Builds and starts the whole system, waits until every part is healthy, prints where it is and how to log in."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path

from doctor import chosen_ports

ROOT = Path(__file__).resolve().parents[1]
SETTINGS = ROOT / ".env"
WAIT_SECONDS = "600"


def owner(path: Path) -> str:
    """Returns uid:gid of a directory's owner; 1000:1000 for root's, as the stack hands it over at the start."""
    found = path.stat()
    return f"{found.st_uid}:{found.st_gid}" if found.st_uid else "1000:1000"


def completed(settings: str, wanted: dict[str, str]) -> str:
    """Adds to the text of .env what it does not set; what a person wrote there stays."""
    for name, value in wanted.items():
        if not re.search(rf"(?m)^{name}=", settings):
            settings = f"{settings.rstrip()}\n{name}={value}\n".lstrip()
    return settings


def revision() -> str:
    """Returns the commit that is built, marked when files differ from it; "unknown" outside git."""
    command = ["git", "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*"]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False).stdout.strip() or "unknown"


def password() -> str:
    """Reads Airflow's log-in from the volume in which the first start wrote it."""
    command = ["docker", "compose", "exec", "-T", "airflow-apiserver", "cat", "/run/microstep/airflow/passwords.json"]
    text = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return str(json.loads(text)["admin"])


def mlflow_password() -> str:
    """Reads MLflow's log-in for people, likewise."""
    command = ["docker", "compose", "exec", "-T", "mlflow", "cat", "/run/microstep/mlflow/logins.json"]
    text = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return str(json.loads(text)["admin"])


def has_way_out(network: str) -> bool:
    """Whether a network is there from a version that made it with a way out; compose leaves it as it is."""
    command = ["docker", "network", "inspect", "--format", "{{.Internal}}", network]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False).stdout.strip() == "false"


def main() -> int:
    """Returns the exit code of compose."""
    if has_way_out("microstep-steps"):
        print(
            "microstep-steps: must be a network without a way out, but is an earlier version's: make down, make up",
            file=sys.stderr,
        )
        return 1
    before = SETTINGS.read_text(encoding="utf-8") if SETTINGS.exists() else ""
    wanted = {"MICROSTEP_USER": owner(ROOT / "data"), "MICROSTEP_HOST_ROOT": str(ROOT)}
    if (after := completed(before, wanted)) != before:
        SETTINGS.write_text(after, encoding="utf-8")
    environment = {**os.environ, "MICROSTEP_REVISION": revision()}
    built = subprocess.run(["docker", "compose", "build"], cwd=ROOT, env=environment, check=False)
    if built.returncode:
        return built.returncode
    start = time.monotonic()
    command = ["docker", "compose", "up", "--detach", "--wait", "--wait-timeout", WAIT_SECONDS]
    started = subprocess.run(command, cwd=ROOT, env=environment, check=False)
    if started.returncode:
        print(
            "not all parts are healthy; type: docker compose ps --all, then docker compose logs PART", file=sys.stderr
        )
        return started.returncode
    ports = chosen_ports(SETTINGS)
    print(f"""
all healthy {time.monotonic() - start:.0f} s after the build
  Airflow  http://localhost:{ports["MICROSTEP_AIRFLOW_PORT"]}   user admin, password {password()}
  MLflow   http://localhost:{ports["MICROSTEP_MLFLOW_PORT"]}   user admin, password {mlflow_password()}
  mail     http://localhost:{ports["MICROSTEP_MAIL_PORT"]}""")
    return 0


if __name__ == "__main__":
    sys.exit(main())
