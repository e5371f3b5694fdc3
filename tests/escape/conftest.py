"""The real proxy, as docker-compose.yml runs it, in front of the real engine; the tests stand where Airflow stands."""

import socket
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
sys.path += [str(ROOT / "infra/socket-proxy"), str(ROOT / "infra/socket-proxy/tests")]

from bodies import NAME  # noqa: E402 - the paths come first
from engine import SOCKET, docker, request, send  # noqa: E402

PROXY, BYSTANDER = "microstep-escape-proxy", "microstep-escape-bystander"
HARDENED = ["--cap-drop=ALL", "--security-opt=no-new-privileges:true", "--read-only"]


def removed(*names):
    for name in names:
        send(SOCKET, request("DELETE", f"/v1.45/containers/{name}?force=1&v=1"))


@pytest.fixture(scope="session")
def checkout(tmp_path_factory):
    """What a step mounts."""
    root = tmp_path_factory.mktemp("checkout")
    for folder in ("data", "secrets/models", "secrets/sql"):
        (root / folder).mkdir(parents=True)
    (root / "pipeline.toml").touch()
    return root


@pytest.fixture(scope="session")
def proxy(checkout):
    """(host, port) of the proxy."""
    removed(PROXY, BYSTANDER, NAME, "microstep-escape-made")
    granted = ["--cap-add=SETUID", "--cap-add=SETGID", "--volume=/var/run/docker.sock:/var/run/docker.sock"]
    with socket.create_server(("127.0.0.1", 0)) as free:  # a port that a restart does not change
        address = free.getsockname()
    publish = [f"--publish=127.0.0.1:{address[1]}:2375", f"--env=MICROSTEP_HOST_ROOT={checkout}"]
    docker("run", "--detach", f"--name={PROXY}", *HARDENED, *granted, *publish, "microstep-socket-proxy")
    docker("run", "--detach", f"--name={BYSTANDER}", "--network=none", "debian:trixie-slim", "sleep", "600")
    for _ in range(100):
        if send(address, request("GET", "/_ping")).status == 200:
            break
        time.sleep(0.1)
    yield address
    removed(PROXY, BYSTANDER)
