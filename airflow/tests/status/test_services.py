"""What is made of the parts' own answers."""

import pytest
from status_world import HEALTH, NO_HTTP, dag_of, says

from microstep_airflow.status import services
from microstep_airflow.status.airflow_api import Answers
from microstep_airflow.status.shape import Part

WELL = [Part("mlflow", "ok", "healthy"), Part("postgres", "ok", "healthy")]


def asked(monkeypatch, answers):
    """The states of all parts, where no other part of the stack has a name here."""
    monkeypatch.setattr(services, "SECONDS", 0.2)
    return {part.name: (part.state, part.text) for part in services.ask_parts(answers)}


def test_each_part_of_airflow_is_as_it_says(monkeypatch):
    health = {**HEALTH, "scheduler": {"status": "unhealthy"}, "triggerer": {"status": None}}
    parts = asked(monkeypatch, Answers(health, tasks={"end_orphans": "success"}))
    assert parts["airflow-apiserver"] == parts["postgres"] == ("ok", "healthy")
    assert parts["airflow-scheduler"] == ("bad", "gives no sign of life")
    assert parts["airflow-triggerer"][0] == "unknown"
    assert parts["socket-proxy"][0] == "ok"
    assert parts["mlflow"][0] == parts["maildev"][0] == parts["pages"][0] == "bad"


def test_without_an_answer_of_airflow_its_parts_are_unknown_and_not_ill(monkeypatch):
    parts = asked(monkeypatch, Answers(why="Airflow does not answer: refused"))
    assert parts["airflow-apiserver"] == ("bad", "Airflow does not answer: refused")
    assert {parts[name][0] for name in ("airflow-scheduler", "airflow-triggerer", "postgres", "socket-proxy")} == {
        "unknown"
    }


@pytest.mark.parametrize("words", [NO_HTTP["no status"], NO_HTTP["headers without end"]], ids=["text", "headers"])
def test_a_page_that_speaks_no_http_is_ill(monkeypatch, words):
    with says(words) as url:
        monkeypatch.setattr(services, "PAGES", {"mlflow": url})
        state, text = asked(monkeypatch, Answers(HEALTH))["mlflow"]
    assert (state, text.startswith("does not answer: ")) == ("bad", True)


@pytest.mark.parametrize(("state", "word"), [("success", "ok"), ("failed", "bad"), ("upstream_failed", "unknown")])
def test_the_socket_proxy_is_known_by_the_task_that_asked_it(monkeypatch, state, word):
    assert asked(monkeypatch, Answers(HEALTH, tasks={"end_orphans": state}))["socket-proxy"][0] == word


def test_one_that_is_ill_is_named_before_what_is_unknown():
    found = services.summary([*WELL, Part("pages", "bad", "is not there"), Part("broker", "unknown", "not asked")])
    assert (found.state, found.text) == ("bad", "pages is not there; broker not known")
    assert found.remedy == "docker compose logs pages; make up"


def test_a_cell_is_as_good_as_its_parts():
    assert services.summary(WELL).text == "all 2 healthy"
    assert services.summary([*WELL, Part("status", "note", "starting")]).state == "note"
    assert services.summary([*WELL, Part("broker", "unknown", "not asked")]).state == "unknown"
    assert services.summary([], "the engine does not answer").state == "unknown"
    down = services.summary([], up=False)
    assert (down.state, down.text, down.remedy) == ("bad", "the stack is down", "make up")


def test_machines_are_as_the_last_look_of_maintenance_found_them():
    assert services.machines([], {}, "") is None
    tasks = {"end_orphans_b": "success", "end_orphans_c": "skipped"}
    assert services.machines(["b"], tasks, "").text == "b answered"
    assert services.machines(["b", "c"], tasks, "").text == "no answer from c"
    assert services.machines(["b", "d"], tasks, "").state == "unknown"
    assert services.machines(["b"], tasks, "Airflow does not answer").state == "unknown"


def of_maintenance(*parts, paused=False, **tasks):
    return services.with_maintenance(
        services.summary(parts), Answers(HEALTH, {"maintenance": dag_of("maintenance", paused=paused)}, tasks=tasks)
    )


def test_a_pause_of_maintenance_is_told_with_its_end():
    found = of_maintenance(*WELL, paused=True, end_orphans="success")
    assert (found.state, found.text) == ("bad", "all 2 healthy; maintenance is paused")
    assert found.remedy == "docker compose exec airflow-scheduler airflow dags unpause maintenance"
    ill = of_maintenance(Part("pages", "bad", "is not there"), paused=True)
    assert (ill.text, ill.remedy[:25]) == ("pages is not there; maintenance is paused", "docker compose logs pages")


def test_what_failed_in_maintenance_is_told_but_for_mails_that_are_told_of_as_such():
    assert of_maintenance(*WELL, look_at_mounts="failed", end_orphans="success").text == (
        "all 2 healthy; maintenance failed: look_at_mounts"
    )
    assert of_maintenance(*WELL, send="failed", end_orphans="success").state == "ok"
    assert services.with_maintenance(services.summary(WELL), Answers(why="no answer")).state == "ok"
