"""What breaks, at which number, and what to set: plain arithmetic on the measured costs, one line a limit."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from costs import Costs
from work import Plan, runs

NIGHT = 8 * 3600.0
"""Seconds in which all must be done."""
STEP_LIMIT = 6 * 3600.0
"""Airflow ends a step after them: STEP_LIMIT in airflow/microstep_airflow/dag_factory.py."""
IMPORT_LIMIT = 240.0
"""core.dagbag_import_timeout, as docker-compose.yml has it."""
CONNECTIONS = 100
"""PostgreSQL's max_connections."""
FEATURES = 36
BYTES_OF_A_HELD_VALUE = 25
"""docs/performance.md, Memory: 8 and 17 bytes of each feature."""
BYTES_OF_A_TRAINING = 4e8


@dataclass(frozen=True)
class Limit:
    """One of them."""

    thing: str
    at: float
    of: str
    """What `at` counts."""
    setting: str


def tasks_of_a_pipeline(plan: Plan) -> int:
    """Tasks of one pipeline's night."""
    return sum(len(stage) for run in runs(plan) if run.pipeline == 0 for stage in run.stages)


def processor_seconds(plan: Plan, costs: Costs) -> float:
    """Of one pipeline's night, without its rows."""
    names = costs.steps if plan.trains else ("generate", "preprocess", "predict")
    steps = sum(costs.steps[name].fixed + costs.steps[name].registry + costs.container["processor"] for name in names)
    task, scheduler = costs.task, costs.scheduler
    each = task.process + task.api + task.database + task.around + scheduler.per_task
    return steps + tasks_of_a_pipeline(plan) * each


def passes_of_a_row(plan: Plan) -> dict[str, int]:
    """How often each step of a night goes through a row of a day: train and validate through the whole window's."""
    window = {"train": plan.window_days, "validate": plan.window_days} if plan.trains else {}
    return {"generate": 1, "preprocess": 1, "predict": 1, **window}


def tasks_per_second(costs: Costs) -> float:
    """What the scheduler can hand out at best, with enough runs to look at."""
    scheduler = costs.scheduler
    full = scheduler.loop + scheduler.runs_per_loop * scheduler.per_run + scheduler.tasks_per_loop * scheduler.per_task
    return scheduler.tasks_per_loop / full


def limits(costs: Costs, processors: float = 2.0, memory: float = 2e9) -> Iterator[Limit]:
    """All of them; `memory`: of one step (MICROSTEP_STEP_MEMORY)."""
    daily, weekly = Plan(1, 0, trains=False), Plan(1, 0)
    parsing, seconds = costs.parsing, NIGHT
    fitted = (memory - BYTES_OF_A_TRAINING) / (BYTES_OF_A_HELD_VALUE * FEATURES)
    busy = sum(costs.idle.values())
    yield Limit("one step's memory, in the training", fitted, "rows of a window that train", "`training.max_rows`")
    yield Limit(
        "processors, without rows: every night",
        seconds * (processors - busy) / processor_seconds(daily, costs),
        "pipelines in 8 hours",
        "times that lie apart, then a machine more",
    )
    yield Limit(
        "processors, without rows: the night of the trainings",
        seconds * (processors - busy) / processor_seconds(weekly, costs),
        "pipelines in 8 hours",
        "`schedule.train` on different days",
    )
    for plan, night in ((daily, "every night"), (weekly, "the night of the trainings")):
        passes = passes_of_a_row(plan)
        row_seconds = sum(costs.steps[name].per_row * times for name, times in passes.items())
        row_bytes = sum(costs.steps[name].bytes_per_row * times for name, times in passes.items())
        yield Limit(
            f"processors, rows alone: {night}",
            seconds * (processors - busy) / row_seconds,
            "rows a day in 8 hours",
            "a machine more",
        )
        yield Limit(
            f"the line to the shared data root: {night}",
            seconds * costs.machine["line"] / row_bytes,
            "rows a day in 8 hours",
            "a faster line",
        )
    yield Limit(
        "one file of DAGs, read in 240 s",
        (IMPORT_LIMIT - parsing["slowest_fixed"]) / parsing["slowest_per_pipeline"],
        "pipelines",
        "`AIRFLOW__CORE__DAGBAG_IMPORT_TIMEOUT`, `AIRFLOW__DAG_PROCESSOR__DAG_FILE_PROCESSOR_TIMEOUT`",
    )
    yield Limit(
        "the reading of DAG files takes a processor all the time",
        (parsing["interval"] - parsing["fixed"]) / parsing["per_pipeline"],
        "pipelines",
        "`AIRFLOW__DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL`",
    )
    yield Limit(
        "the scheduler's one process",
        seconds * tasks_per_second(costs) / tasks_of_a_pipeline(weekly),
        "pipelines in 8 hours",
        "a second scheduler",
    )
    yield Limit(
        "the API server's one process",
        seconds / costs.task.api / tasks_of_a_pipeline(weekly),
        "pipelines in 8 hours",
        "`AIRFLOW__API__WORKERS`",
    )
    yield Limit(
        "MLflow's one process",
        seconds / sum(step.registry for step in costs.steps.values()),
        "trainings in 8 hours",
        "`schedule.train` on different days",
    )
    for name, setting in (
        ("predict", "two pipelines, each with a part of the rows"),
        ("validate", "a shorter `training.window_days`, or two pipelines"),
    ):
        step = costs.steps[name]
        yield Limit(
            f"one writer of a day: {name} within its 6 hours",
            (STEP_LIMIT - step.fixed) / (step.per_row * passes_of_a_row(weekly)[name]),
            "rows a day of one pipeline",
            setting,
        )
    yield Limit(
        "the database's connections",
        (CONNECTIONS - costs.database["connections"]) / costs.database["connections_per_scheduler"],
        "more schedulers",
        "PostgreSQL's `max_connections`, or PgBouncer",
    )
    yield Limit(
        "the database's size: 100 GB in a year",
        100e9 / 365 / costs.database["bytes_per_pipeline"],
        "pipelines",
        "`airflow db clean`",
    )
