"""What is made of the engine's list of containers."""

import re
import subprocess
from pathlib import Path
from types import SimpleNamespace

import pytest

from pipelines import parts

ROOT = Path(__file__).parents[2]


LABEL = "--filter=label=com.docker.compose"
FILTERS = {f"{LABEL}.project=shop", f"{LABEL}.oneoff=False"}
"""Whose containers are asked for: not those of `docker compose run`, which have the name of a part."""


@pytest.fixture
def listed(monkeypatch):
    """Asks an engine that lists these containers, service and status."""

    def ask(*containers, where=str(parts.ROOT), code=0, error=None, cluster=""):
        def engine(*words):
            if error:
                raise error
            assert {word for word in words if "label=" in word} == FILTERS
            lines = [f"id-{service}\t{service}\t{where}\t{words}" for service, words in containers]
            return SimpleNamespace(returncode=code, stdout="\n".join(lines), stderr="Cannot connect\nis it running?")

        monkeypatch.setattr(parts, "engine", engine)
        monkeypatch.setattr(parts, "project", lambda: "shop")
        monkeypatch.setattr(parts, "cluster", lambda: cluster)
        return parts.ask_engine()

    return ask


WELL = [(name, "Up 2 hours (healthy)") for name in parts.PARTS]


def test_a_stack_that_is_well_has_every_part_and_the_one_that_tells(listed):
    stack = listed(*WELL, ("checkout", "Exited (0) 2 hours ago"))
    assert (stack.up, stack.status, stack.why) == (True, "id-status", "")
    assert {part["state"] for part in stack.parts} == {"ok"}
    assert [part["name"] for part in stack.parts] == sorted(parts.PARTS)


@pytest.mark.parametrize(
    ("words", "state", "text"),
    [
        ("Up 3 seconds (health: starting)", "note", "starting"),
        ("Up 3 minutes (unhealthy)", "bad", "unhealthy"),
        ("Up 3 minutes (Paused)", "bad", "paused"),
        ("Exited (137) 3 minutes ago", "bad", "does not run: Exited (137) 3 minutes ago"),
        ("Restarting (1) 3 seconds ago", "bad", "does not run: Restarting (1) 3 seconds ago"),
        ("Up 3 minutes", "ok", "runs"),
    ],
)
def test_a_part_is_as_the_engine_says(listed, words, state, text):
    stack = listed(*WELL[:-1], ("status", words))
    (part,) = [part for part in stack.parts if part["name"] == "status"]
    assert (part["state"], part["text"]) == (state, text)
    assert bool(stack.status) is (words.startswith("Up") and "Paused" not in words)


def test_a_part_that_is_gone_is_no_fine_one(listed):
    (gone,) = [part for part in listed(*WELL[1:]).parts if part["state"] != "ok"]
    assert gone == {"name": WELL[0][0], "state": "bad", "text": "is not there"}


def test_no_container_and_only_stopped_ones_are_a_stack_that_is_down(listed):
    assert not listed().up
    assert not listed(*((name, "Exited (0) 1 hour ago") for name in parts.PARTS)).up


def test_an_engine_that_does_not_answer_is_not_a_stack_that_is_down(listed):
    assert listed(code=1).why == "the engine does not answer: is it running?"
    assert listed(error=FileNotFoundError()).why == "there is no docker command"
    assert listed(error=subprocess.TimeoutExpired("docker", 10)).why == "the engine has not answered for 10 s"


def test_another_checkouts_stack_of_the_same_name_is_not_ours(listed):
    assert listed(*WELL, where="/elsewhere").why.startswith(
        "the stack shop on this engine belongs to /elsewhere, not to"
    )


def test_a_head_has_more_parts(listed):
    lacking = {part["name"] for part in listed(*WELL, cluster="10.0.0.11").parts if part["state"] == "bad"}
    assert lacking == set(parts.OF_A_CLUSTER)


@pytest.mark.parametrize(
    ("file", "known"), [("docker-compose.yml", parts.PARTS), ("docker-compose.celery.yml", parts.OF_A_CLUSTER)]
)
def test_the_parts_are_those_that_compose_keeps_up(file, known):
    """By `restart`, which is written in what they take over: *server, or *airflow, which takes over *server."""
    services = re.split(r"^services:$", (ROOT / file).read_text(), flags=re.MULTILINE)[1]
    blocks = re.findall(r"^  ([a-z-]+):\n((?:    .*\n|\n)+)", services, re.MULTILINE)
    kept = {name for name, block in blocks if re.search(r"<<: \*(server|airflow)\n", block)}
    assert kept - {"airflow-init"} == set(known)
