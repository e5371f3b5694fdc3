"""Which files compose is asked with: the head's address in .env decides."""

import os

import pytest
from checkout import settings


@pytest.fixture(autouse=True)
def fresh(monkeypatch):
    for name in settings.NAMES:
        monkeypatch.delenv(name, raising=False)
    asked = settings._here
    asked.cache_clear()
    yield
    asked.cache_clear()


def with_settings(monkeypatch, **values):
    monkeypatch.setattr(settings, "_here", lambda: dict.fromkeys(settings.NAMES, "") | values)


def test_with_one_machine_compose_goes_by_its_own_choice(monkeypatch):
    with_settings(monkeypatch)
    assert "COMPOSE_FILE" not in settings.environment()


@pytest.mark.parametrize(
    ("named", "files"),
    [
        ("", ["docker-compose.yml", "docker-compose.celery.yml"]),
        ("docker-compose.yml:mine.yml", ["docker-compose.yml", "mine.yml", "docker-compose.celery.yml"]),
        ("docker-compose.yml:docker-compose.celery.yml", ["docker-compose.yml", "docker-compose.celery.yml"]),
    ],
)
def test_the_head_of_several_has_its_own_file_besides_those_that_a_person_named(monkeypatch, named, files):
    with_settings(monkeypatch, MICROSTEP_CLUSTER_ADDRESS="10.99.0.11", COMPOSE_FILE=named)
    assert settings.environment()["COMPOSE_FILE"].split(os.pathsep) == files


def test_an_override_that_compose_would_have_taken_is_taken_still(monkeypatch, tmp_path):
    with_settings(monkeypatch, MICROSTEP_CLUSTER_ADDRESS="10.99.0.11")
    monkeypatch.setattr(settings, "ROOT", tmp_path)
    monkeypatch.setattr(settings, "project", lambda: "microstep")
    (tmp_path / "docker-compose.override.yml").write_text("services: {}\n")
    files = settings.environment()["COMPOSE_FILE"].split(os.pathsep)
    assert files == ["docker-compose.yml", "docker-compose.override.yml", "docker-compose.celery.yml"]
