"""What is made of a DAG's runs."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from status_world import dag_of, run_of

from microstep_airflow.status.airflow_api import Answers
from microstep_airflow.status.dag_runs import runs

BERLIN = ZoneInfo("Europe/Berlin")


def of(dag, *of_dag, pipeline="churn", **more):
    name = f"churn.{dag}"
    answers = Answers({}, {name: dag_of(name, **more)}, {name: list(of_dag)} if of_dag else {})
    return runs(answers, pipeline, dag, "http://localhost:8080", BERLIN)


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
    assert runs(answers, "", "train", "", BERLIN, scheduled=False).next is None


def test_a_dag_that_airflow_does_not_know_is_no_fine_one():
    found = runs(Answers({}, {}, {}), "", "train", "", BERLIN)
    assert (found.state, found.dag) == ("bad", "train")
    assert found.remedy == "docker compose logs airflow-dag-processor"


def test_without_an_answer_all_of_it_is_unknown():
    found = runs(Answers(why="Airflow does not answer: refused"), "", "train", "", BERLIN)
    assert (found.state, found.text, found.last, found.next) == (
        "unknown",
        "Airflow does not answer: refused",
        None,
        None,
    )


OWN = run_of("churn.train", "failed")
"""Of the schedule, for 2026-01-09."""


def test_an_older_day_that_is_done_again_mends_no_run_that_failed():
    again = run_of("churn.train", due="2026-01-10T05:00:00Z", asked=["2025-12-01", "2026-01-08"])
    assert (of("train", again, OWN).state, of("train", again, OWN).last.days) == ("bad", None)


def test_its_own_day_done_again_does():
    again = run_of("churn.train", due="2026-01-10T05:00:00Z", asked=["2026-01-05", "2026-01-09"])
    found = of("train", run_of("churn.train", due="2026-01-10T06:00:00Z", asked=["2026-01-01"]), again, OWN)
    assert (found.state, found.last.days) == ("ok", (date(2026, 1, 5), date(2026, 1, 9)))


def test_where_there_are_but_runs_that_were_asked_for_the_newest_is_the_last():
    found = of(
        "train", run_of("churn.train", asked=["2026-01-02"]), run_of("churn.train", "failed", asked=["2026-01-01"])
    )
    assert (found.state, found.last.days) == ("ok", (date(2026, 1, 2), date(2026, 1, 2)))
