"""What `make worker` and `make up` refuse before anything is started; the whole of it: tests/machines."""

import io
import json
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from checkout.settings import ROOT
from cluster import checks, head, inside, machine_file, tokens, worker
from cluster.token import encode
from test_cluster_token import TOKEN

HERE = "127.0.0.1"
"""An address that every machine has."""


@pytest.fixture
def machine(monkeypatch, tmp_path):
    """A machine with nothing wrong, as far as it is looked at; what is asked of the engine is kept."""
    asked = []

    def docker(*words, **more):
        asked.append((words, more))
        code = 1 if words[:2] == ("image", "inspect") else 0  # none is here
        return subprocess.CompletedProcess(words, code, stdout="", stderr="")

    for module in (worker, head, tokens, checks):
        monkeypatch.setattr(module, "docker", docker)
    for module in (worker, checks):
        monkeypatch.setattr(module, "ROOT", tmp_path)
    monkeypatch.setattr(worker, "identity", dict)
    monkeypatch.setattr(worker, "cluster", lambda: TOKEN.head)
    monkeypatch.setattr(checks, "is_ours", lambda address: True)
    monkeypatch.setattr(checks, "read", lambda: {"MICROSTEP_ENGINE_ELSEWHERE": "", "MICROSTEP_HOST_ROOT": ""})
    monkeypatch.setattr("sys.stdin", io.StringIO(encode(TOKEN) + "\n"))
    (tmp_path / "data/.machines").mkdir(parents=True)
    (tmp_path / "data/.stack").write_text(f"{TOKEN.stack}\n")
    (tmp_path / "data/.machines/b").write_text(f"{TOKEN.mark}\n")
    return asked


def typed(**options):
    return SimpleNamespace(**({"head": "", "name": "", "address": "", "new": False, "down": False} | options))


def refused(capsys, **options):
    with pytest.raises(SystemExit) as end:
        worker.join(typed(**options))
    return end.value.code, capsys.readouterr().err


def test_what_is_no_token_is_refused_before_the_engine_is_asked(machine, monkeypatch, capsys):
    monkeypatch.setattr("sys.stdin", io.StringIO("microstep-1.something-secret\n"))
    code, said = refused(capsys)
    assert code == 64
    assert "make token" in said
    assert "something-secret" not in said
    assert [words[0] for words, _ in machine] == ["ps"]


@pytest.mark.parametrize(("option", "value"), [("name", "c"), ("address", "10.99.0.13")])
def test_a_name_or_address_that_is_not_the_tokens_is_refused(machine, capsys, option, value):
    code, said = refused(capsys, **{option: value})
    assert code == 64
    assert f"{option.upper()}: is {value}, but the token is that of b at 10.99.0.12" in said


@pytest.mark.parametrize(("address", "typed_head"), [("", ""), ("10.99.0.11", "10.99.0.99")])
def test_without_the_heads_own_settings_nothing_starts(machine, monkeypatch, capsys, address, typed_head):
    monkeypatch.setattr(worker, "cluster", lambda: address)
    monkeypatch.setattr(
        worker, "token_of_a_person", lambda: pytest.fail("a token was asked for, and is good for nothing")
    )
    code, said = refused(capsys, head=typed_head)
    assert code == 78
    assert "MICROSTEP_CLUSTER_ADDRESS: must be the head's address" in said


def test_an_address_of_another_machine_is_refused(machine, monkeypatch, capsys):
    monkeypatch.setattr(checks, "is_ours", head.is_ours)
    code, said = refused(capsys)
    assert code == 78
    assert "10.99.0.12 is not" in said


def test_all_that_does_not_fit_is_told_at_once_and_no_secret_is_put_anywhere(machine, tmp_path, monkeypatch, capsys):
    (tmp_path / "data/.machines/b").unlink()
    monkeypatch.setattr(checks, "head", lambda: {"revision": "a" * 40, "images": {"microstep-train": "sha256:1"}})
    monkeypatch.setattr(checks, "revision_here", lambda: "b" * 40)
    code, said = refused(capsys)
    assert code == 78
    for subject in ("data/: must be the same directory", "revision: the head runs", "images: must be the head's own"):
        assert subject in said
    assert not [words for words, _ in machine if words[0] == "run"]


COMMAND = ["airflow", "celery", "worker", "--queues", "steps,host.b", "--concurrency", "4"]
LIMITS = {"MICROSTEP_STEP_MEMORY": "2g", "MICROSTEP_STEP_CPUS": "1"}


@pytest.fixture
def fitting(machine, monkeypatch, tmp_path):
    """A machine on which nothing is wrong; what compose is asked for."""
    started = []
    monkeypatch.setattr(worker, "must_fit", lambda own: "v1")
    monkeypatch.setattr(worker, "create_volume", lambda name: None)
    monkeypatch.setattr(worker, "must_reach_the_head", lambda own, address, sign: None)
    monkeypatch.setattr(worker, "sign", lambda name: machine_file.sign(name, tmp_path))
    monkeypatch.setattr(worker, "put", lambda *words: machine_file.put(*words, folder=tmp_path))
    monkeypatch.setattr(worker, "take_away", lambda name: machine_file.take_away(name, tmp_path))

    def compose(*words, machine, fits, read=False):
        assert fits == "v1"
        if read:
            return subprocess.CompletedProcess(words, 0, json.dumps(described), "")
        started.append((machine, *words))
        return subprocess.CompletedProcess(words, 5, "", "")

    described = {"services": {"airflow-worker": {"command": COMMAND, "environment": LIMITS}}}
    monkeypatch.setattr(worker, "compose", compose)
    return started


OWN = {name: getattr(TOKEN, name) for name in ("machine", "address", "head", "stack", "mark")}


@pytest.fixture
def running(machine, monkeypatch):
    """The machine's parts run already; only the question for a scheduler finds none."""

    def docker(*words, **more):
        machine.append((words, more))
        # steps have no such label: they go on
        found = words[0] == "ps" and "--filter=label=com.docker.compose.oneoff=False" in words
        return subprocess.CompletedProcess(words, 0, stdout="p1\np2\n" if found else "", stderr="")

    monkeypatch.setattr(worker, "docker", docker)
    return machine


def ended_before_the_secrets(asked):
    words = [words for words, _ in asked]
    (accepted,) = (at for at, words_of_one in enumerate(words) if "cluster.accept" in words_of_one)
    return ("rm", "--force", "p1", "p2") in words[:accepted]


def test_a_new_token_has_every_part_start_anew_and_without_one_what_runs_goes_on(fitting, running, monkeypatch):
    assert worker.join(typed()) == 5
    assert ended_before_the_secrets(running)
    running.clear()
    monkeypatch.setattr(worker, "identity", lambda: OWN)
    assert worker.join(typed()) == 5
    assert not [words for words, _ in running if words[0] in ("stop", "rm")]
    assert [name for name, *_ in fitting] == ["b", "b"]


def test_nothing_runs_on_with_an_older_tokens_secrets_when_the_new_one_meets_no_head(
    fitting, running, monkeypatch, capsys
):
    monkeypatch.setattr(worker, "must_reach_the_head", lambda *_: worker.refuse(69, "does not answer"))
    assert refused(capsys)[0] == 69
    assert ended_before_the_secrets(running)


@pytest.fixture
def ending(machine, monkeypatch, tmp_path):
    """A machine that is to take part no more: its file, and what compose gets to see and answers."""
    file, calls = tmp_path / "b.env", []
    file.write_text("MICROSTEP_MACHINE=b\n")

    def run(command, *, env, **more):
        calls.append((command[-1] if command[-1] == "stop" else "down", env.get("MICROSTEP_CLUSTER_ADDRESS", "")))
        return subprocess.CompletedProcess(command, answers.get(calls[-1][0], 0))

    answers = {}
    monkeypatch.setattr(worker, "path_of", lambda name: file)
    monkeypatch.setattr(worker, "environment", dict)
    monkeypatch.setattr(worker, "own_steps", lambda *, at_work: {"s1": "microstep-train-2026-01-01"})
    monkeypatch.setattr(worker, "take_away", lambda name: file.unlink())
    monkeypatch.setattr(worker.subprocess, "run", run)
    return file, calls, answers


def test_a_machine_ends_after_the_head_has_become_one_machine_again(ending, machine, monkeypatch):
    file, calls, _ = ending
    monkeypatch.setattr(worker, "cluster", str)
    assert worker.leave(OWN) == 0
    assert calls == [("stop", TOKEN.head), ("down", TOKEN.head)]
    assert ("rm", "--force", "s1") in [words for words, _ in machine]
    assert not file.exists()


@pytest.mark.parametrize(("fails", "steps_ended"), [("stop", False), ("down", True)])
def test_a_machine_whose_parts_did_not_end_is_not_told_to_be_gone(ending, machine, capsys, fails, steps_ended):
    file, _, answers = ending
    answers[fails] = 15
    assert worker.leave(OWN) == 15
    assert file.exists()
    assert "b still takes part" in capsys.readouterr().err
    assert (("rm", "--force", "s1") in [words for words, _ in machine]) is steps_ended


def test_the_token_is_given_to_its_container_by_standard_input_alone(fitting, machine):
    worker.join(typed())
    given = [(words, more) for words, more in machine if "cluster.accept" in words]
    assert [more["input"].strip() for _, more in given] == [encode(TOKEN)]
    assert not any(secret in " ".join(words) for words, _ in machine for secret in (TOKEN.broker_password, TOKEN.key))
    assert "--log-driver=none" in given[0][0]


@pytest.mark.parametrize(
    ("of", "words"),
    [(inside.keep, ("ensure",)), (inside.accept, ("show",)), (inside.ask_head, ("10.99.0.11", 8080, "b.0f"))],
)
def test_no_registry_is_asked_for_what_sees_the_volumes_with_secrets(monkeypatch, of, words):
    monkeypatch.setattr(inside, "settings", lambda: {"MICROSTEP_HOST_ROOT": "/srv/m", "MICROSTEP_CLUSTER_ADDRESS": ""})
    command = of(*words)
    assert "--pull=never" in command[: command.index("-m") - 1]


def test_an_image_that_lacks_is_told_with_what_to_type_before_it_is_started(monkeypatch, capsys):
    asked = []

    def docker(*words, **more):
        asked.append(words[0])
        there = words[0] == "volume"
        return subprocess.CompletedProcess(words, int(not there), "microstep_secrets\n" if there else "", "")

    monkeypatch.setattr(worker, "docker", docker)
    with pytest.raises(SystemExit) as end:
        worker.identity()
    assert end.value.code == 78
    assert "docker load < machines/images.tar" in capsys.readouterr().err
    assert "run" not in asked


def test_the_heads_own_engine_is_no_further_machine(machine, monkeypatch, capsys):
    monkeypatch.setattr(checks, "docker", lambda *words, **more: subprocess.CompletedProcess(words, 0, "abc\n", ""))
    code, said = refused(capsys)
    assert code == 78
    assert "is on this engine" in said


@pytest.mark.parametrize(
    ("code", "said", "wanted"),
    [(77, "certificate revoked", "make worker NEW=1"), (69, "timed out", "does not answer at 10.99.0.11:8080")],
)
def test_a_head_that_refuses_and_one_that_is_not_there_are_told_apart(monkeypatch, capsys, code, said, wanted):
    monkeypatch.setattr(checks, "docker", lambda *words, **more: subprocess.CompletedProcess(words, code, "", said))
    with pytest.raises(SystemExit) as end:
        checks.must_reach_the_head({"machine": "b", "address": "10.99.0.12"}, "10.99.0.11", "b.0f")
    assert end.value.code == code
    words = capsys.readouterr().err
    assert said in words
    assert wanted in words


def test_make_up_on_another_machine_of_the_same_directory_starts_no_second_head(capsys):
    with pytest.raises(SystemExit) as end:
        head.must_be_here("192.0.2.7", elsewhere=False)
    assert end.value.code == 78
    assert "on another machine of that head's stack type: make worker" in capsys.readouterr().err
    head.must_be_here("192.0.2.7", elsewhere=True)  # the engine's machine cannot be asked


def test_an_address_is_ours_when_a_program_here_can_listen_there():
    assert head.is_ours(HERE)
    assert not head.is_ours("192.0.2.7")


def test_an_address_is_not_ours_where_programs_may_listen_at_any():
    """As on a machine with keepalived or a load balancer."""
    code = (
        "import socket; from cluster.head import is_ours; socket.socket().bind(('192.0.2.7', 0));"
        "print(is_ours('192.0.2.7'), is_ours('127.0.0.1'))"
    )
    allow = 'ip link set lo up && echo 1 > /proc/sys/net/ipv4/ip_nonlocal_bind && exec "$0" -c "$1"'
    apart = ("unshare", "--user", "--map-root-user", "--net", "--mount-proc", "--pid", "--fork")
    done = subprocess.run(
        [*apart, "sh", "-c", allow, sys.executable, code],
        capture_output=True, text=True, check=False, env={**os.environ, "PYTHONPATH": str(ROOT / "ops")},
    )  # fmt: skip
    if "unshare" in done.stderr or "ip:" in done.stderr:
        pytest.skip(f"namespaces are not allowed here: {done.stderr.strip()}")
    assert done.stdout.split() == ["False", "True"], done.stderr


def test_a_token_is_for_the_head_of_several_machines(monkeypatch, capsys):
    monkeypatch.setattr(tokens, "cluster", lambda: "")
    with pytest.raises(SystemExit) as end:
        tokens.must_be_a_head()
    assert end.value.code == 78
    assert "echo MICROSTEP_CLUSTER_ADDRESS=" in capsys.readouterr().err


def test_every_image_of_a_machine_is_one_that_compose_builds():
    from cluster.inside import IMAGES
    from composed import ROOT

    text = "".join((ROOT / name).read_text() for name in ("docker-compose.yml", "docker-compose.celery.yml"))
    for part in IMAGES:
        assert f"image: ${{COMPOSE_PROJECT_NAME}}-{part}\n" in text, part


def test_a_directory_that_is_mounted_elsewhere_than_env_says_is_refused(machine, monkeypatch, tmp_path, capsys):
    """Steps would mount what lies at the head's path, and here that is another folder, or none."""
    monkeypatch.setattr(
        checks, "read", lambda: {"MICROSTEP_ENGINE_ELSEWHERE": "", "MICROSTEP_HOST_ROOT": str(tmp_path / "elsewhere")}
    )
    code, said = refused(capsys)
    assert code == 78
    assert "MICROSTEP_HOST_ROOT: is" in said
    assert "mounted at the same path" in said
    assert not [words for words, _ in machine if words[0] == "run"]


def test_a_folder_in_which_nothing_can_be_written_is_told_before_a_secret_is_put_anywhere(
    fitting,
    running,
    monkeypatch,
    capsys,
):
    def closed(file, text):
        raise PermissionError(13, "Permission denied", str(file))

    monkeypatch.setattr(machine_file, "_write", closed)
    code, said = refused(capsys)
    assert code == 77
    assert "as the owner of the checkout" in said
    assert not [words for words, _ in running if words[0] in ("run", "stop", "rm")]


def test_a_mark_that_cannot_be_read_is_told_without_a_trace_of_the_program(machine, monkeypatch, capsys):
    def closed(self, **_):
        raise PermissionError(13, "Permission denied", str(self))

    monkeypatch.setattr(Path, "read_text", closed)
    code, said = refused(capsys)
    assert code == 77
    assert "cannot be read: Permission denied" in said


def test_who_gets_the_token_of_another_name_is_waited_for_under_that_name_alone(
    fitting,
    running,
    monkeypatch,
    tmp_path,
):
    (tmp_path / "a.env").write_text("MICROSTEP_MACHINE=a\n")
    monkeypatch.setattr(worker, "identity", lambda: OWN | {"machine": "a"})
    assert worker.join(typed(new=True)) == 5
    assert machine_file.those_that_take_part(tmp_path) == ("b",)


@pytest.mark.parametrize(("code", "says"), [(0, "v1"), (5, "v0")])
def test_a_machine_has_another_version_once_it_runs_and_not_before(fitting, monkeypatch, tmp_path, code, says):
    file = machine_file.put("b", "10.99.0.12", "v0", tmp_path)
    config = worker.compose("config", machine="b", fits="v1", read=True)

    def compose(*words, fits, read=False, **_):
        assert (fits, machine_file.value_in(file, "MICROSTEP_FITS")) == ("v1", "v0")
        return config if read else subprocess.CompletedProcess(words, code, "", "")

    monkeypatch.setattr(worker, "compose", compose)
    assert worker.join(typed()) == code
    assert machine_file.value_in(file, "MICROSTEP_FITS") == says


def test_compose_starts_a_machine_with_the_version_that_it_is_given_and_not_the_files(monkeypatch):
    seen = []
    monkeypatch.setattr(worker, "environment", lambda: {"MICROSTEP_FITS": "of a shell"})
    monkeypatch.setattr(worker.subprocess, "run", lambda command, *, env, **_: seen.append(env.get("MICROSTEP_FITS")))
    worker.compose("up", machine="b", fits="v1")
    worker.compose("stop", machine="b")
    assert seen == ["v1", None]
