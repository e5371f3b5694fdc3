#!/usr/bin/env python3
"""Builds and starts the whole system, waits until every part is healthy, prints where it is and how to log in."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

from checkout.compose import docker, is_rootless
from checkout.ending import CONFIGURATION, refuse
from checkout.labels import labels
from checkout.one_at_a_time import one_at_a_time
from checkout.ownership import must_be_ours, word_of_adoption
from checkout.settings import (
    ELSEWHERE,
    ODD,
    ROOT,
    USER,
    UnreadableError,
    as_typed,
    cluster,
    environment,
    ports,
    project,
    read,
)
from cluster.head import must_be_here, name_the_others, tell_the_others
from pipeline_file import what_is_wrong_in_a_container, what_is_wrong_in_containers
from pipelines.places import names, refuse_both
from pipelines.reports import refresh_index
from stack_id import VOUCHED

SETTINGS = ROOT / ".env"
WAIT_SECONDS = "600"


def owner(path: Path) -> str:
    """Returns uid:gid of a directory's owner; 1000:1000 for root's, as the stack hands it over at the start."""
    status = path.stat()
    return f"{status.st_uid}:{status.st_gid}" if status.st_uid else "1000:1000"


def add(file: Path, name: str, value: str) -> None:
    """Adds a setting behind what a person wrote, of which nothing is touched."""
    with file.open("a+", encoding="utf-8", errors=ODD) as settings:
        settings.seek(0)
        text = settings.read()
        settings.write(f"{'' if not text or text.endswith(chr(10)) else chr(10)}{name}={value}\n")
        settings.flush()
        os.fsync(settings.fileno())


def password() -> str:
    """Reads Airflow's log-in from the volume in which the first start wrote it."""
    return str(json.loads(secret("airflow-apiserver", "airflow/passwords.json"))["admin"])


def mlflow_password() -> str:
    """Reads MLflow's log-in for people, likewise."""
    return str(json.loads(secret("mlflow", "mlflow/logins.json"))["admin"])


def mail_password() -> str:
    """Reads the log-in to the mails, likewise."""
    return secret("pages", "pages/users").rpartition("}")[2].strip()


def secret(part: str, file: str) -> str:
    """Reads a file as the part of the stack that may."""
    command = ["docker", "compose", "exec", "-T", part, "cat", f"/run/microstep/{file}"]
    return subprocess.run(command, cwd=ROOT, env=environment(), capture_output=True, text=True, check=True).stdout


def has_way_out(network: str) -> bool:
    """Whether a network is there from a version that made it with a way out; compose leaves it as it is."""
    command = ["docker", "network", "inspect", "--format", "{{.Internal}}", network]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False).stdout.strip() == "false"


def files_must_be_readable() -> None:
    """End this program when no pipeline's file can be read; one of several that is wrong is told, no more."""
    if not (pipelines := names()):
        if lone := what_is_wrong_in_a_container():
            refuse(CONFIGURATION, lone)
        return
    refuse_both()
    if wrong := what_is_wrong_in_containers(pipelines):
        print(*wrong, sep="\n", file=sys.stderr)
    if len(wrong) == len(pipelines):
        refuse(CONFIGURATION, "no file in pipelines/ can be read, so there is nothing to start")
    refresh_index()


def main() -> int:
    """Returns the exit code of compose."""
    if word := word_of_adoption(must_be_ours()):
        print(word, flush=True)
    steps = f"{project()}-steps"
    if has_way_out(steps):
        refuse(
            CONFIGURATION,
            f"{steps}: must be a network without a way out, but is an earlier version's; make down, make up",
        )
    try:
        settings = read()
    except UnreadableError as error:
        refuse(CONFIGURATION, f".env: cannot be read: {error}")
    if cluster():
        must_be_here(cluster(), elsewhere=settings[ELSEWHERE] == "true")
    if not settings[USER]:
        # root of a rootless engine's containers is who started it
        rootless = is_rootless(json.loads(docker("info", "--format={{json .}}").stdout))
        add(SETTINGS, USER, "0:0" if rootless else owner(ROOT / "data"))
    # must_be_ours has looked at the path where the volumes were last up, which the service `checkout` cannot see
    variables = {**environment(), **labels(), VOUCHED: "true"}
    built = subprocess.run(["docker", "compose", "build"], cwd=ROOT, env=variables, check=False)
    if built.returncode:
        return built.returncode
    files_must_be_readable()
    if cluster():
        tell_the_others(variables["MICROSTEP_REVISION"])
    start = time.monotonic()
    command = ["docker", "compose", "up", "--detach", "--wait", "--wait-timeout", WAIT_SECONDS]
    started = subprocess.run(command, cwd=ROOT, env=variables, check=False)
    if cluster():
        name_the_others()
    if started.returncode:
        typed = as_typed()
        print(f"not all parts are healthy; type: {typed} ps --all, then {typed} logs PART", file=sys.stderr)
        return started.returncode
    pages = ports(settings)
    print(f"""
all healthy {time.monotonic() - start:.0f} s after the build
  Airflow  http://localhost:{pages["MICROSTEP_AIRFLOW_PORT"]}   user admin, password {password()}
  MLflow   http://localhost:{pages["MICROSTEP_MLFLOW_PORT"]}   user admin, password {mlflow_password()}
  mail     http://localhost:{pages["MICROSTEP_MAIL_PORT"]}   user admin, password {(mails := mail_password())}
  status   http://localhost:{pages["MICROSTEP_STATUS_PORT"]}   user admin, password {mails}; also the reports""")
    return 0


if __name__ == "__main__":
    with one_at_a_time():
        sys.exit(main())
