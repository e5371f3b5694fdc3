"""The containers of this checkout's stack, as the engine knows them: for `make status`, which only looks."""

from __future__ import annotations

import re
import subprocess
from dataclasses import asdict, dataclass, field
from typing import Any

from checkout.settings import ROOT, cluster, project, same_directory

PARTS = (
    "airflow-apiserver",
    "airflow-dag-processor",
    "airflow-scheduler",
    "airflow-triggerer",
    "maildev",
    "mlflow",
    "pages",
    "postgres",
    "socket-proxy",
    "status",
)
"""Those that stay up (docker-compose.yml); the others come to their end."""
OF_A_CLUSTER = ("airflow-worker", "broker", "gateway")
"""The same of docker-compose.celery.yml."""
SECONDS = 10
_LABEL = "com.docker.compose"
_FORM = "\t".join(
    ["{{.ID}}", *(f'{{{{.Label "{_LABEL}.{name}"}}}}' for name in ("service", "project.working_dir")), "{{.Status}}"]
)


@dataclass
class Stack:
    """What the engine said."""

    up: bool = False
    parts: list[dict[str, str]] = field(default_factory=list)
    """Name, state (ok, note, bad) and a few words, of each part that there should be."""
    why: str = ""
    """Why the engine could not be asked."""
    status: str = ""
    """The container of the part `status`; empty where it does not run."""

    def told(self) -> dict[str, Any]:
        """As microstep_airflow/status/__main__.py takes it."""
        return {name: value for name, value in asdict(self).items() if name != "status"}


def ask_engine() -> Stack:
    """Look once; never ends this program."""
    try:
        # what `docker compose run` starts is called as the part itself, and is none
        words = (f"{_LABEL}.project={project()}", f"{_LABEL}.oneoff=False")
        done = engine("ps", "--all", *(f"--filter=label={label}" for label in words), f"--format={_FORM}")
    except FileNotFoundError:
        return Stack(why="there is no docker command")
    except subprocess.TimeoutExpired:
        return Stack(why=f"the engine has not answered for {SECONDS} s")
    if done.returncode:
        return Stack(why=f"the engine does not answer: {(done.stderr.strip() or 'no word').splitlines()[-1]}")
    lines = [line.split("\t") for line in done.stdout.splitlines()]
    if strangers := sorted({where for _, service, where, _ in lines if where and not same_directory(where)}):
        return Stack(why=f"the stack {project()} on this engine belongs to {', '.join(strangers)}, not to {ROOT}")
    there = {service: (container, words) for container, service, _, words in lines}
    return _stack(there)


def _stack(there: dict[str, tuple[str, str]]) -> Stack:
    expected = (*PARTS, *OF_A_CLUSTER) if cluster() else PARTS
    parts = []
    for name in sorted(expected):
        state, words = _state(there[name][1]) if name in there else ("bad", "is not there")
        parts.append({"name": name, "state": state, "text": words})
    up = any(_runs(there[name][1]) for name in expected if name in there)
    container, words = there.get("status", ("", ""))
    return Stack(up=up, parts=parts, status=container if _runs(words) else "")


def _runs(words: str) -> bool:
    return words.startswith("Up") and "Paused" not in words


def _state(words: str) -> tuple[str, str]:
    """State and words of a container by what `docker ps` writes: `Up 2 hours (healthy)`, `Exited (1) 5 minutes ago`."""
    health = re.search(r"\((healthy|unhealthy|health: starting|Paused)\)", words)
    if not words.startswith("Up"):
        return "bad", f"does not run: {words}"
    if health is None or health[1] == "healthy":
        return "ok", "healthy" if health else "runs"
    return ("note", "starting") if health[1] == "health: starting" else ("bad", health[1].lower())


def engine(*words: str, **more: Any) -> subprocess.CompletedProcess[str]:
    """`docker …`, not longer than SECONDS. Raises FileNotFoundError without a docker command, TimeoutExpired."""
    more = {"timeout": SECONDS, "capture_output": True, **more}
    return subprocess.run(["docker", *words], cwd=ROOT, text=True, check=False, **more)
