"""What to type, for a pipeline: the one place that writes such lines."""

from __future__ import annotations

from microstep_airflow.pipelines import dag_id, within


def step(pipeline: str, words: str) -> str:
    """A step's command."""
    return f"{f'MICROSTEP_PIPELINE={pipeline} ' if pipeline else ''}docker compose run --rm {words}"


def backfill(pipeline: str, dag: str, first: object, last: object = None) -> str:
    """Runs of a DAG for some days."""
    named = "" if dag == "predict" else f" DAG={dag}"
    return f"make backfill FROM={first} TO={last or first}{named}{f' PIPELINE={pipeline}' if pipeline else ''}"


def bring(pipeline: str, day: object) -> str:
    """How data comes in where somebody brings files."""
    inbox = f"{within('data', pipeline)}/inbox/{day}/"
    return f"put the day's files and an empty _SUCCESS into {inbox}; a day without rows gets an empty _EMPTY"


def unpause(pipeline: str, dag: str) -> str:
    """The end of a pause."""
    return f"docker compose exec airflow-scheduler airflow dags unpause {dag_id(pipeline, dag)}"


def prune(pipeline: str) -> str:
    """Old datasets away."""
    return f"make prune KEEP_DAYS=90{f' PIPELINE={pipeline}' if pipeline else ''}"
