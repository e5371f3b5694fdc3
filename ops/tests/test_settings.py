"""What compose itself makes of .env decides, so these ask the real one."""

import os
import shutil
import subprocess
import sys

import pytest
from checkout import settings
from composed import needs_compose

MAIL = "MICROSTEP_SMTP"


@pytest.fixture(autouse=True)
def bare(monkeypatch):
    for name in settings.NAMES:
        monkeypatch.delenv(name, raising=False)


@needs_compose
@pytest.mark.parametrize(
    ("line", "value"),
    [
        (f"{MAIL}=plain", "plain"),
        (f"{MAIL}='single # $quoted'", "single # $quoted"),
        (f'{MAIL}="double # quoted"', "double # quoted"),
        (f"export {MAIL}=exported", "exported"),
        (f"  {MAIL} = blanks  ", "blanks"),
        (f"{MAIL}=x # a comment", "x"),
        (f"{MAIL}=x#y", "x#y"),
        (f"{MAIL}=x\r", "x"),
        (f"{MAIL}: yaml", "yaml"),
        (f"{MAIL}=one\n{MAIL}=two", "two"),
        (f"OTHER=a\n{MAIL}=${{OTHER}}/b", "a/b"),
        (f'{MAIL}="a\nb"', "a\nb"),
        (f"# {MAIL}=x", ""),
        (f"{MAIL}=", ""),
        (f"\ufeff{MAIL}=after a byte order mark", "after a byte order mark"),
        (f"{MAIL}=a$$b", "a$b"),
    ],
)
def test_a_setting_is_what_compose_reads(tmp_path, line, value):
    (tmp_path / ".env").write_text(f"{line}\n", encoding="utf-8", newline="")
    assert settings.read(tmp_path)[MAIL] == value
    assert asked_otherwise(tmp_path) == value


def asked_otherwise(folder):
    """The value in a project that is laid out as a user's: a file, and the configuration as YAML keeps it."""
    (folder / "docker-compose.yml").write_text(
        f"services: {{a: {{image: none, labels: {{said: 'x${{{MAIL}-}}'}}}}}}", encoding="utf-8"
    )
    words = ["docker", "compose", "config", "--format", "json"]
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True, check=True)
    import json

    return json.loads(done.stdout)["services"]["a"]["labels"]["said"].removeprefix("x").replace("$$", "$")


@needs_compose
def test_the_environment_wins_as_it_does_with_compose(tmp_path, monkeypatch):
    (tmp_path / ".env").write_text("MICROSTEP_MAIL_PORT=1\nMICROSTEP_MLFLOW_PORT=2\n")
    monkeypatch.setenv("MICROSTEP_MAIL_PORT", "3")
    values = settings.read(tmp_path)
    assert (values["MICROSTEP_MAIL_PORT"], values["MICROSTEP_MLFLOW_PORT"]) == ("3", "2")


@needs_compose
def test_a_file_that_compose_cannot_read_is_told_with_composes_words(tmp_path):
    (tmp_path / ".env").write_text('A="never closed\n')
    with pytest.raises(settings.UnreadableError, match="unterminated quoted value"):
        settings.read(tmp_path)


def test_without_a_docker_command_a_file_is_not_guessed_at_and_no_file_needs_no_guess(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("MICROSTEP_MAIL_PORT", "3")
    assert settings.read(tmp_path)["MICROSTEP_MAIL_PORT"] == "3"
    (tmp_path / ".env").write_text("A=1\n")
    with pytest.raises(settings.UnreadableError, match="no docker command"):
        settings.read(tmp_path)


def test_ports_are_the_usual_ones_until_others_are_chosen():
    assert settings.ports({}) == settings.PORTS
    assert settings.ports({"MICROSTEP_MAIL_PORT": "1081"}) == settings.PORTS | {"MICROSTEP_MAIL_PORT": 1081}


@pytest.mark.parametrize("text", ["abc", "0", "65536", "80-90", "-1", "1.5", "\u0661"])
def test_what_is_no_port_is_refused_with_its_name(text):
    with pytest.raises(ValueError, match="MICROSTEP_MAIL_PORT: must be a port"):
        settings.ports({"MICROSTEP_MAIL_PORT": text})


def test_every_call_of_compose_is_about_this_checkout_and_this_project(monkeypatch):
    monkeypatch.setenv("PWD", "/elsewhere")
    monkeypatch.setenv("COMPOSE_PROJECT_NAME", "another")
    variables = settings.environment()
    assert (variables["PWD"], variables["COMPOSE_PROJECT_NAME"]) == (str(settings.ROOT), "microstep")
    assert variables["PATH"] == os.environ["PATH"]


HEADS = "docker-compose.yml:docker-compose.celery.yml"


@pytest.fixture
def answering(tmp_path):
    """A docker command that tells the files by which it is asked for something of the parts."""
    docker = tmp_path / "docker"
    answer = 'echo "$3 by ${COMPOSE_FILE:-its own choice}"'
    docker.write_text(f'#!/bin/sh\n[ "$2" = logs ] || exec {shutil.which("docker")} "$@"\nset -- . "$@"\n{answer}\n')
    docker.chmod(0o755)
    own = {name: text for name, text in os.environ.items() if name != settings.FILES}
    return own | {"PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}"}


@needs_compose
@pytest.mark.parametrize(("address", "files"), [("", "its own choice"), ("10.99.0.11", HEADS)])
def test_make_logs_and_what_a_person_is_told_to_type_know_every_part(monkeypatch, answering, address, files):
    variables = answering | {settings.CLUSTER: address}
    command = ["make", f"PYTHON={sys.executable}", "logs"]
    done = subprocess.run(command, cwd=settings.ROOT, env=variables, capture_output=True, text=True, check=True)
    assert done.stdout == f"logs by {files}\n"
    monkeypatch.delenv(settings.FILES, raising=False)
    monkeypatch.setattr(settings, "_here", lambda: dict.fromkeys(settings.NAMES, "") | {settings.CLUSTER: address})
    typed = subprocess.run(
        ["sh", "-c", f"{settings.as_typed()} logs gateway"], env=answering, capture_output=True, text=True, check=True
    )
    assert typed.stdout == done.stdout
