"""Which names a new step may have: it becomes a folder, a package, an image, a service, a suite and a task."""

from __future__ import annotations

import keyword
import re
import sys
from collections.abc import Iterator
from pathlib import Path

RULE = re.compile("[a-z][a-z0-9]*(_[a-z0-9]+)*")
LONGEST = 30


def refusal(name: str, root: Path, *, begun: bool = False) -> str:
    """Why a step cannot have a name, with the way out; empty when it can.

    :param begun: an earlier `make step` of this name was killed, so what it has written is no reason
    """
    return next(_faults(name, root, begun=begun), "")


def _faults(name: str, root: Path, *, begun: bool) -> Iterator[str]:
    if not RULE.fullmatch(name) or len(name) > LONGEST:
        yield (
            f"NAME: must be of a-z and 0-9, with single _ between them, begin with a letter and have at most {LONGEST}"
            f" characters, since it names a package and an image; got {name!r}; say: make step NAME=enrich"
        )
    if (root / "services" / name).exists():
        yield f"NAME: must be new, but services/{name} is there; take another one, or remove that one first"
    if keyword.iskeyword(name):
        yield f"NAME: must not be a keyword of Python's, got {name!r}; take another one, {name}_rows say"
    if name in sys.stdlib_module_names:
        yield f"NAME: must not hide a module of Python's, got {name!r}; take another one, {name}_rows say"
    if re.match("test(_|$)", name):
        yield f"NAME: must not begin as tests do, got {name!r}; take another one"
    for word, whose in _taken(root, begun=begun):
        if word == name:
            yield f"NAME: must be free, but {name} is {whose}; take another one"


def _taken(root: Path, *, begun: bool) -> Iterator[tuple[str, str]]:
    """Words that mean something else where the step's name would stand, each with what it is."""
    for folder in (root, root / "libs", root / "infra"):
        yield from ((path.name, f"the folder {path.relative_to(root)}") for path in folder.iterdir() if path.is_dir())
    for path in (root / "libs").glob("*/*/__init__.py"):
        yield path.parent.name, "a library of ours"
    if not begun:
        for path in sorted(root.glob("docker-compose*.yml")):
            words = re.findall(r"^  ([a-z][\w-]*):", path.read_text(), re.MULTILINE)
            yield from ((word, f"a service, a network or a volume of {path.name}") for word in words)
    suites = re.findall(r'(?:whole|part|service|Suite)\(\s*(?:\*\(\s*)?"([\w-]+)"', (root / "dev/test").read_text())
    yield from ((word, "a suite of dev/test") for word in suites)
    for path in (root / "airflow/dags").glob("*.py"):
        yield path.stem, "a DAG"
    for path in (root / "airflow/microstep_airflow").rglob("*.py"):
        task = r'(?:task_id=|task=|TASK = )"([a-z_]+)"|@task_group.*\n +def (\w+)'
        words = [word for pair in re.findall(task, path.read_text()) for word in pair]
        yield from ((word, "a task of Airflow's") for word in words)
    layout = (root / "libs/contract/contract/layout.py").read_text()
    words = re.findall(r"def (\w+)\(self|/ \"(\w+)\"", layout)
    yield from ((word, "a place in the data root") for pair in words for word in pair if word)
    for lock in ("libs/contract", "libs/analysis", "dev"):
        for word in re.findall(r"^([\w.-]+)==", (root / lock / "requirements.txt").read_text(), re.MULTILINE):
            yield re.sub("[.-]", "_", word).lower(), f"a package of {lock}/requirements.txt"
    yield from ((word, "a name that tests or tools have") for word in ("conftest", "pythonjsonlogger", "sklearn"))
