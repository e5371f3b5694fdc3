"""What `make status` asks, in which order, and how it ends."""

import json
import sys
from types import SimpleNamespace

import pytest
from checkout import settings
from pipelines.parts import Stack

from pipelines import status


@pytest.fixture
def asked(monkeypatch, tmp_path):
    """Runs `make status` with a stack; each thing that is asked answers in turn. Gives commands, their input, the end."""

    def ask(stack, answers, *words, image=True, environments=(), cluster=""):
        started, given = [], []

        def run(command, **more):
            started.append(command)
            given.append(more.get("input"))
            code, text = answers[len(started) - 1]
            return SimpleNamespace(returncode=code, stdout=text, stderr="why\n")

        for name in environments:
            (tmp_path / ".venvs" / name / "bin").mkdir(parents=True)
            (tmp_path / ".venvs" / name / "bin" / "python").touch()
        monkeypatch.setattr(sys, "argv", ["status", *words])
        monkeypatch.setattr(status, "ROOT", tmp_path)
        monkeypatch.setattr(status, "ask_engine", lambda: stack)
        monkeypatch.setattr(status, "engine", lambda *_: SimpleNamespace(returncode=0 if image else 1))
        monkeypatch.setattr(status, "project", lambda: "shop")
        monkeypatch.setattr(status, "chosen", lambda name: name)
        monkeypatch.setattr(status, "environment", dict)
        monkeypatch.setattr(
            status, "settings", lambda: {settings.CLUSTER: cluster, settings.USER: "", "MICROSTEP_HOST_ROOT": ""}
        )
        monkeypatch.setattr(status, "end_tidily_when_asked_to", lambda: None)
        monkeypatch.setattr(status.subprocess, "run", run)
        return started, given, status.main()

    return ask


UP = Stack(up=True, parts=[{"name": "mlflow", "state": "ok", "text": "healthy"}], status="c0ffee")
DOWN = Stack()
SILENT = Stack(why="the engine does not answer: refused")


def test_a_stack_that_is_up_is_asked_in_the_container_that_is_there(asked, capsys):
    started, given, code = asked(UP, [(0, "all is well\n")])
    assert started[0][:7] == ["docker", "exec", "--interactive", "c0ffee", "python", "-m", "microstep_airflow.status"]
    assert "--disk" not in started[0]
    assert json.loads(given[0]) == {"up": True, "parts": UP.parts, "why": ""}
    assert (code, capsys.readouterr().out) == (0, "all is well\n")


def test_one_container_answers_for_all_pipelines_when_the_stack_is_down(asked, tmp_path):
    for name in ("data", "pipeline.toml", "pipelines", "machines"):
        (tmp_path / name).mkdir()
    started, _, code = asked(DOWN, [(0, "down\n")])
    (command,) = started
    assert command[:2] == ["docker", "run"]
    assert {"--network=none", "--read-only", "--cap-drop=ALL", "--pull=never", "--rm"} < set(command)
    mounts = [word for word in command if word.startswith("--volume=")]
    assert len(mounts) == 5
    assert all(":ro" in mount for mount in mounts)
    assert not any("secrets" in mount or "docker.sock" in mount for mount in mounts)
    assert command[-1] == "--disk"
    assert code == 0


def test_what_is_not_there_is_not_mounted_since_the_engine_would_make_it(asked, tmp_path):
    (tmp_path / "data").mkdir()
    ((command,), _, _) = asked(DOWN, [(0, "down\n")])
    mounts = [word.split(":")[1] for word in command if word.startswith("--volume=")]
    assert mounts == ["/data", status.MAILS]


def test_without_an_engine_an_environment_of_this_machine_reads_the_disk(asked, tmp_path):
    started, given, _ = asked(SILENT, [(0, "disk\n")], environments=["generate"])
    assert started[0][0] == str(tmp_path / ".venvs/generate/bin/python")
    assert json.loads(given[0])["why"] == "the engine does not answer: refused"


def test_a_way_that_leads_nowhere_is_said_and_the_next_is_taken(asked, capsys):
    started, _, code = asked(UP, [(137, ""), (0, "disk\n")])
    assert [command[1] for command in started] == ["exec", "run"]
    assert (code, capsys.readouterr().err) == (0, "docker exec: why\n")


def test_where_nothing_can_tell_the_end_is_69_with_what_is_known(asked, capsys):
    with pytest.raises(SystemExit) as ended:
        asked(UP, [(1, "")], image=False)
    assert ended.value.code == 69
    error = capsys.readouterr().err
    assert "the stack is up, and neither an image of it nor an environment in .venvs/ can read data/" in error
    assert "mlflow                healthy" in error


def test_a_check_ends_with_1_where_something_is_wrong(asked):
    started, _, code = asked(UP, [(1, "1 of 1 pipeline needs you\n")], "--check", "--json", "--pipeline=churn")
    assert started[0][-4:] == ["--host", "--json", "--check", "--pipeline=churn"]
    assert code == 1


def test_the_workers_of_several_machines_are_asked_when_asked_for(asked):
    assert len(asked(UP, [(0, "well\n")], cluster="10.0.0.11")[0]) == 1
    started, _, code = asked(UP, [(0, "well\n"), (69, "")], "--workers", cluster="10.0.0.11")
    assert (started[1], code) == (status.MACHINES, 69)
