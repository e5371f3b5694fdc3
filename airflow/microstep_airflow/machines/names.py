"""Which machines there are, and where each kind of task goes: docs/decisions/0058-celery.md.

A queue matters where tasks go to Celery's workers alone; LocalExecutor takes all tasks, whatever their queue.
"""

from __future__ import annotations

import re
from typing import Any

from microstep_airflow.settings import Settings

HEAD = "head"
"""The machine that has the scheduler, the databases and the broker."""
FOLDER = "machines"
"""Beside pipeline.toml: a file NAME.env for each other machine, which `make worker` writes there."""
NAME = "[a-z][a-z0-9-]{0,30}"

STEPS = "steps"
"""The queue of all tasks that any machine can do."""
TRAIN = "train"
"""The queue of the steps that need much memory."""
_IN_MEMORY = ("train", "validate")


def queue_of(step: str) -> str:
    """The queue of a step."""
    return TRAIN if step in _IN_MEMORY else STEPS


def queue_on(machine: str) -> str:
    """The queue of what is about one machine's engine."""
    return f"host.{machine}"


def others(settings: Settings) -> list[str]:
    """The machines besides the head; none where tasks are not given to workers."""
    if not settings.has_workers:
        return []
    files = (settings.config.parent / FOLDER).glob("*.env")
    return sorted(path.stem for path in files if re.fullmatch(NAME, path.stem) and path.stem != HEAD)


def on_the_head(settings: Settings) -> dict[str, Any]:
    """The options of a task that must be done on the head, whose mails and mounts it is about.

    It goes to a process of the scheduler's, as all tasks do where there is no worker: so it needs no broker, and waits
    for no step that has a worker's last place.
    """
    return {"executor": "LocalExecutor"} if settings.has_workers else {}
