"""Celery's workers, asked through the broker: which of them answer, and for which queues each works."""

from __future__ import annotations

from dataclasses import dataclass

ANSWER_SECONDS = 5.0
"""For all workers together; a worker answers also while all of its places are taken."""


class NoBrokerError(Exception):
    """The broker does not answer; says why."""


@dataclass(frozen=True)
class Worker:
    """One that answers."""

    queues: tuple[str, ...]
    at_work: int
    """On so many tasks."""


def answering() -> dict[str, Worker]:
    """The workers that answer now, by their machine's name. Raises NoBrokerError."""
    # imports and connects: nobody but the head's tasks and `make status` asks
    from airflow.providers.celery.executors.celery_executor_utils import app

    inspect = app.control.inspect(timeout=ANSWER_SECONDS)
    try:
        queues, tasks = inspect.active_queues() or {}, inspect.active() or {}
    except Exception as error:
        raise NoBrokerError(f"the broker does not answer: {error}") from error
    return {
        node.rpartition("@")[2]: Worker(tuple(sorted(queue["name"] for queue in named)), len(tasks.get(node, ())))
        for node, named in queues.items()
    }
