"""Whether a machine has what the head has: `make worker` looks at revision and images, and this when work comes."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path

from microstep_airflow.machines.names import FOLDER, HEAD, others
from microstep_airflow.settings import Settings

MACHINE, FITS = "MICROSTEP_MACHINE", "MICROSTEP_FITS"
"""The name of this machine; the version of the head with which `make worker` found it equal."""
HEADS = "head.json"
"""What `make up` on the head writes of itself, among the machines' files."""
RENEW = (
    "on the head docker save, as docs/operations.md says; on the machine docker load < machines/images.tar, make worker"
)


def of_the_head(folder: Path) -> str:
    """The head's version; empty where it has told none."""
    try:
        return sha256((folder / HEADS).read_bytes()).hexdigest()[:16]
    except FileNotFoundError:
        return ""


def other_versions(settings: Settings) -> list[str]:
    """The machines besides the head that had another version of it when they were started last."""
    folder = settings.config.parent / FOLDER
    here = of_the_head(folder)
    return [name for name in others(settings) if _of(folder / f"{name}.env") != here]


def _of(file: Path) -> str:
    try:
        lines = re.findall(rf"(?m)^{FITS}=(.*)$", file.read_text(encoding="utf-8"))
    except FileNotFoundError:  # it went meanwhile
        return ""
    return lines[-1] if lines else ""


def why_not_here(environment: Mapping[str, str] = os.environ) -> str:
    """Why no step may start on this machine; empty where one may, as on the head and where there are no others."""
    machine = environment.get(MACHINE, HEAD)
    if machine == HEAD:
        return ""
    folder = Settings.read(environment).config.parent / FOLDER
    if environment.get(FITS, "") == of_the_head(folder):
        return ""
    return f"{machine}: must have the head's version, but the head has another one by now; {RENEW}"
