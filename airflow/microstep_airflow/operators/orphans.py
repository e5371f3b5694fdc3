"""End what a run has left at work, whatever became of its tasks.

A task that was killed cannot stop its container. As long as the task has tries left, the next one adopts it; when the
run timed out or has no try left, nobody would, so each DAG's callback does. A run that a person marks calls nobody:
what it left is found by the DAG `maintenance`, and so is what a run left on the engine of another machine, and what a
lost machine still has of a task that was done elsewhere meanwhile.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from airflow.sdk import Context

if TYPE_CHECKING:
    from docker import APIClient

GOES_ON = ["queued", "running"]
"""The states of a run that is not over."""
OVER = {"success", "failed", "skipped", "upstream_failed", "removed"}
"""Those of a task that is."""

log = logging.getLogger(__name__)


def end_orphans(context: Context) -> None:
    """Stop and remove every container of the run: a DAG's callback when the run is over."""
    client, home = _client(), os.environ["MICROSTEP_HOST_ROOT"]
    labels = f"microstep.dag={context['dag'].dag_id}", f"microstep.run={context['run_id']}"
    for container in _containers(client, *labels, f"microstep.root={home}"):
        _end(client, container)


def end_all_orphans(home: str, goes_on: Callable[[str, str, str], bool]) -> int:
    """Stop and remove the containers of a checkout's tasks that are over, or gone; how many there were.

    :param home: the checkout on the engine's host: other ones may use the engine, too
    :param goes_on: whether a task (its DAG, its run's id, its own) does
    """
    client, ended = _client(), 0
    for container in _containers(client, "microstep.run", f"microstep.root={home}"):
        labels = container["Labels"]
        if not goes_on(*(labels[f"microstep.{key}"] for key in ("dag", "run", "task"))):
            _end(client, container)
            ended += 1
    return ended


def task_goes_on(ti: Any, dag: str, run: str, task: str) -> bool:
    """Whether a run goes on, and a task of it, too; of one that is done for several days, for any of them.

    :param ti: a running task, which may ask Airflow
    """
    if not ti.get_dr_count(dag, run_ids=[run], states=GOES_ON):
        return False
    states = ti.get_task_states(dag, task_ids=[task], run_ids=[run]).get(run, {})
    return not states or not OVER.issuperset(states.values())


def _client() -> APIClient:
    from docker import APIClient  # every task imports this module

    return APIClient(base_url=os.environ["DOCKER_HOST"])


def _containers(client: APIClient, *labels: str) -> Iterator[dict[str, Any]]:
    """The containers with some labels, at work or not."""
    yield from client.containers(all=True, filters={"label": list(labels)})


def _end(client: APIClient, container: dict[str, Any]) -> None:
    from microstep_airflow.operators.docker_client import end

    log.warning("%s: its task is over; stopped and removed", container["Names"])
    end(client, container["Id"])
