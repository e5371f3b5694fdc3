"""Whether a machine's directory, file and version are what they must be: what a person can get wrong by hand."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from cluster import accept, ask_head, checks, head, machine_file, worker
from test_cluster_worker import COMMAND, LIMITS, OWN

ROOT = Path(__file__).parents[2]


def started(**changes):
    """What compose makes of a machine's file, with one thing changed."""
    command, limits = list(COMMAND), dict(LIMITS)
    for name, value in changes.items():
        if name in ("queues", "concurrency"):
            command[command.index(f"--{name}") + 1] = value
        else:
            limits[f"MICROSTEP_STEP_{name.upper()}"] = value
    described = {"services": {"airflow-worker": {"command": command, "environment": limits}}}
    return subprocess.CompletedProcess((), 0, json.dumps(described), "")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"queues": "steps, host.b"}, "MICROSTEP_QUEUES: must be some of"),
        ({"queues": "steps"}, "host.b among them"),
        ({"queues": "steps,host.b,host.c"}, "got steps,host.b,host.c"),
        ({"concurrency": "0"}, "MICROSTEP_CONCURRENCY: must be a whole number from 1"),
        ({"concurrency": "four"}, "got 'four'"),
        ({"concurrency": "2.5"}, "got '2.5'"),
        ({"memory": "2 GB"}, "MICROSTEP_STEP_MEMORY: must be a whole number with b, k, m or g"),
        ({"memory": "1m"}, "MICROSTEP_STEP_MEMORY"),
        ({"cpus": "64"}, "MICROSTEP_STEP_CPUS: must be a number of processors from 0.01 to 2"),
    ],
)
def test_a_mistake_in_a_machines_file_is_told_before_anything_starts(monkeypatch, capsys, changes, said):
    monkeypatch.setattr(checks, "docker", lambda *words, check: subprocess.CompletedProcess(words, 0, "2\n", ""))
    with pytest.raises(SystemExit) as end:
        checks.as_started("b", started(**changes))
    assert end.value.code == 78
    words = capsys.readouterr().err
    assert said in words
    assert "machines/b.env" in words


def test_a_file_without_a_mistake_gives_its_queues(monkeypatch):
    monkeypatch.setattr(checks, "docker", lambda *words, check: subprocess.CompletedProcess(words, 1, "", "gone"))
    assert checks.as_started("b", started(concurrency="12", memory="512m", cpus="1.5")) == ("steps", "host.b")


def test_a_file_that_compose_cannot_read_is_told_in_its_words(capsys):
    with pytest.raises(SystemExit) as end:
        checks.as_started("b", subprocess.CompletedProcess((), 1, "", "line 4: unexpected character"))
    assert end.value.code == 78
    assert "machines/b.env, or .env: cannot be read: line 4" in capsys.readouterr().err


def test_what_a_shell_says_of_another_machine_does_not_win_against_the_machines_file(monkeypatch, tmp_path):
    seen = {}
    monkeypatch.setattr(
        worker, "environment", lambda: {"MICROSTEP_MACHINE": "c", "MICROSTEP_QUEUES": "steps", "A": "1"}
    )
    monkeypatch.setattr(
        worker.subprocess, "run", lambda command, *, env, **more: seen.update(env) or subprocess.CompletedProcess((), 0)
    )
    worker.compose("up", machine="b")
    assert seen == {"A": "1"}


@pytest.mark.parametrize(("answer", "good"), [("0.1 here", True), ("0.1 elsewhere", False)])
def test_a_copy_of_the_directory_is_refused_also_one_that_was_made_after_the_token(monkeypatch, capsys, answer, good):
    monkeypatch.setattr(checks, "docker", lambda *words, **more: subprocess.CompletedProcess(words, 0, answer, ""))
    if good:
        checks.must_reach_the_head(OWN, "10.99.0.11", "b.0f")
        return
    with pytest.raises(SystemExit) as end:
        checks.must_reach_the_head(OWN, "10.99.0.11", "b.0f")
    assert end.value.code == 78
    assert "a copy is not enough" in capsys.readouterr().err


def test_the_head_is_asked_again_for_a_file_that_it_does_not_see_at_once(monkeypatch, capsys):
    answers = iter([(0.5, False), (0.5, False), (0.5, True)])
    monkeypatch.setattr(ask_head, "ask", lambda *_: next(answers))
    monkeypatch.setattr(ask_head.time, "sleep", lambda _: None)
    monkeypatch.setattr(sys, "argv", ["ask_head", "10.99.0.11", "8080", "b.0f"])
    assert ask_head.main() == 0
    assert capsys.readouterr().out == "0.0 here\n"
    monkeypatch.setattr(ask_head, "ask", lambda *_: (0.5, False))
    assert ask_head.main() == 0
    assert capsys.readouterr().out == "0.0 elsewhere\n"


def test_a_sign_is_gone_afterwards_and_so_is_that_of_a_machine_that_was_killed(tmp_path):
    (tmp_path / ".seen-b.old").touch()
    (tmp_path / ".seen-b-2.old").touch()
    with machine_file.sign("b", tmp_path) as name:
        assert (tmp_path / f".seen-{name}").exists()
        assert not (tmp_path / ".seen-b.old").exists()
    assert [file.name for file in tmp_path.iterdir()] == [".seen-b-2.old"]


def test_volumes_of_a_whole_stack_are_not_taken_for_a_machine(monkeypatch, tmp_path, capsys):
    (tmp_path / "stack").write_text("0123456789ab 77\n/srv/other\n")
    own = accept.of_another(tmp_path)
    monkeypatch.setattr(
        worker, "docker", lambda *words, **more: subprocess.CompletedProcess(words, 0, json.dumps(own), "")
    )
    monkeypatch.setattr(worker, "accept", lambda *words: words)
    with pytest.raises(SystemExit) as end:
        worker.identity()
    assert end.value.code == 78
    assert "are those of a stack that was up here, in /srv/other" in capsys.readouterr().err


def test_volumes_of_a_machine_or_of_nobody_are_no_other_stacks(tmp_path):
    assert accept.of_another(tmp_path) == {}
    (tmp_path / "gateway").mkdir()
    assert accept.of_another(tmp_path) == {}


def test_a_head_that_has_another_version_by_now_names_the_machines_that_have_not(monkeypatch, tmp_path, capsys):
    machine_file.describe_head("r1", {"microstep-train": "sha256:1"}, tmp_path)
    for name in ("b", "c"):
        machine_file.put(name, "10.99.0.12", machine_file.version(tmp_path), tmp_path)
    (tmp_path / "d.env").write_text("MICROSTEP_MACHINE=d\n")  # from before there was such a line
    assert machine_file.others_version(tmp_path) == ("d",)
    machine_file.describe_head("r1", {"microstep-train": "sha256:2"}, tmp_path)
    machine_file.put("c", "10.99.0.13", machine_file.version(tmp_path), tmp_path)
    monkeypatch.setattr(head, "others_version", lambda: machine_file.others_version(tmp_path))
    head.name_the_others()
    told = capsys.readouterr().out
    assert [line.split()[0] for line in told.splitlines()] == ["b", "d"]
    assert "docker save microstep-airflow" in told
    assert "make worker" in told


def test_a_head_that_starts_again_as_it_was_has_the_same_version(tmp_path):
    machine_file.describe_head("r1", {"a": "1", "b": "2"}, tmp_path)
    before = machine_file.version(tmp_path)
    machine_file.describe_head("r1", {"a": "1", "b": "2"}, tmp_path)
    assert machine_file.version(tmp_path) == before != ""
