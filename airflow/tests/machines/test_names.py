"""Which task goes where, as the DAG files declare it."""

from dataclasses import replace
from pathlib import Path

import pytest
from conftest import settings

from microstep_airflow.machines.names import others
from microstep_airflow.settings import Settings


@pytest.fixture(scope="module")
def dags(load_dags):
    """Of a stack with two machines besides the head, whose models a person approves."""
    return load_dags(approval="manual", machines=("b", "big-one"))


def place(task):
    """The queue of a task for Celery, None for one that the scheduler's own processes do."""
    executor, queue = (
        (task.partial_kwargs.get("executor"), task.partial_kwargs["queue"])
        if task.is_mapped
        else (task.executor, task.queue)
    )
    return None if executor == "LocalExecutor" else queue


def test_what_needs_memory_goes_where_memory_is_and_all_else_anywhere(dags):
    places = {task.task_id: place(task) for name in ("generate", "predict", "train") for task in dags[name].tasks}
    assert {task for task, queue in places.items() if queue == "train"} == {"train", "validate", "decide"}
    assert {queue for task, queue in places.items() if task not in ("train", "validate", "decide", "ask")} == {"steps"}


def test_what_reads_a_database_goes_where_the_network_of_databases_is(load_dags):
    dags = load_dags("sql", machines=("b",))
    places = {task.task_id: place(task) for task in dags["generate"].tasks}
    assert {task for task, queue in places.items() if queue == "host.head"} == {"generate"}


def test_what_puts_a_mail_into_the_outbox_is_done_on_the_head_without_the_broker(dags):
    assert place(dags["train"].get_task("ask")) is None
    local = {task.task_id for task in dags["maintenance"].tasks if place(task) is None}
    assert local == {"send", "look_at_pipelines", "look_at_mounts", "look_at_machines", "end_orphans"}


def test_each_other_machine_is_asked_about_its_own_engine_if_it_answers(dags):
    maintenance = dags["maintenance"]
    tasks = {task.task_id: task for task in maintenance.tasks if place(task) is not None}
    assert {name: place(task) for name, task in tasks.items()} == {
        "end_orphans_b": "host.b",
        "end_orphans_big-one": "host.big-one",
    }
    assert {task for name in tasks for task in tasks[name].upstream_task_ids} == {"look_at_machines"}


def test_a_machine_that_keeps_its_task_waiting_keeps_no_other_task_waiting(dags):
    maintenance = dags["maintenance"]
    assert {task.max_active_tis_per_dag for task in maintenance.tasks} == {1}
    every_ten_minutes = 6
    assert maintenance.dagrun_timeout.total_seconds() / 600 == every_ten_minutes == maintenance.max_active_runs


def test_without_workers_no_task_asks_for_an_executor_and_nobody_for_machines(load_dags):
    alone = load_dags(approval="manual")
    assert {task.executor for dag in alone.values() for task in dag.tasks if not task.is_mapped} == {None}
    assert "look_at_machines" not in alone["maintenance"].task_ids


def test_machines_are_files_with_good_names(tmp_path):
    (tmp_path / "machines").mkdir()
    for name in ("b.env", "c-2.env", "head.env", "B.env", ".d.env", "e.env~", "2.env"):
        (tmp_path / "machines" / name).touch()
    here = replace(settings(), config=tmp_path / "pipeline.toml", has_workers=True)
    assert others(here) == ["b", "c-2"]
    assert others(replace(here, has_workers=False)) == []
    assert others(replace(here, config=tmp_path / "elsewhere" / "pipeline.toml")) == []


@pytest.mark.parametrize(
    ("executor", "has_workers"), [("", False), ("LocalExecutor", False), ("CeleryExecutor,LocalExecutor", True)]
)
def test_the_executor_says_whether_there_are_workers(executor, has_workers):
    read = Settings.read({"MICROSTEP_HOST_ROOT": "/srv/microstep", "AIRFLOW__CORE__EXECUTOR": executor})
    assert (read.has_workers, read.config) == (has_workers, Path("/config/pipeline.toml"))
