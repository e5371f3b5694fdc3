"""What is made of a DAG's runs."""

from datetime import UTC, datetime

import pytest
from status_world import dag_of, run_of

from microstep_airflow.status.airflow_api import Answers
from microstep_airflow.status.dag_runs import runs


def of(dag, run=None, pipeline="churn", **more):
    name = f"churn.{dag}"
    answers = Answers({}, {name: dag_of(name, **more)}, {name: run} if run else {})
    return runs(answers, pipeline, dag, "http://localhost:8080")


def test_a_run_that_went_well_has_its_times_and_its_page():
    found = of("predict", run_of("churn.predict", due="2026-01-10T03:15:00+00:00"))
    assert (found.state, found.text) == ("ok", "success")
    assert found.last.ended == datetime(2026, 1, 10, 3, 15, tzinfo=UTC)
    assert found.next == datetime(2026, 1, 11, 3, 15, tzinfo=UTC)
    assert found.last.url == (
        "http://localhost:8080/dags/churn.predict/runs/scheduled__2026-01-10T03%3A15%3A00%2B00%3A00_1"
    )


@pytest.mark.parametrize(
    ("dag", "way_on"), [("predict", "the next run does what lacks"), ("train", "DAG=train PIPELINE=churn")]
)
def test_one_that_failed_says_where_to_read_and_what_to_do(dag, way_on):
    found = of(dag, run_of(f"churn.{dag}", "failed"))
    assert (found.state, found.text) == ("bad", f"churn.{dag} failed")
    assert found.remedy.startswith("http://localhost:8080/dags/churn.")
    assert found.remedy.endswith(way_on)


def test_a_pause_is_told_with_its_end_and_has_no_next_run():
    found = of("generate", run_of("churn.generate"), paused=True)
    assert (found.state, found.text, found.next) == ("bad", "churn.generate is paused", None)
    assert found.remedy == "docker compose exec airflow-scheduler airflow dags unpause churn.generate"


def test_where_nothing_is_scheduled_no_next_run_is_promised():
    answers = Answers({}, {"train": dag_of("train")}, {})
    assert runs(answers, "", "train", "", scheduled=False).next is None


def test_a_dag_that_airflow_does_not_know_is_no_fine_one():
    found = runs(Answers({}, {}, {}), "", "train", "")
    assert (found.state, found.dag) == ("bad", "train")
    assert found.remedy == "docker compose logs airflow-dag-processor"


def test_without_an_answer_all_of_it_is_unknown():
    found = runs(Answers(why="Airflow does not answer: refused"), "", "train", "")
    assert (found.state, found.text, found.last, found.next) == (
        "unknown",
        "Airflow does not answer: refused",
        None,
        None,
    )
