from types import SimpleNamespace

import pytest
from conftest import house
from fake_engine import FakeEngine

from microstep_airflow.orphans import end_orphans

CONTEXT = {"dag": SimpleNamespace(dag_id="train"), "run_id": "scheduled__1"}


@pytest.fixture
def engine(monkeypatch):
    fake = FakeEngine()
    monkeypatch.setenv("DOCKER_HOST", fake.url)
    yield fake
    fake.close()


def test_what_a_run_that_is_over_left_at_work_is_stopped_and_removed(engine):
    engine.listed = ["c1"]
    end_orphans(CONTEXT)
    [(query, _)] = engine.asked("GET", "/containers/json")
    assert query["filters"] == ['{"label": ["microstep.dag=train", "microstep.run=scheduled__1"]}']
    assert query["all"] == ["1"]
    assert len(engine.asked("POST", "/containers/c1/stop")) == len(engine.asked("DELETE", "/containers/c1")) == 1


def test_a_run_that_left_nothing_stops_nothing(engine):
    end_orphans(CONTEXT)
    assert [method for method, *_ in engine.calls] == ["GET", "GET"]


def test_every_run_looks_for_orphans_after_its_mail_unless_no_engine_is_in_use(monkeypatch):
    dag = house().dag("train", "@daily", "")
    assert dag.on_failure_callback[-1] is dag.on_success_callback[-1] is end_orphans
