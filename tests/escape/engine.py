"""Sends the very bytes that a test gives to the engine or the proxy, and lists what a container gained."""

import contextlib
import io
import json
import re
import socket
import subprocess
from dataclasses import dataclass
from http.client import HTTPResponse
from pathlib import Path

SOCKET = "/var/run/docker.sock"
SECONDS = 15
OWN_NETWORKS = {"none", "microstep-steps", "microstep-sql"}


@dataclass(frozen=True)
class Answer:
    """What came back until the connection was closed, or nothing more came."""

    raw: bytes

    @property
    def status(self) -> int:
        """0 when it is no HTTP."""
        protocol, _, rest = self.raw.partition(b" ")
        return int(rest.split(b" ", 1)[0]) if protocol.startswith(b"HTTP/1.") else 0

    @property
    def answers(self) -> int:
        """How many answers it is."""
        return len(re.findall(rb"HTTP/1\.[01] [1-5]", self.raw))

    @property
    def json(self):
        response = HTTPResponse(_Received(self.raw))
        response.begin()
        return json.loads(response.read())


class _Received:
    """What HTTPResponse takes for a socket."""

    def __init__(self, raw: bytes) -> None:
        self.raw = raw

    def makefile(self, _mode):
        return io.BytesIO(self.raw)


def send(address, *chunks: bytes, seconds: float = SECONDS) -> Answer:
    """Sends bytes on one connection: to (host, port), or to the engine itself with the path of its socket."""
    family = socket.AF_UNIX if isinstance(address, str) else socket.AF_INET
    with socket.socket(family) as line:
        line.settimeout(seconds)
        line.connect(address)
        received = bytearray()
        with contextlib.suppress(OSError):  # closed while we send, or silent for too long
            for chunk in chunks:
                line.sendall(chunk)
            while chunk := line.recv(65536):
                received += chunk
        return Answer(bytes(received))


def request(method: str, target: str, body: bytes = b"", headers: bytes = b"") -> bytes:
    """One honest request. `headers`: lines of their own, each with its end."""
    return (
        (
            f"{method} {target} HTTP/1.1\r\nHost: engine\r\nConnection: close\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
        ).encode()
        + headers
        + b"\r\n"
        + body
    )


def docker(*arguments: str) -> str:
    done = subprocess.run(["docker", *arguments], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def inspect(name: str):
    """The engine's own inspection of a container; None when there is none."""
    answer = send(SOCKET, request("GET", f"/v1.45/containers/{name}/json"))
    if answer.status != 200:
        return None
    container = answer.json
    container["Mounts"].sort(key=lambda mount: mount["Destination"])  # the engine has no order of its own
    return container


def state():
    """Everything of the engine that an attempt could change."""

    def get(target: str):
        return send(SOCKET, request("GET", f"/v1.45/{target}")).json

    return {
        "containers": sorted((c["Id"], c["Names"], c["State"]) for c in get("containers/json?all=1")),
        "images": sorted((image["Id"], sorted(image["RepoTags"] or ())) for image in get("images/json?all=1")),
        "volumes": sorted(volume["Name"] for volume in get("volumes")["Volumes"] or ()),
        "networks": sorted((network["Id"], network["Name"]) for network in get("networks")),
        "plugins": get("plugins"),
        "swarm": get("info")["Swarm"]["LocalNodeState"],
    }


def gains(container, root: Path) -> list[str]:
    """What a container has that no step has; empty when it is an ordinary step's."""
    config, host = container["Config"], container["HostConfig"]
    sources = {f"{root}/{name}" for name in ("data", "pipeline.toml", "secrets/models", "secrets/sql")}
    writable = [mount["Source"] for mount in container["Mounts"] if mount["RW"]]
    gained = {
        "privileged": host["Privileged"],
        "capabilities": host["CapAdd"] or [name.upper() for name in host["CapDrop"] or ()] != ["ALL"],
        "privileges": host["SecurityOpt"] != ["no-new-privileges"],
        "namespace": any(host[f"{kind}Mode"] not in ("", "private") for kind in ("Pid", "UTS", "Userns"))
        or host["IpcMode"] not in ("private", ""),
        "network": host["NetworkMode"] not in OWN_NETWORKS or len(container["NetworkSettings"]["Networks"]) > 1,
        "devices": host["Devices"] or host["DeviceRequests"] or host["DeviceCgroupRules"],
        "mount": host["Binds"]
        or host["VolumesFrom"]
        or {mount["Source"] for mount in container["Mounts"]} - sources
        or set(writable) - {f"{root}/data"},
        "writable root": not host["ReadonlyRootfs"],
        "limits": not 0 < host["Memory"] <= 2 * 1024**3
        or host["MemorySwap"] != host["Memory"]
        or not 0 < host["NanoCpus"] <= 1e9
        or host["PidsLimit"] != 512
        or host["OomKillDisable"],
        "user": config["User"].split(":")[0].lstrip("0") in ("", "root"),
        "group": host["GroupAdd"],
        "image": not config["Image"].startswith("microstep-") or "proxy" in config["Image"],
        "program": config["Entrypoint"] is None or "python" not in config["Entrypoint"][0],
        "environment": [pair for pair in config["Env"] if pair.split("=")[0] in ("LD_PRELOAD", "PYTHONSTARTUP")],
        "check": (config.get("Healthcheck") or {}).get("Test"),
        "ports": host["PortBindings"] or host["PublishAllPorts"],
        "runtime": host["Runtime"] != "runc" or host["CgroupParent"] or host.get("Sysctls"),
        "unmasked": len(host["MaskedPaths"] or ()) < 5,
        "restart": host["RestartPolicy"]["Name"] not in ("", "no"),
        "stdin": config["OpenStdin"],
        "log driver": host["LogConfig"]["Type"] != "local",
        "hosts": host["ExtraHosts"] or host["Dns"] or host["Links"],
    }
    return [name for name, there in gained.items() if there]
