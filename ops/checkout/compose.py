"""Commands in the running stack, for the tools that look after its state."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from checkout.ending import CONFIGURATION, UNAVAILABLE, refuse
from checkout.settings import ROOT, UnreadableError, cluster, environment, project, read, same_directory

HELPER = "python:3.13-slim-trixie"
"""The image in which volumes are looked after; the stack has it anyway."""
VOLUMES = ("secrets", "mlflow-artifacts", "airflow-mails")
"""Those that hold state besides the databases; logs are no state."""
ALL_VOLUMES = (*VOLUMES, "postgres", "airflow-logs")
LEFT_OVER = ("broker", "worker")
"""Those of the head of several machines that hold no state: Airflow puts it there again, or `make up` does."""
DATABASES = ("airflow", "mlflow")
STEP, OWNER = "microstep.step", "microstep.root"
"""Labels of a container that Airflow started: its step, and the checkout that it belongs to."""


def docker(*words: str, check: bool = True, **more: object) -> subprocess.CompletedProcess[str]:
    """`docker …` for this checkout; with `check`, ends this program when it fails, with what it said."""
    command = ["docker", *words]
    try:
        done = subprocess.run(  # type: ignore[call-overload]
            command, cwd=ROOT, env=environment(), capture_output=True, text=True, check=False, **more
        )
    except FileNotFoundError:
        refuse(UNAVAILABLE, "no docker command; type: make doctor")
    if check and done.returncode:
        sys.exit(f"{' '.join(command)}: exit {done.returncode}\n{done.stderr.strip()}")
    return done  # type: ignore[no-any-return]


def compose(*words: str, check: bool = True, **more: object) -> subprocess.CompletedProcess[str]:
    """`docker compose …`, as `docker`."""
    return docker("compose", *words, check=check, **more)


def is_rootless(info: Mapping[str, Any]) -> bool:
    """Whether an engine, by its `docker info`, runs as an ordinary user, who is root in its containers."""
    return any(option.startswith("name=rootless") for option in info.get("SecurityOptions") or [])


def volume(name: str, of: str = "") -> str:
    """The engine's name of a volume of this stack, or of the one that is named."""
    return f"{of or project()}_{name}"


def volumes() -> list[str]:
    """Those of the stack that are there."""
    there = docker("volume", "ls", "--format={{.Name}}").stdout.split()
    return [name for name in ALL_VOLUMES if volume(name) in there]


def is_up() -> bool:
    """Whether the stack's database runs."""
    return bool(compose("ps", "--quiet", "--status=running", "postgres").stdout.strip())


def own_steps(*, at_work: bool) -> dict[str, str]:
    """The containers of this checkout's steps that Airflow started, name by id: all, or those at work."""
    form = f'{{{{.ID}}}}\t{{{{.Names}}}}\t{{{{.Label "{OWNER}"}}}}'
    every = [] if at_work else ["--all"]
    lines = docker("ps", *every, f"--filter=label={STEP}", f"--format={form}").stdout.splitlines()
    containers = [line.split("\t") for line in lines]
    home = settings()["MICROSTEP_HOST_ROOT"] or str(ROOT)
    # by the path that the engine's host knows it by, too: `make doctor` has held that against this checkout
    return {container_id: name for container_id, name, owner in containers if owner == home or same_directory(owner)}


def settings() -> dict[str, str]:
    """As `settings.read`; ends this program when .env cannot be read."""
    try:
        return read()
    except UnreadableError as error:
        refuse(CONFIGURATION, f".env: cannot be read: {error}")


@contextmanager
def no_step_at_work(patience: float = 6 * 3600) -> Iterator[None]:
    """Let the steps that run come to their end, and start no other meanwhile; SystemExit when one does not end.

    The pool is what holds them back; `make up` gives it its places again, should this be killed.
    """
    airflow = ("exec", "-T", "airflow-scheduler", "airflow", "pools")
    slots = compose(*airflow, "get", "steps", "--output", "plain").stdout.splitlines()[-1].split()[1]
    if slots == "0":  # taken by a backup that was killed
        slots = settings()["MICROSTEP_POOL_SLOTS"] or "2"
    print(f"waiting until no step is at work (pool steps: {slots} places are taken back for now)", flush=True)
    try:
        compose(*airflow, "set", "steps", "0", "closed for a backup; make up opens it again")
        end = time.monotonic() + patience
        while running := [*own_steps(at_work=True).values(), *_by_hand(), *_on_other_machines()]:
            if time.monotonic() > end:
                sys.exit(f"still at work: {', '.join(running)}; nothing was copied")
            time.sleep(1)
        yield
    finally:
        compose(*airflow, "set", "steps", slots, "containers of steps at the same time")


def _by_hand() -> list[str]:
    """The names of this project's containers that `docker compose run` has started and that are at work."""
    label = "label=com.docker.compose"
    return docker(
        "ps", f"--filter={label}.project={project()}", f"--filter={label}.oneoff=True", "--format={{.Names}}"
    ).stdout.split()


def _on_other_machines() -> list[str]:
    """The tasks that Airflow has given to some machine: the containers of other engines cannot be seen from here."""
    if not cluster():
        return []
    query = "SELECT dag_id || '.' || task_id FROM task_instance WHERE pool = 'steps' AND state IN ('queued', 'running')"
    ask = ("psql", "--username=postgres", "--no-psqlrc", "--tuples-only", "--no-align", "--dbname=airflow")
    return compose("exec", "-T", "postgres", *ask, f"--command={query}").stdout.split()
