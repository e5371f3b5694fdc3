import json
import os
import re
from dataclasses import replace

import pytest
from airflow.sdk.exceptions import AirflowException, AirflowFailException, AirflowSkipException
from conftest import factory, settings
from docker.errors import ImageNotFound
from fake_engine import IMAGE_ID

from microstep_airflow.operators import docker_client, docker_step
from microstep_airflow.operators.docker_step import owner
from microstep_airflow.operators.skip_check import Changed
from microstep_airflow.schedule.retries import NotOnThisMachine, Stopped
from microstep_airflow.steps import STEPS
from socket_proxy.container_spec import build
from socket_proxy.settings import Settings

DAY = "2026-01-03"


class Ti:
    log_url = "http://airflow.example/log"

    def __init__(self):
        self.pushed = {}

    def xcom_push(self, key, value):
        self.pushed[key] = value


@pytest.fixture
def step(tmp_path):
    """Makes the operator of a step for a day, with a data root of the tester's own."""

    def make(name="train", force="", **more):
        operator = factory(**more).step(name, day=DAY, force=force)
        operator.data_root = str(tmp_path)
        return operator

    return make


def run(operator):
    ti = Ti()
    operator.execute.__wrapped__(operator, {"ti": ti, "task": operator})
    return ti


def test_a_step_runs_with_the_rules_of_every_step(engine, step, tmp_path):
    run(step())
    name, body = engine.created
    assert name == "microstep-train-2026-01-03"
    assert body["Image"] == "microstep-train"
    assert body["Cmd"] == ["--day", DAY]
    assert body["User"] == owner(tmp_path)
    host = body["HostConfig"]
    expected = {
        "Init": True,
        "ReadonlyRootfs": True,
        "Tmpfs": {"/tmp": "rw,nosuid,nodev,noexec,size=512m,mode=1777"},
        "CapDrop": ["ALL"],
        "SecurityOpt": ["no-new-privileges"],
        "PidsLimit": 512,
        "Memory": 2 * 1024**3,
        "MemorySwap": 2 * 1024**3,
        "NanoCpus": 1_000_000_000,
        "NetworkMode": "microstep-steps",
        "LogConfig": {"Type": "local", "Config": {"max-size": "1g", "max-file": "2", "compress": "false"}},
    }
    assert {key: host.get(key) for key in expected} == expected
    assert [key for key in ("Privileged", "CapAdd", "Binds", "Devices", "PidMode", "AutoRemove") if host.get(key)] == []


@pytest.mark.parametrize(
    ("name", "more"),
    [
        *((name, {}) for name in STEPS),
        ("generate", {"source": "sql"}),
        ("train", {"sign": True}),
    ],
)
def test_the_socket_proxy_finds_nothing_to_say_against_the_container_of_a_step(engine, step, name, more):
    operator = step(name, **more)
    operator.labels |= {f"microstep.{key}": "1" for key in ("dag", "run", "task", "try")}
    engine.images.add(f"microstep-{name}")
    run(operator)
    container_name, body = engine.created
    machine = Settings.read({"MICROSTEP_HOST_ROOT": operator.mounts[0]["Source"].removesuffix("/data")})
    assert b"no-new-privileges" in build(json.dumps(body).encode(), container_name, machine)


@pytest.mark.parametrize(("name", "more"), [("generate", {"source": "sql"}), ("train", {"sign": True})])
def test_nor_against_that_of_a_named_pipeline_whose_file_is_there(engine, name, more, tmp_path):
    (tmp_path / "churn.toml").touch()
    operator = replace(factory(**more), settings=settings().of("churn")).step(name, day=DAY, force="")
    operator.data_root = str(tmp_path)
    operator.labels |= {f"microstep.{key}": "1" for key in ("dag", "run", "task", "try")}
    engine.images.add(f"microstep-{name}")
    run(operator)
    container_name, body = engine.created
    assert container_name == f"microstep-churn.{name}-{DAY}"
    machine = replace(Settings.read({"MICROSTEP_HOST_ROOT": "/srv/microstep"}), pipelines=tmp_path)
    assert b"/srv/microstep/data/churn" in build(json.dumps(body).encode(), container_name, machine)


def test_a_command_of_the_step_comes_before_the_options(engine, step):
    operator = step("validate")
    operator.arguments = ["approve", "--by=a b; rm -r /"]
    engine.images.add("microstep-validate")
    run(operator)
    assert engine.created[1]["Cmd"] == ["approve", "--by=a b; rm -r /", "--day", DAY]


def test_only_the_data_root_can_be_written(engine, step):
    run(step())
    mounts = [(m["Source"], m["Target"], m["Type"], m["ReadOnly"]) for m in engine.created[1]["HostConfig"]["Mounts"]]
    assert mounts == [
        ("/srv/microstep/data", "/data", "bind", False),
        ("/srv/microstep/pipeline.toml", "/config/pipeline.toml", "bind", True),
        ("microstep_registry-train", "/run/registry", "volume", True),
    ]


def test_a_step_is_told_where_things_are_and_which_image_it_is(engine, step):
    run(step())
    assert sorted(engine.created[1]["Env"]) == [
        "MICROSTEP_CONFIG=/config/pipeline.toml",
        "MICROSTEP_DATA_ROOT=/data",
        f"MICROSTEP_IMAGE={IMAGE_ID}",
        "MICROSTEP_LOG_FORMAT=text",
        "MLFLOW_TRACKING_URI=http://mlflow:5000",
    ]


@pytest.mark.parametrize("name", ["train", "validate", "predict"])
def test_steps_that_use_the_registry_join_its_network(step, name):
    operator = step(name)
    assert operator.network_mode == "microstep-steps"
    assert operator.environment["MLFLOW_TRACKING_URI"] == "http://mlflow:5000"


@pytest.mark.parametrize(("name", "source"), [("generate", "synthetic"), ("generate", "files"), ("preprocess", "sql")])
def test_all_others_have_no_network_and_no_secrets(step, name, source):
    operator = step(name, source=source)
    assert operator.network_mode == "none"
    assert "MLFLOW_TRACKING_URI" not in operator.environment
    assert [mount["Target"] for mount in operator.mounts] == ["/data", "/config/pipeline.toml"]


def test_generate_reaches_the_database_and_its_secret_when_the_source_is_sql(engine, step):
    run(step("generate", source="sql"))
    host = engine.created[1]["HostConfig"]
    assert host["NetworkMode"] == "microstep-sql"
    [secrets] = [mount for mount in host["Mounts"] if mount["Target"] == "/run/secrets"]
    assert (secrets["Source"], secrets["ReadOnly"]) == ("/srv/microstep/secrets/sql", True)


@pytest.mark.parametrize("name", ["train", "validate", "predict"])
def test_steps_that_open_models_see_the_key_for_them_and_no_other_secret(engine, step, name):
    engine.images.add(f"microstep-{name}")
    run(step(name, sign=True))
    [secrets] = [mount for mount in engine.created[1]["HostConfig"]["Mounts"] if mount["Target"] == "/run/secrets"]
    assert (secrets["Source"], secrets["ReadOnly"]) == ("/srv/microstep/secrets/models", True)
    assert "/run/secrets" not in [mount["Target"] for mount in step(name).mounts]


def test_the_calls_to_the_engine_are_these_and_no_others(engine, step):
    run(step())
    assert [(method, path) for method, path, _, _ in engine.calls] == [
        ("GET", "/version"),
        ("GET", "/images/microstep-train/json"),
        ("POST", "/containers/create"),
        ("POST", "/containers/c1/start"),
        ("GET", "/containers/c1/logs"),
        ("GET", "/containers/c1/json"),
        ("POST", "/containers/c1/wait"),
        ("DELETE", "/containers/c1"),
    ]


def test_an_image_that_is_not_there_fails_at_once_and_is_not_pulled(engine, step):
    engine.images.clear()
    with pytest.raises(AirflowFailException, match="microstep-train: must be on this machine.*compose build train"):
        run(step())
    assert engine.calls[-1][:2] == ("GET", "/images/microstep-train/json")


@pytest.mark.parametrize(
    ("code", "kind"), [(65, AirflowFailException), (69, AirflowException), (80, AirflowSkipException)]
)
def test_the_exit_code_decides_and_the_error_line_is_told(engine, step, code, kind):
    engine.exit_code = code
    engine.output = b"2026-11-23 18:00:00,123 ERROR train: models/2026-01-03: no good\n"
    with pytest.raises(AirflowException, match=f"^models/2026-01-03: no good .exit {code}") as raised:
        run(step())
    assert type(raised.value) is kind


@pytest.mark.parametrize("code", [0, 65, 80])
def test_the_container_is_removed_however_it_ended(engine, step, code):
    engine.exit_code = code
    try:
        run(step())
    except AirflowException:
        assert code
    [(query, _)] = engine.asked("DELETE", "/containers/c1")
    assert query["force"] == ["True"]


def test_fifty_thousand_lines_that_are_not_all_text_arrive_each_once_and_the_last_ones_are_told(engine, step, capsys):
    engine.output = b"".join(b"line %d caf\xe9 \xff\xfe\n" % number for number in range(50_000))
    engine.exit_code = 70
    with pytest.raises(AirflowFailException) as raised:
        run(step())
    numbers = re.findall(r"line (\d+) caf", capsys.readouterr().out)
    assert numbers == [str(number) for number in range(50_000)]
    assert [note.split()[1] for note in raised.value.__notes__] == [str(number) for number in range(49_990, 50_000)]


def test_a_refusal_is_put_on_record(engine, step):
    engine.exit_code = 80
    operator, ti = step(), Ti()
    with pytest.raises(AirflowSkipException):
        operator.execute.__wrapped__(operator, {"ti": ti, "task": operator})
    [failure] = ti.pushed.values()
    assert failure["day"] == DAY
    assert failure["message"].endswith("(exit 80: gate refused)")


@pytest.fixture
def nothing_to_do(monkeypatch):
    """What the operator asked, each time that it asked whether there is something to do; there is not."""
    calls = []

    def up_to_date(step, day, machine):
        calls.append((step, day, machine))
        return [f"models/{day}", f"reports/{day}"]

    monkeypatch.setattr(docker_step, "up_to_date", up_to_date)
    return calls


def test_no_container_is_started_when_there_is_nothing_to_do(engine, step, nothing_to_do, tmp_path, capsys):
    run(step())
    assert [(method, path) for method, path, _, _ in engine.calls] == [
        ("GET", "/version"),
        ("GET", "/images/microstep-train/json"),
        ("GET", f"/containers/microstep-train-{DAY}/json"),
    ]
    output = capsys.readouterr().out
    assert f"models/{DAY}: up to date, no container was started" in output
    assert f"reports/{DAY}: up to date, no container was started" in output
    [(name, day, machine)] = nothing_to_do
    assert (name, day, machine.root, machine.image) == ("train", DAY, tmp_path, IMAGE_ID)
    assert (str(machine.config), machine.home) == ("/config/pipeline.toml", "/srv/microstep")
    assert machine.registry == "http://mlflow:5000"


def test_a_person_who_asks_for_it_has_the_work_done_again(engine, step, nothing_to_do):
    forced = step(force="--force")
    run(forced)
    assert engine.created[1]["Cmd"] == ["--day", DAY, "--force"]
    assert nothing_to_do == []
    assert forced.by_hand == f"docker compose run --rm train --day {DAY} --force"


def test_a_container_is_started_when_something_may_have_changed_and_the_log_says_what(
    engine, step, monkeypatch, capsys
):
    def up_to_date(step, day, machine):
        raise Changed("pipeline.toml is another one now")

    monkeypatch.setattr(docker_step, "up_to_date", up_to_date)
    run(step())
    assert f"microstep-train-{DAY} is started: pipeline.toml is another one now" in capsys.readouterr().out
    assert len(engine.asked("POST", "/c1/start")) == 1


def test_a_command_with_arguments_is_always_carried_out(engine, step, nothing_to_do):
    operator = step("validate")
    operator.arguments = ["approve"]
    engine.images.add("microstep-validate")
    run(operator)
    assert len(engine.asked("POST", "/c1/start")) == 1
    assert nothing_to_do == []


def test_a_container_of_the_step_and_day_is_never_overlooked(engine, step, nothing_to_do):
    engine.holders, engine.holders_run = ["running", "running"], THIS_RUN
    operator = step()
    run(operator)
    assert len(engine.asked("GET", "/c0/logs")) == 1


THIS_RUN = "{{ run_id }}"  # the labels of an operator that nobody has rendered


@pytest.fixture
def quick(monkeypatch):
    """An engine's client that waits a hundredth of a second where it would wait one, and a tenth where ten."""
    monkeypatch.setattr(docker_client, "POLL_SECONDS", 0.01)
    monkeypatch.setattr(docker_client, "GRACE_SECONDS", 0.1)


def test_the_container_of_another_task_is_waited_for_and_left_alone(engine, step, quick, caplog):
    engine.holders = ["created", "running", "paused", "running", "exited"]
    run(step())
    assert engine.asked("DELETE", "/c0") == []
    assert len(engine.asked("POST", "/c1/start")) == 1
    (message,) = [record.message for record in caplog.records if "waiting" in record.message]
    assert message == (
        f"microstep-train-{DAY}: must be the only one of its step and day; waiting for the one of"
        " dag {{ dag.dag_id }}, run manual__1, task {{ task.task_id }}, try 1"
    )


@pytest.mark.parametrize("state", ["created", "exited", "dead"])
def test_what_another_task_left_behind_does_not_hold_the_lock(engine, step, quick, state):
    engine.holders = [state] * 100
    run(step())
    assert len(engine.asked("DELETE", "/containers/c0")) == 1
    assert len(engine.asked("POST", "/c1/start")) == 1


def test_what_another_checkout_left_behind_is_never_removed(engine, step, quick):
    engine.holders, engine.holders_run, engine.holders_root = ["exited"] * 100, THIS_RUN, "/srv/other"
    with pytest.raises(AirflowFailException, match="belongs to /srv/other, not to /srv/microstep"):
        run(step())
    assert engine.asked("DELETE", "/containers/c0") == []


@pytest.mark.parametrize("state", ["running", "paused", "exited 0"])
def test_what_a_lost_try_of_the_same_task_left_at_work_or_done_is_adopted(engine, step, state):
    engine.holders, engine.holders_run = [state], THIS_RUN
    operator = step()
    run(operator)
    assert operator.cli.exit_code == 0
    assert engine.asked("POST", "/start") == []
    [(query, _)] = engine.asked("GET", "/c0/logs")
    assert (query["stdout"], query["stderr"], query["follow"]) == (["1"], ["1"], ["1"])
    assert len(engine.asked("DELETE", "/containers/c0")) == 1


def test_the_end_of_an_adopted_container_is_the_end_of_the_task(engine, step):
    engine.holders, engine.holders_run = ["running"], THIS_RUN
    engine.exit_code, engine.output = 65, b"2026-11-23 18:00:00,123 ERROR train: no good\n"
    with pytest.raises(AirflowFailException, match="no good .exit 65"):
        run(step())


@pytest.mark.parametrize("state", ["created", "exited 137", "dead"])
def test_what_a_lost_try_left_unfinished_is_done_again(engine, step, state):
    engine.holders, engine.holders_run = [state], THIS_RUN
    run(step())
    assert len(engine.asked("DELETE", "/containers/c0")) == 1
    assert len(engine.asked("POST", "/c1/start")) == 1


def test_a_log_that_breaks_off_is_no_end_of_the_step_and_is_retried(engine, step):
    engine.log_is_cut = True
    with pytest.raises(AirflowException, match="the log of c1 broke off") as raised:
        run(step())
    assert type(raised.value) is AirflowException
    assert engine.asked("POST", "/containers/c1/wait") == []


def test_an_engine_that_does_not_answer_is_retried(step, monkeypatch):
    monkeypatch.setenv("DOCKER_HOST", "tcp://127.0.0.1:1")
    with pytest.raises(AirflowException, match="tcp://127.0.0.1:1: the engine does not answer") as raised:
        run(step())
    assert type(raised.value) is AirflowException


@pytest.mark.parametrize(
    ("status", "kind"), [(400, AirflowFailException), (403, AirflowFailException), (500, AirflowException)]
)
def test_what_the_engine_refuses_is_not_asked_again_but_its_own_trouble_is_waited_for(engine, step, status, kind):
    engine.broken[("POST", "/containers/create")] = status
    with pytest.raises(AirflowException, match="the engine refused: it went wrong") as raised:
        run(step())
    assert type(raised.value) is kind


def test_a_stop_gives_the_step_less_time_than_airflow_gives_the_task(engine, step):
    operator = step()
    operator.container = {"Id": "c1"}
    operator.on_kill()
    [(query, _)] = engine.asked("POST", "/containers/c1/stop")
    assert int(query["t"][0]) < 5
    assert len(engine.asked("DELETE", "/containers/c1")) == 1


def test_a_step_that_was_stopped_says_so_and_not_that_its_container_is_gone(engine, step):
    operator = step()
    engine.broken[("POST", "/containers/c1/wait")] = 404
    start = operator.cli.start

    def start_and_stop(container):
        start(container)
        operator.on_kill()

    operator.cli.start = start_and_stop
    with pytest.raises(Stopped, match="microstep-train-2026-01-03: stopped when Airflow ended the task"):
        run(operator)


def test_a_step_whose_end_came_of_the_stop_has_not_failed(engine, step):
    operator = step()
    engine.exit_code, operator.stopped = 143, True
    with pytest.raises(Stopped):
        run(operator)


def test_a_step_out_of_memory_is_told_with_what_it_had(engine, step):
    engine.exit_code = 137
    with pytest.raises(AirflowException, match="than it may have, 2g: raise MICROSTEP_STEP_MEMORY in .env"):
        run(step())


def test_a_stop_of_a_container_that_is_gone_is_no_error(engine, step):
    engine.broken[("POST", "/containers/c1/stop")] = 404
    operator = step()
    operator.container = {"Id": "c1"}
    operator.on_kill()


def test_a_stop_before_the_container_was_made_asks_for_nothing(engine, step):
    step().on_kill()
    assert engine.calls == []


def test_a_step_runs_as_the_owner_of_the_data_root_but_never_as_root(tmp_path, monkeypatch):
    status = tmp_path.stat()
    for uid, expected in [(1234, f"1234:{status.st_gid}"), (0, "1000:1000")]:
        result = os.stat_result((status.st_mode, 0, 0, 0, uid, status.st_gid, 0, 0, 0, 0))
        monkeypatch.setattr(type(tmp_path), "stat", lambda self, result=result: result)
        assert owner(tmp_path) == expected


def test_where_a_rootless_engine_maps_root_to_a_person_a_step_runs_as_the_person(tmp_path, monkeypatch):
    status = tmp_path.stat()
    (tmp_path / "uid_map").write_text("         0       1000          1\n         1     100000      65536\n")
    monkeypatch.setattr(docker_step, "UID_MAP", tmp_path / "uid_map")
    for uid, expected in [(1234, f"1234:{status.st_gid}"), (0, "0:0")]:
        result = os.stat_result((status.st_mode, 0, 0, 0, uid, status.st_gid, 0, 0, 0, 0))
        with monkeypatch.context() as patch:
            patch.setattr(type(tmp_path), "stat", lambda self, result=result, **_: result)
            assert owner(tmp_path) == expected


def test_a_stack_of_another_name_has_images_containers_networks_and_volumes_of_its_own(engine, tmp_path):
    engine.images.add("shop-train")
    made = factory()
    operator = replace(made, settings=replace(made.settings, project="shop")).step("train", day=DAY)
    operator.data_root = str(tmp_path)
    run(operator)
    name, body = engine.created
    assert (name, body["Image"]) == (f"shop-train-{DAY}", "shop-train")
    assert body["HostConfig"]["NetworkMode"] == "shop-steps"
    assert "shop_registry-train" in {mount["Source"] for mount in body["HostConfig"]["Mounts"]}


def test_labels_say_whose_container_it_is(step):
    assert step().labels == {
        "microstep.root": "/srv/microstep",
        "microstep.step": "train",
        "microstep.day": DAY,
        "microstep.dag": "{{ dag.dag_id }}",
        "microstep.run": "{{ run_id }}",
        "microstep.task": "{{ task.task_id }}",
        "microstep.try": "{{ ti.try_number }}",
    }
    assert "labels" in step().template_fields


@pytest.fixture
def machine(monkeypatch, tmp_path):
    """A further machine; `fits` says which version of the head it was started with."""
    (tmp_path / "machines").mkdir()
    (tmp_path / "machines/head.json").write_text("{}\n")

    def start(fits):
        for name, value in {"MACHINE": "b", "FITS": fits, "CONFIG": str(tmp_path / "pipeline.toml")}.items():
            monkeypatch.setenv(f"MICROSTEP_{name}", value)
        monkeypatch.setenv("MICROSTEP_HOST_ROOT", "/srv/microstep")

    return start


def test_a_machine_with_another_version_than_the_head_starts_no_step_and_takes_no_try(engine, step, machine):
    machine("0123456789abcdef")
    with pytest.raises(NotOnThisMachine, match="b: must have the head's version"):
        run(step())
    assert engine.calls == []


def test_a_machine_with_the_heads_version_does(engine, step, machine, tmp_path):
    from microstep_airflow.machines.version import of_the_head

    machine(of_the_head(tmp_path / "machines"))
    run(step())
    assert engine.created[0] == "microstep-train-2026-01-03"


def test_an_image_that_was_removed_from_a_machine_is_no_failure_of_the_task(step, machine, monkeypatch, tmp_path):
    from microstep_airflow.machines.version import of_the_head

    def gone(self, image):
        raise ImageNotFound(f"No such image: {image}")

    monkeypatch.setattr(docker_client.StepDockerClient, "inspect_image", gone)
    with pytest.raises(AirflowFailException, match="must be on this machine"):
        run(step())
    machine(of_the_head(tmp_path / "machines"))
    with pytest.raises(NotOnThisMachine, match="microstep-train: is not on the machine b"):
        run(step())
