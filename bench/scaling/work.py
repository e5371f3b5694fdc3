"""What a night has to do: the runs of each pipeline, stage after stage, as airflow/dags declare them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Literal

TEST_FRACTION = 0.2


@dataclass(frozen=True)
class Plan:
    """A stack and what it is given to do in a night."""

    pipelines: int
    rows: float
    """Of one day, of all pipelines together."""
    machines: int = 1
    processors: float = 2.0
    """Of each machine, that nobody else uses."""
    slots: int = 2
    """Containers of steps at the same time, on each machine (MICROSTEP_POOL_SLOTS is of all together)."""
    parallelism: int = 8
    """Tasks at the same time, on each machine."""
    window_days: int = 7
    max_rows: float = 500_000
    """training.max_rows of each pipeline."""
    trains: bool = True
    """Whether it is the night of the training, too."""
    first: bool = False
    """Whether it is the first night: predict waits for the champion that the same night makes."""

    @property
    def rows_each(self) -> float:
        """Of one day of one pipeline."""
        return self.rows / self.pipelines

    @property
    def window_rows(self) -> float:
        """Of a training's window of one pipeline."""
        return self.rows_each * self.window_days

    @property
    def fitted_rows(self) -> float:
        """Those that one training holds."""
        return min(self.window_rows * (1 - TEST_FRACTION), self.max_rows)

    def with_slots_for_its_processors(self) -> Plan:
        """The same with a container for each processor, and the tasks beside them."""
        slots = max(1, round(self.processors))
        return replace(self, slots=slots, parallelism=max(8, 2 * slots))


@dataclass(frozen=True)
class Task:
    """What one task does besides being a task."""

    kind: Literal["look", "step", "wait"]
    step: str = ""
    thing: str = ""
    """What it makes, or waits for; a step whose thing is there has nothing to do."""


@dataclass
class Run:
    """One run of a DAG."""

    pipeline: int
    dag: str
    stages: list[list[Task]]
    left: int = 0
    """Tasks of the first stage that are not done yet, once it has begun."""
    begun: bool = field(default=False)


LOOK = Task("look")


def runs(plan: Plan) -> Iterator[Run]:
    """All of them, in the order in which they are asked for: DAG by DAG."""
    for dag in ("generate", "train", "predict") if plan.trains else ("generate", "predict"):
        for pipeline in range(plan.pipelines):
            yield Run(pipeline, dag, _stages(dag, plan))


def there_before(plan: Plan) -> Iterator[str]:
    """What the nights before have left: the other days of the window, and the champion."""
    for back in range(1, plan.window_days):
        yield from (f"raw-{back}", f"processed-{back}")
    if not plan.first:
        yield "champion"


def _stages(dag: str, plan: Plan) -> list[list[Task]]:
    window = range(plan.window_days)
    match dag:
        case "generate":
            return [[LOOK], [Task("step", "generate", "raw-0")], [LOOK]]
        case "predict":
            return [
                [LOOK],
                [Task("wait", thing="champion")],
                [Task("wait", thing="raw-0")],
                [Task("step", "preprocess", "processed-0")],
                [Task("step", "predict", "predictions-0")],
            ]
        case _:
            return [
                [LOOK, LOOK],
                [Task("wait", thing=f"raw-{back}") for back in window for _ in ("data", "target")],
                [LOOK],
                [Task("step", "preprocess", f"processed-{back}") for back in window],
                [Task("step", "train", "model")],
                [Task("step", "validate", "verdict")],
            ]
