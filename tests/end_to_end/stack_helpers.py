"""What the tests of the stack have in common: days, DAG runs and their containers, logs, mails."""

from __future__ import annotations

import json
import os
import re
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any
from urllib.error import HTTPError, URLError

import pytest
from stack import Stack

FIRST = date(2026, 10, 5)
CANARY = "c4n4ry"


def days(count: int) -> list[str]:
    """The first so many days."""
    return [(FIRST + timedelta(days=number)).isoformat() for number in range(count)]


DAYS = days(14)
"""The days of the tests that share the fixture `trained`; each takes its own."""


def run(stack: Stack, timings: list[str], dag: str, wanted: list[str]) -> None:
    """Run a DAG for days, all of which must succeed; notes the wall times."""
    states = stack.airflow.run_days(dag, wanted)
    assert set(states.values()) == {"success"}, explain(stack, dag)
    note_timings(stack, timings, dag)


def run_range(stack: Stack, timings: list[str], dag: str, wanted: list[str]) -> None:
    """Run a DAG once for all days from the first to the last, which must succeed; notes the wall times.

    As for days that were missed: a run for each would start three times as many tasks.
    """
    run = stack.airflow.start(dag, wanted[0], wanted[-1])
    assert final_state(stack, dag, run, 600) == "success", explain(stack, dag)
    note_timings(stack, timings, dag)


def explain(stack: Stack, dag: str) -> str:
    """The tasks of a DAG that did not succeed, and what they logged."""
    runs = stack.airflow.call("GET", f"/api/v2/dags/{dag}/dagRuns?limit=100")["dag_runs"]
    lines = []
    for run_id in (dag_run["dag_run_id"] for dag_run in runs):
        for task in stack.airflow.tasks(dag, run_id):
            if task["state"] in ("failed", "up_for_retry"):
                path = f"/api/v2/dags/{dag}/dagRuns/{run_id}/taskInstances/{task['task_id']}/logs/1?map_index={task['map_index']}"
                content = stack.airflow.call("GET", path)["content"]
                log = "\n".join(str(line.get("event", line)) for line in content)[-3000:]
                lines.append(f"{run_id} {task['task_id']}[{task['map_index']}] {task['state']}\n{log}")
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


def parse_anew(stack: Stack, *dags: str) -> None:
    """Has the DAG processor read the files of DAGs now, by the call behind a button on their pages, and waits for it.

    The command `airflow dags reserialize` imports all of Airflow first: ten seconds of a processor.
    """
    pages = {dag: f"/api/v2/dags/{dag}" for dag in dags}
    tokens = [
        wait(partial(stack.airflow.call, "GET", page), 120, f"DAG {dag}")["file_token"] for dag, page in pages.items()
    ]
    time.sleep(1)  # a reading that began before what was changed is over by its end, and is not stored much later
    asked = time.time()
    for token in tokens:
        stack.airflow.call("PUT", f"/api/v2/parseDagFile/{token}")

    def began(page: str) -> float:
        dag = stack.airflow.call("GET", page)
        return datetime.fromisoformat(dag["last_parsed_time"]).timestamp() - dag["last_parse_duration"]

    wait(lambda: all(began(page) > asked for page in pages.values()), 120, f"another reading of {', '.join(dags)}")


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


def wait(look: Callable[[], Any], seconds: float, awaited: str) -> Any:
    """What `look` gives once it gives something; parts that are down are waited for."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with suppress(HTTPError, URLError, ConnectionError, TimeoutError):
            if result := look():
                return result
        time.sleep(0.3)
    pytest.fail(f"did not come in {seconds} s: {awaited}")


def compose(stack: Stack, *words: str) -> str:
    """What a command of compose prints."""
    return stack.run("docker", "compose", *words).stdout


def containers(stack: Stack) -> list[str]:
    """The names of the steps' containers, ended ones too."""
    return stack.run("docker", "ps", "--all", "--filter=label=microstep.step", "--format={{.Names}}").stdout.split()


def paused(stack: Stack, dag: str, step: str, day: str) -> tuple[str, str]:
    """Starts a run and pauses the container of its step; gives the run and the container's id."""
    run = stack.airflow.start(dag, day)
    name = f"microstep-{step}-{day}"

    def pause() -> bool:
        done = subprocess.run(["docker", "pause", name], capture_output=True, check=False)
        return done.returncode == 0

    wait(pause, 90, f"container {name}")
    return run, stack.run("docker", "inspect", "--format={{.Id}}", name).stdout.strip()


def final_state(stack: Stack, dag: str, run: str, seconds: float) -> str:
    """How a run ended."""
    wait(lambda: stack.airflow.state(dag, run) in ("success", "failed"), seconds, f"end of {dag} {run}")
    return stack.airflow.state(dag, run)


def log_of(stack: Stack, dag: str, run: str, task: str, number: int) -> str:
    """What a try of a task logged; of a run that does each of its days by itself, for the first one."""
    index = -1 if dag == "train" else 0
    path = f"/api/v2/dags/{dag}/dagRuns/{run}/taskInstances/{task}/logs/{number}?map_index={index}"
    return json.dumps(stack.airflow.call("GET", path)["content"])


def all_healthy(stack: Stack) -> bool:
    """Whether all of Airflow's parts gave a sign of life."""
    return {part["status"] for part in stack.airflow.health().values() if part["status"]} == {"healthy"}


def waits_for_a_retry(stack: Stack, dag: str, run: str, task: str) -> bool:
    """Whether a task of a run has failed and will be tried again."""
    tasks = stack.airflow.tasks(dag, run)
    return any(other["task_id"] == task and other["state"] == "up_for_retry" for other in tasks)


def versions(stack: Stack) -> list[str]:
    """The versions of the registered model."""

    def ask() -> list[str]:
        answer = stack.registry("model-versions/search?filter=name%3D%27trouble%27")
        return [version["version"] for version in answer.get("model_versions", [])]

    result: list[str] = wait(ask, 60, "the registry")
    return result


def change_seed(stack: Stack) -> None:
    """Gives the next training something to do."""
    config = stack.checkout / "pipeline.toml"
    other = re.sub(r"(?m)^seed = (\d+)$", lambda match: f"seed = {int(match[1]) + 1}", config.read_text())
    assert other != config.read_text()
    config.write_text(other)


def train_anew(stack: Stack) -> tuple[str, str]:
    """Starts a training that has work to do, and pauses train; gives the run and the container's id."""
    change_seed(stack)
    return paused(stack, "train", "train", DAYS[1])


def at_length() -> None:
    """Leave a test out unless there is time for it."""
    if os.environ.get("MICROSTEP_FAULTS_STACK") != "1":
        pytest.skip("takes minutes: make test-faults does it, with MICROSTEP_FAULTS_STACK=1")
