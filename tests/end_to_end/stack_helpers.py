"""What the tests of the stack say and hear: days, DAG runs with their explanation, mails."""

from __future__ import annotations

import time
from datetime import date, timedelta
from typing import Any

from stack import Stack

FIRST = date(2026, 10, 5)


def days(count: int) -> list[str]:
    """The first so many days."""
    return [(FIRST + timedelta(days=number)).isoformat() for number in range(count)]


def run(stack: Stack, timings: list[str], dag: str, wanted: list[str]) -> None:
    """Run a DAG for days, all of which must succeed; notes the wall times."""
    states = stack.airflow.run_days(dag, wanted)
    assert set(states.values()) == {"success"}, explain(stack, dag)
    note_timings(stack, timings, dag)


def explain(stack: Stack, dag: str) -> str:
    """The tasks of a DAG that did not succeed, and what they logged."""
    runs = stack.airflow.call("GET", f"/api/v2/dags/{dag}/dagRuns?limit=100")["dag_runs"]
    lines = []
    for each in runs:
        for task in stack.airflow.tasks(dag, each["dag_run_id"]):
            if task["state"] in ("failed", "up_for_retry"):
                path = f"/api/v2/dags/{dag}/dagRuns/{each['dag_run_id']}/taskInstances/{task['task_id']}/logs/1?map_index={task['map_index']}"
                content = stack.airflow.call("GET", path)["content"]
                log = "\n".join(str(line.get("event", line)) for line in content)[-3000:]
                lines.append(f"{each['dag_run_id']} {task['task_id']}[{task['map_index']}] {task['state']}\n{log}")
    return "\n\n".join(lines)


def note_timings(stack: Stack, timings: list[str], dag: str) -> None:
    """Note how long the last run of a DAG and its tasks took."""
    runs = stack.airflow.call("GET", f"/api/v2/dags/{dag}/dagRuns?order_by=-run_after&limit=1")["dag_runs"]
    tasks = stack.airflow.tasks(dag, runs[0]["dag_run_id"])
    spans = ", ".join(
        f"{name} {min(spent):.1f}" + (f" to {max(spent):.1f} ({len(spent)} times)" if len(spent) > 1 else "")
        for name in dict.fromkeys(task["task_id"] for task in tasks)
        if (spent := [task["duration"] for task in tasks if task["task_id"] == name and task["duration"]])
    )
    timings.append(f"{dag:<9} {runs[0]['duration']:6.1f} s   {spans}")


def mails_after(stack: Stack, before: int, about: str, count: int = 1, seconds: float = 60) -> list[dict[str, Any]]:
    """The mails beyond the first `before` that are about a DAG and day, once there are so many, and what soon follows.

    The stack's own schedule runs beside the tests and may have something to tell, too.
    """

    def look() -> list[dict[str, Any]]:
        return [mail for mail in stack.mails()[before:] if f" {about}" in mail["subject"]]

    end = time.monotonic() + seconds
    while len(look()) < count and time.monotonic() < end:
        time.sleep(1)
    time.sleep(3)
    return look()
