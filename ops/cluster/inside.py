"""Programs of this folder in a container of their own, with the volumes that hold the cluster's secrets.

By `docker run`, not by compose: what they print must not be in a log, not even for a second.
"""

from __future__ import annotations

from collections.abc import Sequence
from shlex import quote

from checkout.compose import HELPER, settings, volume
from checkout.settings import CLUSTER, HOME, ROOT, project
from checkout.steps import steps
from make_secrets import GATEWAY, STEPS

IMAGES = ("airflow", "socket-proxy", "gateway", *steps())
"""Those that a machine needs."""
LOAD = "docker load < machines/images.tar"
"""What to type on the machine, in the same directory."""
_TOOLS = ("cluster", "make_secrets.py", "stack_id.py")


def image(part: str) -> str:
    """Of a part of the stack."""
    return f"{project()}-{part}"


def save(names: Sequence[str] = ()) -> str:
    """What to type on the head, so that others can have its images: all, or those that are named."""
    return f"docker save {' '.join(map(quote, names or map(image, IMAGES)))} > machines/images.tar"


def _command(image_name: str, user: str, network: str, volumes: tuple[str, ...], *words: str) -> tuple[str, ...]:
    home = settings()[HOME] or str(ROOT)
    tools = (f"--volume={home}/ops/{name}:/tools/{name}:ro,z" for name in _TOOLS)
    hardened = ("--cap-drop=ALL", "--security-opt=no-new-privileges", "--read-only", "--log-driver=none", "--init")
    bytecode = ("--env=PYTHONDONTWRITEBYTECODE=1", "--workdir=/tools", "--entrypoint=python3")
    return (
        # what sees these volumes, as root, is never what some registry has under that name
        *("run", "--pull=never"),
        *("--rm", "--interactive", f"--user={user}", f"--network={network}", *hardened, *bytecode),
        *(f"--volume={mount}" for mount in volumes),
        *tools,
        *(image_name, "-m", *words),
    )


def keep(*words: str) -> tuple[str, ...]:
    """`docker …` for cluster.keep, on the head: as the service `authority` does it."""
    home = settings()[HOME] or str(ROOT)
    caps = tuple(f"--cap-add={name}" for name in ("CHOWN", "DAC_READ_SEARCH", "SETUID", "SETGID"))
    mounts = (f"{volume('secrets')}:/run/microstep", f"{volume('worker')}:/run/worker", f"{home}/data:/data:z")
    run, *rest = _command(HELPER, "0:0", "none", mounts, "cluster.keep", *words)
    return (run, *caps, f"--env={CLUSTER}={settings()[CLUSTER]}", *rest)


def accept(*words: str) -> tuple[str, ...]:
    """`docker …` for cluster.accept, on a worker's machine."""
    home = settings()[HOME] or str(ROOT)
    mounts = (
        f"{volume('secrets')}:/run/microstep",
        f"{volume('worker')}:/run/worker",
        *(f"{volume(f'registry-{step}')}:/run/steps/{step}" for step in STEPS),
        f"{home}/data:/data:ro,z",
    )
    run, *rest = _command(image("airflow"), "0:0", "none", mounts, "cluster.accept", *words)
    return (run, "--cap-add=CHOWN", "--cap-add=DAC_READ_SEARCH", *rest)


def ask_head(address: str, port: int, sign: str) -> tuple[str, ...]:
    """`docker …` for cluster.ask_head, on a worker's machine, from where its gateway will ask."""
    mount = (f"{volume('secrets')}:/run/microstep:ro",)
    words = ("cluster.ask_head", address, str(port), sign)
    return _command(image("airflow"), f"{GATEWAY}:{GATEWAY}", "bridge", mount, *words)
