"""The four files that must know of a step, besides its own folder: each gets one entry, which is never made twice."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

COMPOSE = "docker-compose.yml"
FLOW = "airflow/microstep_airflow/steps.py"
PROXY = "infra/socket-proxy/socket_proxy/rules.py"
PAGE = "README.md"
DAG = "airflow/dags/predict.py"
MODEL = "preprocess"
"""The step whose Dockerfile and service a new one's are copies of: no network, no registry, the contract alone."""


def entries(name: str, root: Path) -> dict[str, str]:
    """The new text of each file that has no entry for a step yet. Raises ValueError where none can be made."""
    add: dict[str, Callable[[str, str], str]] = {COMPOSE: service, FLOW: place, PROXY: permission, PAGE: row}
    texts = {path: (root / path).read_text() for path in add}
    changed = {path: add[path](text, name) for path, text in texts.items()}
    return {path: text for path, text in changed.items() if text != texts[path]}


def service(text: str, name: str) -> str:
    """Compose's entry: that of `preprocess`, by another name."""
    block = re.search(rf"^  {MODEL}:\n(?:    .*\n)+", text, re.MULTILINE)
    services, networks, rest = text.partition("\nnetworks:\n")
    if not block or not networks:
        raise ValueError(f"{COMPOSE}: must have the service {MODEL}, as a model, and `networks:` after the services")
    if re.search(rf"^  {name}:$", services, re.MULTILINE):
        return text
    return f"{services}\n{block[0].replace(MODEL, name)}{networks}{rest}"


def place(text: str, name: str) -> str:
    """What it reads and writes, for Airflow."""
    entry = f'    "{name}": Step(reads=("processed",), writes=("{name}",)),\n'
    return _with_line(text, entry, rf'^    "{name}": Step\(', r"^STEPS = \{\n(?:.*\n)*?(?=^\}\n)", FLOW)


def permission(text: str, name: str) -> str:
    """Its image may be started."""
    return _with_line(text, f'    "{name}",\n', rf'^    "{name}",$', r"^STEPS = \(\n(?:    .*\n)*(?=^\)\n)", PROXY)


def row(text: str, name: str) -> str:
    """Its row in the README's table of the data flow."""
    entry = f"| [{name}](services/{name}/README.md) | `processed/<day>` | `derived/{name}/<day>` | — |\n"
    return _with_line(text, entry, rf"^\| \[{name}\]", r"^\| step \| reads .*\n(?:\|.*\n)+", PAGE)


def line_of_a_dag(name: str, root: Path) -> tuple[str, str]:
    """The line of predict's DAG file in which a new step gets its place, as it is and as it should be.

    Last: a step that fails there leaves predictions as they were. Raises ValueError when there is no such line.
    """
    found = re.search(r"^.*\bsteps=\[([^\]]*)\].*$", (root / DAG).read_text(), re.MULTILINE)
    if found is None:
        raise ValueError(f"{DAG}: must have a line with steps=[…]")
    return found[0].strip(), found[0].replace(f"[{found[1]}]", f'[{found[1]}, "{name}"]').strip()


def _with_line(text: str, entry: str, there: str, before: str, path: str) -> str:
    """A text with an entry after what `before` matches, unless `there` says that it has one."""
    if re.search(there, text, re.MULTILINE):
        return text
    found = re.search(before, text, re.MULTILINE)
    if found is None:
        raise ValueError(f"{path}: has been changed so that there is no place for a step; it must match {before!r}")
    return text[: found.end()] + entry + text[found.end() :]
