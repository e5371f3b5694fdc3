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

from contract.errors import NotYet
from microstep_airflow.alerts.texts import line
from microstep_airflow.schedule.retries import Tries
from microstep_airflow.sensors import OVERDUE

KEY = "microstep_record"
WAITS = ("wait_for_inbox", "wait_for_raw_data")
"""The tasks of generate and predict that wait for rows."""
KILLED = (
    "it reported nothing: somebody marked it as failed, or its process was lost at each of its tries"
    " (Airflow was restarted, or it had too little memory); its log may say more"
)

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class TaskFailure:
    """How one task failed, or why the gate refused."""

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
    tries: str = ""
    """How its tries before ended; empty when there was but one."""

    @property
    def error(self) -> str:
        """What went wrong in which task, in a line."""
        return f"{self.task}: {self.message}"

    @property
    def is_absence(self) -> bool:
        """Whether rows did not come in time, and nothing else went wrong: a look that failed says nothing of rows."""
        return (self.task in WAITS and OVERDUE in self.message) or NotYet.SAYS in self.message

    @property
    def title(self) -> str:
        """The task, with its day."""
        return f"{self.task} {self.day}" if self.day else self.task


def push_failure(context: Context, error: BaseException | None, tries: str = "") -> None:
    """Leave a record of this task: what `error` says, with the last log lines that it has as notes."""
    task, ti = context["task"], context["ti"]
    day = getattr(task, "day", None)
    # a task that failed before it had a day still has the template of it
    known = "{{" not in (day or "")
    content = {
        "day": day if known else None,
        "message": line(str(error) or type(error).__name__),
        "link": ti.log_url,
        "lines": [line(note) for note in getattr(error, "__notes__", ())],
        "command": getattr(task, "by_hand", "") if known else "",
        "tries": tries,
    }
    ti.xcom_push(KEY, content)


def record_failure(context: Context) -> None:
    """Leave a record of why this task failed: every task's `on_failure_callback`."""
    error = context.get("exception")
    if isinstance(error, str):  # by its signature it may be one
        error = RuntimeError(error)
    # Airflow tells the DAG processor, without an exception, of a task that was killed; nothing to note there
    if error is not None:
        push_failure(context, error, _tries(context))


def _tries(context: Context) -> str:
    try:
        return str(Tries.of(context))
    except Exception:
        # a mail without it is worth more than none
        log.exception("how the earlier tries ended is unknown")
        return ""


def task_failures(context: Context, state: str) -> list[TaskFailure]:
    """The records of all tasks of a run that are in a state (failed, skipped), in the order of declaration.

    A failed task that left none (it was killed) gets one that says so; a task that was skipped because of
    another one has none.
    """
    ti, failures = context["ti"], []
    states = ti.get_task_states(context["dag"].dag_id, run_ids=[ti.run_id]).get(ti.run_id, {})
    for task in context["dag"].tasks:
        for name, task_state in states.items():
            if task_state != state or not (instance := re.fullmatch(rf"{re.escape(task.task_id)}(?:_(\d+))?", name)):
                continue
            index = None if instance[1] is None else int(instance[1])
            content: dict[str, Any] | None = ti.xcom_pull(task.task_id, key=KEY, map_indexes=index)
            if content is None and state == "failed":
                content = {"day": None, "message": KILLED, "link": ti.log_url}
            if content is not None:
                failures.append(TaskFailure(task=task.task_id, **{**content, "lines": tuple(content.get("lines", ()))}))
    return failures
