import json
from types import SimpleNamespace

import pytest
from conftest import factory

from microstep_airflow.operators.orphans import end_all_orphans, end_orphans, task_goes_on

CONTEXT = {"dag": SimpleNamespace(dag_id="train"), "run_id": "scheduled__1"}
OF_A_RUN = {
    "microstep.root": "/srv/microstep",
    "microstep.dag": "train",
    "microstep.run": "scheduled__1",
    "microstep.task": "preprocess",
}


@pytest.fixture(autouse=True)
def host_root(monkeypatch):
    monkeypatch.setenv("MICROSTEP_HOST_ROOT", "/srv/microstep")


def ended(engine):
    """The containers that were stopped and removed."""
    removed = [path.split("/")[2] for method, path, *_ in engine.calls if method == "DELETE"]
    assert [path.split("/")[2] for method, path, *_ in engine.calls if path.endswith("/stop")] == removed
    return removed


def test_what_a_run_that_is_over_left_at_work_is_stopped_and_removed(engine):
    engine.listed = {"c1": OF_A_RUN}
    end_orphans(CONTEXT)
    [(query, _)] = engine.asked("GET", "/containers/json")
    labels = ["microstep.dag=train", "microstep.run=scheduled__1", "microstep.root=/srv/microstep"]
    assert query["filters"] == [json.dumps({"label": labels})]
    assert query["all"] == ["1"]
    assert ended(engine) == ["c1"]


def test_a_run_that_left_nothing_stops_nothing(engine):
    end_orphans(CONTEXT)
    assert [method for method, *_ in engine.calls] == ["GET", "GET"]


def test_of_all_containers_those_whose_run_does_not_go_on_are_ended(engine):
    engine.listed = {"over": OF_A_RUN, "at_work": OF_A_RUN | {"microstep.run": "manual__2"}}
    queries = []

    def goes_on(dag, run, task):
        queries.append((dag, run, task))
        return run == "manual__2"

    assert end_all_orphans("/srv/microstep", goes_on) == 1
    assert queries == [("train", "scheduled__1", "preprocess"), ("train", "manual__2", "preprocess")]
    assert ended(engine) == ["over"]
    [(query, _)] = engine.asked("GET", "/containers/json")
    filters = json.dumps({"label": ["microstep.run", "microstep.root=/srv/microstep"]})
    assert (query["filters"], query["all"]) == ([filters], ["1"])


def test_containers_of_another_checkout_are_another_ones_business(engine):
    engine.listed = {"c1": OF_A_RUN | {"microstep.root": "/srv/other"}}
    end_orphans(CONTEXT)
    assert end_all_orphans("/srv/microstep", lambda *_: pytest.fail("asked about it")) == 0
    assert ended(engine) == []


def test_when_nobody_can_tell_whether_a_run_goes_on_nothing_is_ended(engine):
    engine.listed = {"c1": OF_A_RUN}

    def goes_on(*_):
        raise ConnectionError("the API server is down")

    with pytest.raises(ConnectionError):
        end_all_orphans("/srv/microstep", goes_on)
    assert ended(engine) == []


class Ti:
    """A running task, which may ask Airflow about others: a run that goes on or not, with tasks in these states."""

    def __init__(self, runs, **states):
        self.runs, self.states, self.queries = runs, states, []

    def get_dr_count(self, dag, **filters):
        self.queries.append((dag, filters))
        return self.runs

    def get_task_states(self, dag, **filters):
        self.queries.append((dag, filters))
        return {"scheduled__1": self.states} if self.states else {}


def test_the_task_asks_airflow_whether_a_run_is_queued_or_running(engine, load_dags):
    engine.listed = {"c1": OF_A_RUN}
    ti = Ti(0)
    task = load_dags(runner="docker")["maintenance"].get_task("end_orphans")
    assert task.python_callable(ti=ti) == 1
    assert ti.queries == [("train", {"run_ids": ["scheduled__1"], "states": ["queued", "running"]})]


@pytest.mark.parametrize(
    ("states", "goes_on"),
    [
        ({"preprocess": "running"}, True),
        ({"preprocess": "up_for_retry"}, True),
        ({"preprocess": "success"}, False),
        ({"preprocess_0": "success", "preprocess_1": "None"}, True),
        ({"preprocess_0": "success", "preprocess_1": "skipped"}, False),
        ({}, True),
    ],
)
def test_what_a_lost_machine_still_has_of_a_task_that_was_done_elsewhere_is_over_though_the_run_goes_on(
    states, goes_on
):
    ti = Ti(1, **states)
    assert task_goes_on(ti, "train", "scheduled__1", "preprocess") is goes_on
    assert ti.queries[1] == ("train", {"task_ids": ["preprocess"], "run_ids": ["scheduled__1"]})


def test_every_run_looks_for_orphans_after_its_mail_unless_no_engine_is_in_use(monkeypatch):
    dag = factory().dag("train", "@daily", "")
    assert dag.on_failure_callback[-1] is dag.on_success_callback[-1] is end_orphans
