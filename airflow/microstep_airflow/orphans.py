"""End what a run has left at work: a DAG's callback when the run is over, whatever became of its tasks.

A task that was killed cannot stop its container. As long as the task has tries left, the next one adopts it; when the
run was marked failed, timed out or has no try left, nobody would.
"""

from __future__ import annotations

import logging
import os

from airflow.sdk import Context

log = logging.getLogger(__name__)


def end_orphans(context: Context) -> None:
    """Stop and remove every container of the run."""
    from docker import APIClient  # every task imports this module

    from microstep_airflow.engine import end

    labels = [f"microstep.dag={context['dag'].dag_id}", f"microstep.run={context['run_id']}"]
    client = APIClient(base_url=os.environ["DOCKER_HOST"])
    for container in client.containers(all=True, filters={"label": labels}):
        log.warning("%s: its run is over; stopped and removed", container["Names"])
        end(client, container["Id"])
