"""What is asked of Airflow, and what becomes of an Airflow that does not answer."""

from datetime import timedelta
from pathlib import Path

import pytest
from status_world import HEALTH, NO_HTTP, FakeAirflow, dag_of, run_of, says

from microstep_airflow.status.airflow_api import Airflow


@pytest.fixture
def airflow(tmp_path):
    """An Airflow with these DAGs and runs, and who asks it."""
    started = []

    def start(*args, login="status:secret", **more):
        fake = FakeAirflow(*args, **more)
        started.append(fake)
        file = tmp_path / "login"
        file.write_text(login)
        return fake, Airflow(fake.url, file)

    yield start
    for fake in started:
        fake.close()


def test_the_newest_run_of_each_dag_is_found_though_one_has_more_runs_than_an_answer_takes(airflow):
    busy = [run_of("a.predict", due=f"2026-01-{day:02d}T03:15:00Z", number=day) for day in range(1, 29)]
    fake, asker = airflow(
        [dag_of("a.predict"), dag_of("b.train")], [*busy, run_of("b.train", due="2025-12-01T00:00:00Z")], page=5
    )
    answers = asker.look(["a.predict", "b.train", "c.train"])
    assert answers.why == ""
    assert {dag: runs[0]["run_after"][:10] for dag, runs in answers.runs.items()} == {
        "a.predict": "2026-01-28",
        "b.train": "2025-12-01",
    }
    lists = [body["dag_ids"] for path, body in fake.asked if path.endswith("/list")]
    assert lists == [["a.predict", "b.train"], ["b.train"]]


def test_behind_many_runs_that_were_asked_for_the_last_one_of_the_schedule_is_found(airflow):
    backfills = [
        run_of("train", due=f"2026-01-{day:02d}T09:00:00Z", number=day, asked=["2025-12-01"]) for day in range(2, 14)
    ]
    own = [run_of("train", "failed", due="2026-01-01T03:15:00Z"), run_of("train", due="2025-12-25T03:15:00Z")]
    _, asker = airflow([dag_of("train"), dag_of("predict")], [*backfills, *own, run_of("predict")], page=5)
    answers = asker.look(["train", "predict"])
    assert [run["state"] for run in answers.runs["train"]] == ["success"] * 12 + ["failed"]
    assert len(answers.runs["predict"]) == 1


def test_fifty_pipelines_are_a_handful_of_questions(airflow):
    names = [f"p{number}.{dag}" for number in range(50) for dag in ("generate", "predict", "train")]
    fake, asker = airflow([dag_of(name) for name in names], [run_of(name) for name in names])
    answers = asker.look(names)
    assert len(answers.dags) == len(answers.runs) == 150
    assert len(fake.asked) <= 8


def test_a_token_is_kept_between_looks_and_a_new_one_asked_for_when_it_is_no_good(airflow):
    fake, asker = airflow([dag_of("generate")])
    asker.look(["generate"])
    asker.look(["generate"])
    assert fake.logins == 1
    fake.token = "two"
    assert asker.look(["generate"]).why == ""
    assert fake.logins == 2


def test_a_wrong_log_in_leaves_the_health_known_and_says_why_there_is_no_more(airflow):
    _, asker = airflow([dag_of("generate")], login="status:wrong")
    answers = asker.look(["generate"])
    assert (answers.health, answers.why) == (HEALTH, "Airflow answers 401 to /auth/token")
    assert "wrong" not in answers.why


def test_without_a_log_in_the_file_is_named(airflow, tmp_path):
    fake, _ = airflow()
    answers = Airflow(fake.url, tmp_path / "none").look([])
    assert answers.why == f"no log-in to Airflow: {tmp_path / 'none'}: No such file or directory"


def test_an_airflow_that_is_not_there_is_no_answer():
    answers = Airflow("http://127.0.0.1:9", Path("/none")).look(["generate"])
    assert answers.health is None
    assert answers.why.startswith("Airflow does not answer: ")


@pytest.mark.parametrize("words", NO_HTTP.values(), ids=NO_HTTP)
def test_what_is_no_answer_of_http_is_no_answer(words):
    with says(words) as url:
        answers = Airflow(url, Path("/none")).look(["generate"])
    assert answers.health is None
    assert answers.why.startswith("Airflow does not answer: ")


def test_an_answer_of_another_form_is_no_answer(airflow):
    fake, asker = airflow([{"name": "of another version"}])
    assert asker.look(["generate"]).why == "Airflow answers in another form: KeyError('dag_id')"
    fake.health = ["not", "this"]
    assert asker.look(["generate"]).why == "Airflow answers in another form to /api/v2/monitor/health"


def test_how_maintenance_went_is_known(airflow):
    _, asker = airflow(
        [dag_of("generate")], tasks=[("end_orphans", "success"), ("end_orphans_b", "skipped"), ("x", None)]
    )
    assert asker.look([]).tasks == {"end_orphans": "success", "end_orphans_b": "skipped"}


def test_what_maintenance_found_long_ago_is_not_how_things_are(airflow):
    fake, asker = airflow([dag_of("generate")], tasks=[("end_orphans", "success")])
    fake.maintained -= timedelta(minutes=31)
    answers = asker.look([])
    assert (answers.tasks, answers.why) == ({}, "")
