"""What went wrong in a run, task by task: tasks put it on record, the run's one mail reads it.

A DAG's callback runs in the DAG processor when the run is over and is told no exception. So each
task that fails leaves a record (an XCom) while it still knows what happened.
"""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass
from typing import Any

from airflow.sdk import Context

KEY = "microstep_record"

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Record:
    """How one task ended."""

    task: str
    day: str | None
    """Of the task: in a mapped one it differs from the run's."""
    message: str
    link: str
    """To the task's log."""
    lines: tuple[str, ...] = ()
    """What its step said last."""
    command: str = ""
    """That does the same by hand; empty for a task that is no step."""

    @property
    def title(self) -> str:
        """The task, with its day."""
        return f"{self.task} {self.day}" if self.day else self.task


def record(context: Context, error: BaseException | None) -> None:
    """Leave a record of this task: what `error` says, with the last log lines that it has as notes."""
    task, ti = context["task"], context["ti"]
    what = {
        "day": getattr(task, "day", None),
        "message": str(error) or type(error).__name__,
        "link": ti.log_url,
        "lines": list(getattr(error, "__notes__", ())),
        "command": getattr(task, "by_hand", ""),
    }
    ti.xcom_push(KEY, what)


def record_failure(context: Context) -> None:
    """Leave a record of why this task failed: every task's `on_failure_callback`."""
    error = context.get("exception")
    if isinstance(error, str):  # by its signature it may be one
        error = RuntimeError(error)
    # Airflow tells the DAG processor, without an exception, of a task that was killed; nothing to note there
    if error is not None:
        record(context, error)


def records(context: Context, state: str) -> list[Record]:
    """The records of all tasks of a run that are in a state (failed, skipped), in the order of declaration.

    A failed task that left none (it was killed) gets one that says so; a task that was skipped because of
    another one has none.
    """
    ti, found = context["ti"], []
    states = ti.get_task_states(context["dag"].dag_id, run_ids=[ti.run_id]).get(ti.run_id, {})
    for task in context["dag"].tasks:
        for name, task_state in states.items():
            if task_state != state or not (instance := re.fullmatch(rf"{re.escape(task.task_id)}(?:_(\d+))?", name)):
                continue
            index = None if instance[1] is None else int(instance[1])
            left: dict[str, Any] | None = ti.xcom_pull(task.task_id, key=KEY, map_indexes=index)
            if left is None and state == "failed":
                left = {"day": None, "message": "killed, or lost; the log may say more", "link": ti.log_url}
            if left is not None:
                found.append(Record(task=task.task_id, **{**left, "lines": tuple(left.get("lines", ()))}))
    return found
