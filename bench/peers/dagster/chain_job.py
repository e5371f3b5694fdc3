"""A Dagster job of five ops that do nothing, each in a container of its own."""

from __future__ import annotations

from dagster import In, Nothing, Out, job, op
from dagster_docker import docker_executor


@op(out=Out(Nothing))
def first() -> None:
    """The op that waits for none."""


@op(ins={"before": In(Nothing)}, out=Out(Nothing))
def nothing() -> None:
    """An op that only waits for the one before."""


@job(executor_def=docker_executor)
def chain() -> None:
    """Five ops, each after the one before."""
    before = first()
    for name in ("second", "third", "fourth", "fifth"):
        before = nothing.alias(name)(before)
