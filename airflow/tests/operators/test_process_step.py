import os
import shutil
import signal
import threading
import time
from pathlib import Path

import pytest
from airflow.sdk.exceptions import AirflowException, AirflowFailException, AirflowSkipException

from microstep_airflow.operators.process_step import ProcessStepOperator
from microstep_airflow.schedule.retries import Stopped

DAY = "2026-01-03"


@pytest.fixture
def step(tmp_path):
    """Makes the operator of a step whose interpreter is a shell script."""

    def make(script):
        python = tmp_path / ".venvs" / "train" / "bin" / "python"
        python.parent.mkdir(parents=True)
        python.write_text(f"#!/bin/bash\n{script}\n")
        python.chmod(0o755)
        return operator(tmp_path)

    return make


def operator(home, **more):
    paths = {"data_root": "/d", "config": "/p.toml", "home": str(home)}
    return ProcessStepOperator(task_id="train", step="train", day=DAY, **paths, **more)


def run(operator, **context):
    operator.execute.__wrapped__(operator, context)


def test_the_step_gets_the_options_that_a_container_gets(step, tmp_path):
    run(step(f'echo "$@" > {tmp_path}/arguments'))
    assert (tmp_path / "arguments").read_text().split() == [
        "-m", "train", "--day", DAY, "--data-root", "/d", "--config", "/p.toml", "--log-format", "text",
    ]  # fmt: skip


def test_a_command_of_the_step_comes_before_the_options(tmp_path):
    arguments = ["approve", "--by=a b; rm -r /"]
    command = operator(tmp_path, arguments=arguments).command()
    assert command[-12:-6] == ["-m", "train", *arguments, "--day", DAY]


def test_work_is_done_again_when_a_person_asks_for_it(tmp_path):
    assert operator(tmp_path, force="--force").command()[-1] == "--force"
    assert "--force" not in operator(tmp_path).command()


def test_the_step_finds_its_own_sources_and_none_of_airflows_settings(step, tmp_path, monkeypatch):
    monkeypatch.setenv("AIRFLOW__CORE__FERNET_KEY", "secret")
    monkeypatch.setenv("_AIRFLOW_X", "x")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:5000")
    monkeypatch.setenv("MICROSTEP_MLFLOW_LOGINS_OF_STEPS", "/logins")
    monkeypatch.setenv("PYTHONPATH", "/elsewhere")
    run(step(f"env > {tmp_path}/seen"))
    seen = dict(line.split("=", 1) for line in (tmp_path / "seen").read_text().splitlines() if "=" in line)
    assert seen["PYTHONPATH"] == f"{tmp_path}/libs/contract:{tmp_path}/libs/analysis:{tmp_path}/services/train"
    assert seen["MLFLOW_TRACKING_URI"] == "http://127.0.0.1:5000"
    assert seen["MICROSTEP_MLFLOW_LOGIN_FILE"] == "/logins/train/login"
    assert "MICROSTEP_MLFLOW_LOGINS_OF_STEPS" not in seen
    assert not [name for name in seen if "AIRFLOW" in name]


def test_the_log_is_passed_on_line_by_line(step, capsys):
    run(step("echo one; echo two >&2"))
    words = [word for line in capsys.readouterr().out.splitlines() for word in line.split()]
    assert [word for word in words if word in ("one", "two")] == ["one", "two"]


@pytest.mark.parametrize(("code", "kind"), [(65, AirflowFailException), (75, AirflowException)])
def test_the_exit_code_decides_as_for_a_container(step, code, kind):
    with pytest.raises(AirflowException, match=f"bad .exit {code}") as raised:
        run(step(f'echo "2026-11-23 18:00:00,123 ERROR train: bad" >&2; exit {code}'))
    assert type(raised.value) is kind


def test_a_refusal_is_put_on_record_and_skips(step):
    pushed = []

    class Ti:
        log_url = "http://airflow.example/log"

        def xcom_push(self, key, value):
            pushed.append(value["message"])

    task = step("echo refused; exit 80")
    with pytest.raises(AirflowSkipException):
        run(task, ti=Ti(), task=task)
    assert pushed == ["refused (exit 80: gate refused)"]


def test_a_step_killed_by_a_signal_is_told_as_a_container_would_tell_it(step):
    with pytest.raises(AirflowException, match="137: killed"):
        run(step("kill -KILL $$"))


def test_an_environment_that_was_not_made_fails_at_once_and_says_how_to_make_it(tmp_path):
    with pytest.raises(AirflowFailException, match=r"train/bin/python: must be there.*dev/env train"):
        run(operator(tmp_path))


def stop_when(task, ready):
    """Ends the task, as Airflow does, once the step has written a file."""

    def wait():
        while not ready.exists():
            time.sleep(0.02)
        task.on_kill()

    threading.Thread(target=wait, daemon=True).start()


def test_a_stop_reaches_the_step_which_ends_cleanly(step, tmp_path):
    ready = tmp_path / "ready"
    task = step(f'trap "echo bye > {tmp_path}/bye; exit 143" TERM; touch {ready}; sleep 60 & wait')
    stop_when(task, ready)
    with pytest.raises(Stopped, match="train 2026-01-03: stopped when Airflow ended the task"):
        run(task)
    assert (tmp_path / "bye").exists()


def test_a_stop_reaches_what_the_step_started(step, tmp_path):
    ready = tmp_path / "ready"
    task = step(f"sleep 61 & echo $! > {ready}.new; mv {ready}.new {ready}; wait")
    stop_when(task, ready)
    with pytest.raises(AirflowException):
        run(task)
    # both were signalled at once; the step may be the first to be gone
    wait_for(lambda: not alive(int(ready.read_text())), "the end of what the step started")


def test_a_step_that_does_not_listen_is_killed(step, tmp_path, monkeypatch):
    monkeypatch.setattr("microstep_airflow.operators.process_step.STOP_SECONDS", 0.2)
    ready = tmp_path / "ready"
    task = step(f'trap "" TERM; touch {ready}; while true; do sleep 0.05; done')
    stop_when(task, ready)
    start = time.monotonic()
    with pytest.raises(Stopped):
        run(task)
    assert time.monotonic() - start < 5


def test_a_stop_before_the_start_does_nothing(tmp_path):
    operator(tmp_path).on_kill()


def test_a_stop_after_the_end_does_nothing(step):
    task = step("true")
    run(task)
    task.on_kill()


def alive(pid):
    """Whether a process runs; one that nobody has reaped does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):  # the second when it goes between opening and reading
        return False


@pytest.mark.skipif(shutil.which("setpriv") is None, reason="no setpriv (util-linux) on this machine")
def test_a_step_ends_when_its_task_is_killed(step, tmp_path):
    operator = step(f"trap 'touch {tmp_path}/ended; exit' TERM; touch {tmp_path}/begun; while :; do sleep 0.05; done")
    task = os.fork()
    if task == 0:
        run(operator)
        os._exit(0)
    wait_for((tmp_path / "begun").exists, "begun")
    os.kill(task, signal.SIGKILL)
    os.waitpid(task, 0)
    wait_for((tmp_path / "ended").exists, "ended")


def wait_for(condition, event):
    end = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < end, f"{event} did not come"
        time.sleep(0.02)
