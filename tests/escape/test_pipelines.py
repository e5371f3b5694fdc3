"""A compromised Airflow, or a step, tries to get from one pipeline into another's data, configuration and secrets."""

import json
import socket
import time

import pytest
from conftest import HARDENED, removed
from engine import SOCKET, docker, inspect, request, send
from sample import other

PROXY = "microstep-escape-pipelines"
NAME = "microstep-churn.preprocess-2026-11-22"
PIPELINES = ("churn", "orders")


@pytest.fixture(scope="module")
def checkout(tmp_path_factory):
    """What the steps of two pipelines mount."""
    root = tmp_path_factory.mktemp("pipelines")
    for name in PIPELINES:
        for folder in (f"data/{name}", f"secrets/sql/{name}", f"secrets/models/{name}", "pipelines"):
            (root / folder).mkdir(parents=True, exist_ok=True)
        (root / "data" / name / "rows").write_text(f"rows of {name}")
        (root / "pipelines" / f"{name}.toml").write_text(f'[pipeline]\nname = "{name}"\n')
    (root / "pipelines" / "linked.toml").symlink_to("orders.toml")
    (root / "pipeline.toml").touch()
    return root


@pytest.fixture(scope="module")
def proxy(checkout):
    """(host, port) of a proxy that sees these pipelines, as docker-compose.yml mounts them."""
    removed(PROXY, NAME)
    granted = ["--cap-add=SETUID", "--cap-add=SETGID", f"--volume={SOCKET}:{SOCKET}"]
    with socket.create_server(("127.0.0.1", 0)) as free:
        address = free.getsockname()
    seen = [f"--env=MICROSTEP_HOST_ROOT={checkout}", f"--volume={checkout}/pipelines:/pipelines:ro"]
    for folder in (checkout, *checkout.parents[:1], checkout / "pipelines"):
        folder.chmod(0o755)
    publish = f"--publish=127.0.0.1:{address[1]}:2375"
    docker("run", "--detach", f"--name={PROXY}", *HARDENED, *granted, *seen, publish, "microstep-socket-proxy")
    for _ in range(100):
        if send(address, request("GET", "/_ping")).status == 200:
            break
        time.sleep(0.1)
    yield address
    removed(PROXY)


@pytest.fixture(autouse=True)
def clean():
    """Takes away what an attempt has made."""
    yield
    removed(NAME)


def body(checkout, pipeline="churn", step="preprocess", network="none"):
    """A step's body as Airflow's operator makes it for a pipeline of this checkout."""
    text = json.dumps(other(step, network)).replace("/srv/microstep", str(checkout))
    text = text.replace(f'"{checkout}/data"', f'"{checkout}/data/{pipeline}"')
    text = text.replace(f'"{checkout}/pipeline.toml"', f'"{checkout}/pipelines/{pipeline}.toml"')
    return text.replace('"microstep.step"', f'"microstep.pipeline": "{pipeline}", "microstep.step"')


def mounted_more(checkout, source):
    made = json.loads(body(checkout))
    mount = {"Type": "bind", "Source": f"{checkout}/{source}", "Target": "/run/secrets", "ReadOnly": True}
    made["HostConfig"]["Mounts"].append(mount)
    return json.dumps(made)


def instead(old, new):
    return lambda checkout: body(checkout).replace(f'"{checkout}/{old}"', f'"{checkout}/{new}"')


WAYS = {
    "its data": (NAME, instead("data/churn", "data/orders")),
    "the data of all": (NAME, instead("data/churn", "data")),
    "its data by a way around": (NAME, instead("data/churn", "data/churn/../orders")),
    "its configuration": (NAME, instead("pipelines/churn.toml", "pipelines/orders.toml")),
    "the configurations of all": (NAME, instead("pipelines/churn.toml", "pipelines")),
    "its database's secret": (NAME, lambda checkout: mounted_more(checkout, "secrets/sql/orders")),
    "its key for models": (NAME, lambda checkout: mounted_more(checkout, "secrets/models/orders")),
    "the secrets of all": (NAME, lambda checkout: mounted_more(checkout, "secrets/sql")),
    "its data beside one's own": (NAME, lambda checkout: mounted_more(checkout, "data/orders")),
    "its label": (
        NAME,
        lambda checkout: body(checkout).replace('"microstep.pipeline": "churn"', '"microstep.pipeline": "orders"'),
    ),
    "no label": (NAME, lambda checkout: body(checkout).replace('"microstep.pipeline": "churn", ', "")),
    "another's body under one's own name": (NAME, lambda checkout: body(checkout, "orders")),
    "a name without a pipeline": (
        "microstep-preprocess-2026-11-22",
        lambda checkout: json.dumps(other("preprocess", "none")).replace("/srv/microstep", str(checkout)),
    ),
    "a pipeline that is not there": ("microstep-gone.preprocess-2026-11-22", lambda checkout: body(checkout, "gone")),
    "a file that leads to another's": (
        "microstep-linked.preprocess-2026-11-22",
        lambda checkout: body(checkout, "linked"),
    ),
    "a name that climbs": ("microstep-churn%2F..%2Forders.preprocess-2026-11-22", body),
    "a name of two": ("microstep-churn.orders.preprocess-2026-11-22", body),
}


@pytest.mark.parametrize("way", WAYS)
def test_no_way_leads_from_one_pipeline_into_another(proxy, checkout, way):
    name, make = WAYS[way]
    answer = send(proxy, request("POST", f"/v1.45/containers/create?name={name}", make(checkout).encode()))
    assert 400 <= answer.status < 500, answer.raw
    label = f"label=microstep.root={checkout}"
    assert docker("ps", "--all", "--quiet", f"--filter={label}") == "", "a container was made"


def test_what_a_step_of_a_pipeline_is_given_is_its_own(proxy, checkout):
    target = f"/v1.45/containers/create?name={NAME}"
    answer = send(proxy, request("POST", target, body(checkout).encode()))
    assert answer.status == 201, answer.raw
    mounts = {mount["Destination"]: mount["Source"] for mount in inspect(NAME)["Mounts"]}
    assert mounts == {
        "/data": f"{checkout}/data/churn",
        "/config/pipeline.toml": f"{checkout}/pipelines/churn.toml",
    }


def test_a_step_that_somebody_has_taken_over_finds_nothing_of_the_others(proxy, checkout):
    """Run by the engine itself with the very mounts that the proxy gives: a shell in place of the step."""
    mounts = [
        f"--volume={checkout}/data/churn:/data",
        f"--volume={checkout}/pipelines/churn.toml:/config/pipeline.toml:ro",
    ]
    look = "ls -A /data /data/.. /config; cat /data/../orders/rows /data/orders/rows /config/../pipelines/orders.toml"
    limits = [*HARDENED, "--network=none", "--user=1000:1000", "--entrypoint=sh"]
    seen = docker("run", "--rm", *limits, *mounts, "microstep-preprocess", "-c", f"({look}) 2>&1; true")
    assert "rows" in seen
    assert "rows of orders" not in seen
    assert "[pipeline]" not in seen


def test_a_pipeline_that_comes_is_known_without_a_restart(proxy, checkout):
    name = "microstep-later.preprocess-2026-11-22"
    target = f"/v1.45/containers/create?name={name}"
    assert send(proxy, request("POST", target, body(checkout, "later").encode())).status == 403
    (checkout / "data" / "later").mkdir()
    (checkout / "pipelines" / "later.toml").write_text("")
    try:
        assert send(proxy, request("POST", target, body(checkout, "later").encode())).status == 201
    finally:
        removed(name)
        (checkout / "pipelines" / "later.toml").unlink()
