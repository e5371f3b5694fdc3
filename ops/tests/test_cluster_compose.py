"""What compose makes of the files of several machines: on the head, and on each further one."""

import subprocess

import pytest
from composed import ROOT, composed, needs_compose

pytestmark = needs_compose
HEAD_FILES = ("docker-compose.yml", "docker-compose.celery.yml")
OF_A_MACHINE = {
    "MICROSTEP_MACHINE": "b",
    "MICROSTEP_ADDRESS": "10.99.0.12",
    "MICROSTEP_QUEUES": "steps,train,host.b",
    "MICROSTEP_CLUSTER_ADDRESS": "10.99.0.11",
}
NEW = {"authority", "broker", "gateway", "airflow-worker"}


@pytest.fixture(scope="module")
def head():
    return composed(names=HEAD_FILES, PWD="/srv/microstep", MICROSTEP_CLUSTER_ADDRESS="10.99.0.11")


@pytest.fixture(scope="module")
def machine():
    return composed(names=("docker-compose.worker.yml",), PWD="/srv/microstep", **OF_A_MACHINE)


@pytest.fixture(scope="module")
def alone():
    return composed(names=("docker-compose.yml",), PWD="/srv/microstep")["services"]


@pytest.fixture(params=["head", "machine"])
def services(request):
    return request.getfixturevalue(request.param)["services"]


def published(services):
    return {
        (name, port["host_ip"], port["published"], port["target"])
        for name, service in services.items()
        for port in service.get("ports", [])
    }


def test_of_the_head_two_ports_of_the_gateway_are_published_on_the_address_of_the_cluster_alone(head):
    beyond = {port for port in published(head["services"]) if port[1] != "127.0.0.1"}
    assert beyond == {("gateway", "10.99.0.11", "8080", 8080), ("gateway", "10.99.0.11", "6379", 6379)}


def test_of_a_machine_one_port_is_published_on_its_own_address(machine):
    assert published(machine["services"]) == {("gateway", "10.99.0.12", "8793", 8793)}


def test_no_part_that_was_added_is_less_hardened_than_those_before(services):
    for name, service in services.items():
        assert service["cap_drop"] == ["ALL"], name
        assert "no-new-privileges:true" in service["security_opt"], name
        assert service["logging"]["driver"] == "local", name
        assert {"max-size", "max-file"} <= set(service["logging"]["options"]), name
        assert service.get("privileged") is None, name
    for name in NEW & set(services):
        assert services[name]["init"] is True, name
        assert int(services[name]["mem_limit"]) <= 3 * 2**30, name
        assert name == "airflow-worker" or services[name]["read_only"] is True, name


def test_capabilities_are_given_to_what_gives_files_away_and_to_the_socket_proxy(services):
    given = {name: set(service["cap_add"]) for name, service in services.items() if service.get("cap_add")}
    assert set(given) <= {"authority", "secrets", "checkout", "socket-proxy"}
    assert given.get("authority", set()) <= {"CHOWN", "DAC_READ_SEARCH", "SETUID", "SETGID"}


def test_a_part_that_keeps_running_runs_as_a_user_who_is_not_root(head, machine):
    assert head["services"]["broker"]["user"] == "999:999"
    for image, user in (("infra/gateway", "65533:65533"), ("airflow", "50000:0"), ("infra/airgap/valkey", "999:999")):
        assert f"USER {user}" in (ROOT / image / "Dockerfile").read_text()
    for services in (head["services"], machine["services"]):
        assert not any(str(services[name].get("user", "")).startswith("0") for name in NEW & set(services))


def test_the_head_is_asked_as_the_user_of_the_gateway():
    from cluster.inside import ask_head

    user = next(line for line in (ROOT / "infra/gateway/Dockerfile").read_text().splitlines() if "USER" in line)
    assert f"--user={user.removeprefix('USER ')}" in ask_head("10.99.0.11", 8080, "b.0f")


def test_the_engines_socket_is_in_the_proxy_alone_on_every_machine(services):
    having = {
        name
        for name, service in services.items()
        for mount in service.get("volumes", [])
        if "docker.sock" in mount["source"]
    }
    assert having == {"socket-proxy"}


def test_the_socket_proxy_is_the_same_on_every_machine(head, machine):
    one, other = (dict(stack["services"]["socket-proxy"]) for stack in (head, machine))
    for service in (one, other):
        service.pop("build", None)
        names = {"NO_PROXY", "no_proxy"}
        service["environment"] = {name: value for name, value in service["environment"].items() if name not in names}
    assert one == other


def test_a_worker_does_the_same_on_every_machine_but_what_is_about_the_machine(head, machine):
    one, other = (dict(stack["services"]["airflow-worker"]["environment"]) for stack in (head, machine))
    of_the_head = {"AIRFLOW__CORE__PARALLELISM"}  # the scheduler's
    of_a_machine = {
        "AIRFLOW__API__SECRET_KEY_CMD",
        "MICROSTEP_FITS",
    }  # its logs are asked for; it may be of another day
    assert (set(one) - set(other), set(other) - set(one)) == (of_the_head, of_a_machine)
    differing = {name for name in set(one) & set(other) if one[name] != other[name]}
    kinds = ("UNACKED_KEY", "UNACKED_INDEX_KEY", "UNACKED_MUTEX_KEY")
    own = {f"AIRFLOW__CELERY_BROKER_TRANSPORT_OPTIONS__{kind}" for kind in kinds}
    assert differing == {"MICROSTEP_MACHINE", *own}


def test_what_a_machine_keeps_as_taken_is_what_the_broker_lets_it_keep(head, machine):
    from cluster.broker_users import keys, unacked

    for stack, name in ((head, "head"), (machine, "b")):
        environment = stack["services"]["airflow-worker"]["environment"]
        for kind, what in (("KEY", ""), ("INDEX_KEY", "_index"), ("MUTEX_KEY", "_mutex")):
            value = environment[f"AIRFLOW__CELERY_BROKER_TRANSPORT_OPTIONS__UNACKED_{kind}"]
            assert value == unacked(name, what)
            assert value in keys(name)


def test_no_secret_of_airflows_own_reaches_a_worker_not_even_the_heads(head, machine):
    for stack in (head, machine):
        worker = stack["services"]["airflow-worker"]
        mounted = {mount["source"] for mount in worker["volumes"] if mount["type"] == "volume"}
        assert "secrets" not in mounted
        names = " ".join(worker["environment"])
        for secret in ("FERNET", "JWT", "SQL_ALCHEMY", "PASSWORDS"):
            assert secret not in names
        # by a command that reads a file: the value is in no environment
        assert worker["environment"]["AIRFLOW__CELERY__BROKER_URL_CMD"] == "cat /run/microstep/airflow/broker_url"
        assert "AIRFLOW__CELERY__BROKER_URL" not in worker["environment"]


def networks(stack, name):
    return set(stack["services"][name]["networks"])


def test_only_the_ways_that_are_needed_lead_to_the_broker(head):
    there = {name for name, service in head["services"].items() if "queue" in (service.get("networks") or {})}
    assert there == {"broker", "gateway", "airflow-scheduler", "airflow-worker"}
    assert networks(head, "broker") == {"queue"}
    assert head["networks"]["queue"]["internal"] is True


def test_on_a_machine_the_gateway_and_mlflows_forwarder_alone_have_a_way_out(machine):
    out = {name for name in machine["services"] if "default" in networks(machine, name)}
    assert out == {"gateway", "mlflow"}
    inside = {name for name, network in machine["networks"].items() if network.get("internal")}
    assert inside == {"inside", "engine", "steps"}


def test_a_step_of_a_machine_meets_mlflows_forwarder_and_nothing_else(machine, head):
    assert {name for name in machine["services"] if "steps" in networks(machine, name)} == {"mlflow"}
    of_the_head = head["networks"]["steps"]
    assert machine["networks"]["steps"]["name"] == of_the_head["name"] == "microstep-steps"
    assert machine["networks"]["steps"]["driver_opts"] == of_the_head["driver_opts"]


def test_names_of_the_head_lead_through_the_gateway_on_a_machine(machine):
    inside = machine["services"]["gateway"]["networks"]["inside"]
    assert set(inside["aliases"]) == {"airflow-apiserver", "broker"}
    for name in ("gateway", "mlflow"):
        assert [host.replace("=", ":") for host in machine["services"][name]["extra_hosts"]] == ["head:10.99.0.11"]


def test_every_part_of_airflow_has_the_same_executor_and_sees_the_machines(head):
    parts = {name: service for name, service in head["services"].items() if name.startswith("airflow-")}
    assert {part["environment"]["AIRFLOW__CORE__EXECUTOR"] for part in parts.values()} == {
        "CeleryExecutor,LocalExecutor"
    }
    assert {part["environment"]["AIRFLOW__OPERATORS__DEFAULT_QUEUE"] for part in parts.values()} == {"steps"}
    for name, part in parts.items():
        seen = [mount for mount in part["volumes"] if mount["target"] == "/config/machines"]
        assert [mount.get("read_only") for mount in seen] == [True], name


def test_logs_of_other_machines_are_asked_for_through_the_gateway_and_of_no_part_of_the_stack(head):
    environment = head["services"]["airflow-apiserver"]["environment"]
    assert environment["HTTP_PROXY"] == environment["http_proxy"] == "http://gateway:3128"
    apart = set(environment["NO_PROXY"].split(","))
    for name in ("airflow-triggerer", "mlflow", "maildev"):
        assert name in apart
    assert head["services"]["airflow-triggerer"]["hostname"] in apart
    proxied = {name for name, service in head["services"].items() if "HTTP_PROXY" in (service.get("environment") or {})}
    assert proxied == {"airflow-apiserver"}


def test_without_an_address_of_a_cluster_everything_is_as_on_one_machine(alone):
    assert NEW.isdisjoint(alone)
    assert {
        service["environment"]["AIRFLOW__CORE__EXECUTOR"]
        for name, service in alone.items()
        if name.startswith("airflow-")
    } == {"LocalExecutor"}
    assert all("queue" not in (service.get("networks") or {}) for service in alone.values())


@pytest.mark.parametrize("missing", sorted(OF_A_MACHINE))
def test_a_file_of_a_machine_without_what_make_worker_says_starts_nothing(missing):
    variables = {name: value for name, value in OF_A_MACHINE.items() if name != missing}
    with pytest.raises(AssertionError, match=f"{missing}.*must be"):
        composed(names=("docker-compose.worker.yml",), PWD="/srv/microstep", **variables)


@pytest.mark.parametrize(
    ("names", "address", "said"),
    [
        (HEAD_FILES, "10.99.0.11", "MICROSTEP_HOST_ROOT: must be the path"),  # the next thing that it looks at
        (HEAD_FILES[:1], "", "MICROSTEP_HOST_ROOT: must be the path"),
        (HEAD_FILES[:1], "10.99.0.11", "on the head: make up, on another machine: make worker"),
    ],
)
def test_compose_as_it_is_typed_starts_no_half_of_several_machines(names, address, said):
    """On the head it would take the workers' broker away, on another machine be a second head in the same data/."""
    stack = composed(names=names, PWD="/srv/microstep", MICROSTEP_CLUSTER_ADDRESS=address)
    checkout = stack["services"]["checkout"]
    script = [word.replace("$$", "$") for word in checkout["command"]]
    done = subprocess.run(
        script, env={**checkout["environment"], "MICROSTEP_HOST_ROOT": ""}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 78
    assert said in done.stderr
