"""What .env and the environment say, as docker compose reads them: the one place that reads .env.

Compose knows quotes, `export`, comments, escapes, references and which of two wins, so it is asked.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from shlex import quote

ROOT = Path(__file__).resolve().parents[2]
USUAL_PROJECT = "microstep"
"""Compose's name of the stack, unless MICROSTEP_PROJECT says another one."""
PROJECT = "MICROSTEP_PROJECT"
_COMPOSES_OWN = "COMPOSE_PROJECT_NAME"
"""What compose itself takes for a name of a project, before all else."""
RESTORING = ROOT / ".restoring"
"""There while `make restore` is under way, or after one that did not come to its end."""
HOME = "MICROSTEP_HOST_ROOT"
USER = "MICROSTEP_USER"
ELSEWHERE = "MICROSTEP_ENGINE_ELSEWHERE"
CLUSTER = "MICROSTEP_CLUSTER_ADDRESS"
"""The head's address in the network of its machines; where it is set there are, or will be, several."""
LOCAL = (HOME, USER, ELSEWHERE, PROJECT, CLUSTER)
"""Those that belong to a place, not to the pipeline: no backup carries them to another one."""
PORTS = {
    "MICROSTEP_AIRFLOW_PORT": 8080,
    "MICROSTEP_MLFLOW_PORT": 5000,
    "MICROSTEP_MAIL_PORT": 1080,
    "MICROSTEP_STATUS_PORT": 8090,
}
SOCKET = "MICROSTEP_ENGINE_SOCKET"
NO_PROXY = "MICROSTEP_NO_PROXY"
PIPELINE = "MICROSTEP_PIPELINE"
"""The pipeline that `docker compose run` and the commands of make are about, where they name none."""
FILES = "COMPOSE_FILE"
"""Compose's own: the files that a stack is made of."""
CELERY = "docker-compose.celery.yml"
"""What the head of several machines has besides."""
OTHERS = (
    SOCKET,
    FILES,
    NO_PROXY,
    PIPELINE,
    "MICROSTEP_SCHEDULE",
    "MICROSTEP_SMTP",
    "MICROSTEP_STEP_MEMORY",
    "MICROSTEP_STEP_CPUS",
    "MICROSTEP_POOL_SLOTS",
    "MICROSTEP_PARALLELISM",
    "MICROSTEP_SQL_INTERNAL",
)
NAMES = (*LOCAL, *PORTS, *OTHERS)


ODD = "surrogateescape"
"""Errors of .env's encoding: compose minds no other one in a comment, and each byte comes back as it was."""


class UnreadableError(Exception):
    """Compose is not there, or cannot read .env; says why."""


@cache
def project() -> str:
    """The name of this checkout's stack, with which those of its containers, volumes, networks and images begin.

    Compose makes it of MICROSTEP_PROJECT (`My Shop` is `myshop`); COMPOSE_PROJECT_NAME, of a shell that is about
    something else, changes nothing here.
    """
    try:
        return _asked(ROOT, {_COMPOSES_OWN: ""})[0]
    except UnreadableError:  # compose can do nothing with it either; what needs a setting says so
        return USUAL_PROJECT


def typed_project() -> str:
    """The name by which `docker compose`, as a person types it, goes in this checkout. Raises UnreadableError."""
    return _asked(ROOT, {})[0]


def beside() -> str:
    """What to type for a stack of this checkout's own, beside another one's."""
    own = re.sub("[^a-z0-9]+", "-", ROOT.name.lower()).strip("-")
    name = f"{USUAL_PROJECT}-{'2' if own in ('', USUAL_PROJECT) else own}"
    return f"echo {PROJECT}={name} >> .env"


@cache
def _here() -> dict[str, str]:
    """Of this checkout; nothing is set where compose cannot read it: what needs a setting says so."""
    try:
        return read()
    except UnreadableError:
        return dict.fromkeys(NAMES, "")


def cluster() -> str:
    """The head's address in the network of its machines; empty where there is one machine."""
    return _here()[CLUSTER]


def environment() -> dict[str, str]:
    """The environment for every call of compose: of this checkout and this project, wherever it is typed."""
    more = {FILES: _with_celery(_here()[FILES])} if cluster() else {}
    return {**os.environ, "PWD": str(ROOT), "COMPOSE_PROJECT_NAME": project(), **more}


def as_typed() -> str:
    """`docker compose` as a person must type it in this checkout, so that it knows every part of the stack."""
    if not cluster():
        return "docker compose"
    return f"{FILES}={quote(environment()[FILES])} docker compose"


def _with_celery(files: str) -> str:
    """The files of the head of several machines: those that a person named, or compose's own choice, and ours."""
    override = [name for name in ("docker-compose.override.yml",) if (ROOT / name).exists()]
    named = files.split(os.pathsep) if files else ["docker-compose.yml", *override]
    return os.pathsep.join([*named, *({CELERY} - set(named))])


def read(root: Path = ROOT, variables: Mapping[str, str] | None = None, file: Path | None = None) -> dict[str, str]:
    """Returns the value of each of NAMES, empty when it is not set. Raises UnreadableError.

    :param variables: more of the environment, which wins against .env
    :param file: another file to read instead of the checkout's .env
    """
    return _asked(root, {_COMPOSES_OWN: USUAL_PROJECT, **(variables or {})}, file)[1]


def _asked(root: Path, variables: Mapping[str, str], file: Path | None = None) -> tuple[str, dict[str, str]]:
    """The project's name, and the value of each of NAMES, as compose says them."""
    if shutil.which("docker") is None:
        if file is None and not (root / ".env").exists():  # nothing that would have to be understood
            values = {name: {**os.environ, **variables}.get(name, "") for name in NAMES}
            return values[PROJECT] or USUAL_PROJECT, values
        raise UnreadableError("no docker command, whose compose reads it")
    # the least that compose takes for a project, with each variable in it
    every = {"image": "none", "environment": {name: f"${{{name}-}}" for name in NAMES}}
    document = {"name": f"${{{PROJECT}:-{USUAL_PROJECT}}}", "services": {"settings": every}}
    options = ["--project-directory", str(root), *(["--env-file", str(file)] if file else []), "--file", "-"]
    done = subprocess.run(
        ["docker", "compose", *options, "config", "--format", "json"],
        cwd=root,
        env={**os.environ, "PWD": str(root), **variables},
        input=json.dumps(document),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise UnreadableError(done.stderr.strip() or f"docker compose config: exit {done.returncode}")
    answer = json.loads(done.stdout)
    values = answer["services"]["settings"]["environment"]
    return answer["name"], {name: values[name].replace("$$", "$") for name in NAMES}


def names_in_file() -> frozenset[str]:
    """The names of our settings that .env has a line for; what the lines say is for compose to tell."""
    file = ROOT / ".env"
    text = file.read_text(encoding="utf-8", errors=ODD) if file.exists() else ""
    return frozenset(re.findall(r"^\s*(?:export\s+)?(MICROSTEP_\w+)\s*[=:]", text, re.MULTILINE))


def names_that_are_read() -> frozenset[str]:
    """The names of our settings that the tools or compose's files ask for."""
    texts = [file.read_text(encoding="utf-8") for file in sorted(ROOT.glob("docker-compose*.yml"))]
    return frozenset(NAMES).union(*(re.findall(r"\$\{(MICROSTEP_\w+)", text) for text in texts))


def ports(settings: Mapping[str, str]) -> dict[str, int]:
    """Returns the ports of the pages. Raises ValueError for what is no port."""
    numbers = {}
    for name, usual in PORTS.items():
        text = settings.get(name) or str(usual)
        if not text.isascii() or not text.isdigit() or not 0 < int(text) < 2**16:
            raise ValueError(f"{name}: must be a port from 1 to 65535, got {text!r}")
        numbers[name] = int(text)
    return numbers


def same_directory(path: str) -> bool:
    """Tells whether a path is this checkout, by whatever way it leads there."""
    try:
        return bool(path) and Path(path).samefile(ROOT)
    except OSError:
        return False
