"""What holds for every service of the stack, whoever adds one."""

import os
import subprocess

import pytest
from composed import ROOT, composed, needs_compose

pytestmark = needs_compose


@pytest.fixture(scope="module")
def services():
    return composed(PWD="/srv/microstep")["services"]


def test_no_containers_log_grows_without_end(services):
    limits = {name: service.get("logging", {}) for name, service in services.items()}
    assert {name: limit.get("driver") for name, limit in limits.items()} == dict.fromkeys(services, "local")
    assert {name for name, limit in limits.items() if not {"max-size", "max-file"} <= {*limit["options"]}} == set()


TALKS_HTTP = {"mlflow", "socket-proxy", "train", "validate", "predict"}


def test_what_the_parts_say_to_each_other_stays_out_of_a_proxy_of_the_docker_client(services):
    hosts = {name for name, service in services.items() if service.get("restart") == "unless-stopped"} - {"tls"}
    asked = {name for name in hosts if not name.startswith("airflow") or name == "airflow-apiserver"}
    talking = {name for name in services if name in TALKS_HTTP or name.startswith("airflow")}
    assert talking >= {"airflow-scheduler", "airflow-triggerer", "airflow-init"}
    for name in talking:
        for variable in ("NO_PROXY", "no_proxy"):
            names = set(services[name]["environment"][variable].split(","))
            assert asked | {"localhost", "127.0.0.1"} <= names, name
            assert "" not in names


def test_names_of_your_own_stay_out_of_the_proxy_too():
    train = composed(PWD="/srv/microstep", MICROSTEP_NO_PROXY=".example.com,10.0.0.0/8")["services"]["train"]
    assert train["environment"]["NO_PROXY"].endswith(",pages,status,.example.com,10.0.0.0/8")


def test_every_file_and_folder_of_the_checkout_carries_the_label_that_selinux_asks_for(services):
    unlabelled = {
        (name, mount["target"])
        for name, service in services.items()
        for mount in service.get("volumes", [])
        if mount["type"] == "bind" and mount.get("bind", {}).get("selinux") != "z"
    }
    assert unlabelled == {("socket-proxy", "/var/run/docker.sock")}
    assert "label:disable" in services["socket-proxy"]["security_opt"]
    # what Airflow's steps mount cannot ask for it, so something else does
    sources = {mount["source"].removeprefix(f"{ROOT}/") for mount in services["checkout"]["volumes"]}
    assert {"data", "pipeline.toml", "secrets/sql", "secrets/models"} <= sources


def test_without_a_shell_that_says_where_it_is_nothing_starts_before_somebody_has_said_it(services, tmp_path):
    bare = composed()["services"]["checkout"]
    # mounts are those of this checkout, so that the service starts, and refuses
    assert {f"{ROOT}/data", f"{ROOT}/pipeline.toml"} <= {mount["source"] for mount in bare["volumes"]}
    assert bare["environment"]["MICROSTEP_HOST_ROOT"] == ""
    script = bare["command"][-1].replace("$$", "$")
    done = subprocess.run(
        ["sh", "-ec", script], env={"PATH": os.environ["PATH"]}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 78
    command = done.stderr.strip().partition("type in the checkout: ")[2]
    subprocess.run(["sh", "-c", command], cwd=tmp_path, env={"PWD": str(tmp_path)}, check=True)
    assert (tmp_path / ".env").read_text() == f"MICROSTEP_HOST_ROOT={tmp_path}\n"
    said = composed(MICROSTEP_HOST_ROOT="/srv/microstep")["services"]
    for stack in (said, services):
        assert stack["socket-proxy"]["environment"]["MICROSTEP_HOST_ROOT"] == "/srv/microstep"
        assert stack["airflow-scheduler"]["environment"]["MICROSTEP_HOST_ROOT"] == "/srv/microstep"
        assert "/srv/microstep/data" in {mount["source"] for mount in stack["checkout"]["volumes"]}


def test_a_stack_of_another_name_shares_nothing_with_the_first_one_but_the_images_of_others(services):
    first, second = composed(PWD="/srv/a"), composed(PWD="/srv/b", MICROSTEP_PROJECT="shop")
    assert (first["name"], second["name"]) == ("microstep", "shop")
    for kind in ("networks", "volumes"):
        names = [{entry["name"] for entry in stack[kind].values()} for stack in (first, second)]
        assert len(names[0]) == len(names[1]) > 3
        assert names[0] & names[1] == set()
    images = [{service["image"] for service in stack["services"].values()} for stack in (first, second)]
    assert images[0] & images[1] == {"postgres:17", "maildev/maildev:3.0.0", "python:3.13-slim-trixie"}
    assert "shop-train" in images[1]
    for stack in (first, second):
        for part in ("airflow-scheduler", "socket-proxy"):
            assert stack["services"][part]["environment"]["MICROSTEP_PROJECT"] == stack["name"]
    assert {service.get("container_name") for service in services.values()} == {None}


@pytest.mark.skipif(os.getuid() != 0, reason="only root can give files away")
@pytest.mark.parametrize(
    ("uid_map", "owner"),
    [("0 0 4294967295\n", 1000), ("0 1000 1\n1 100000 65536\n", 0)],
    ids=["root of the machine", "root of a rootless engine"],
)
def test_roots_data_is_handed_over_unless_root_is_the_person_whose_data_it_is(services, tmp_path, uid_map, owner):
    script = services["checkout"]["command"][-1].replace("$$", "$")
    script = script[script.index("read -r _ _ ids") :]
    (tmp_path / "data" / "raw").mkdir(parents=True)
    (tmp_path / "map").write_text(uid_map)
    for path, instead in (("/here/data", tmp_path / "data"), ("/proc/self/uid_map", tmp_path / "map")):
        assert path in script
        script = script.replace(path, str(instead))
    subprocess.run(["sh", "-ec", script], check=True)
    assert {path.stat().st_uid for path in (tmp_path / "data", tmp_path / "data" / "raw")} == {owner}


@needs_compose
@pytest.mark.parametrize(("slots", "code"), [("0", 78), ("-1", 78), ("many", 78), ("1", 0), ("", 0)])
def test_compose_alone_makes_no_pool_in_which_no_step_ever_runs(tmp_path, slots, code):
    shell, option, script = composed(MICROSTEP_POOL_SLOTS=slots, PWD=str(ROOT))["services"]["airflow-init"]["command"]
    python = tmp_path / "python"
    python.write_text("#!/bin/sh\necho asked for: $*\n")
    python.chmod(0o755)
    path = f"{tmp_path}{os.pathsep}{os.environ['PATH']}"
    command = [shell, option, script]
    done = subprocess.run(command, env={"PATH": path}, capture_output=True, text=True, check=False)
    assert done.returncode == code
    if code:
        assert "MICROSTEP_POOL_SLOTS: must be a whole number from 1" in done.stderr
        assert not done.stdout
    else:
        assert done.stdout == f"asked for: -m microstep_airflow.prepare {slots or 2}\n"
