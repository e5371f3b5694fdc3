"""What one of each costs, as measured: read from figures.toml, which says where each figure comes from."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FIGURES = Path(__file__).with_name("figures.toml")


@dataclass(frozen=True)
class StepCost:
    """Of one container of a step."""

    fixed: float
    """Processor seconds of one with hardly any rows."""
    per_row: float
    """Processor seconds of each row that it goes through: of its day, for train and validate of the window."""
    bytes_per_row: float
    """Read and written in the data root."""
    per_fitted_row: float = 0.0
    """Processor seconds of each row that is held and fitted."""
    registry: float = 0.0
    """Processor seconds of MLflow's server, on the head."""


@dataclass(frozen=True)
class TaskCost:
    """Of a task, whatever it does, in processor seconds."""

    process: float
    """Its own process, on the machine where it runs."""
    api: float
    """Of the API server, which does one thing at a time."""
    database: float
    around: float
    """Of the DAG processor, the triggerer and the socket proxy."""


@dataclass(frozen=True)
class SchedulerCost:
    """Of the scheduler's loop, which is one process."""

    loop: float
    """Processor seconds of a loop in which nothing is found."""
    per_run: float
    """Of each run that it looks at."""
    per_task: float
    """Of a task, from ready to ended."""
    sleep: float
    """Seconds until it looks again when nothing was found."""
    runs_per_loop: int
    tasks_per_loop: int


@dataclass(frozen=True)
class Costs:
    """All of it."""

    steps: dict[str, StepCost]
    task: TaskCost
    scheduler: SchedulerCost
    parsing: dict[str, float]
    container: dict[str, float]
    idle: dict[str, float]
    database: dict[str, float]
    memory: dict[str, float]
    machine: dict[str, float]


def read(path: Path = FIGURES) -> Costs:
    """The measured ones."""
    raw: dict[str, Any] = tomllib.loads(path.read_text())
    return Costs(
        steps={name: StepCost(**step) for name, step in raw.pop("steps").items()},
        task=TaskCost(**raw.pop("task")),
        scheduler=SchedulerCost(**raw.pop("scheduler")),
        **raw,
    )
