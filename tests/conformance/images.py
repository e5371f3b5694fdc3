"""Run a step's image the way Airflow does: no network, no root, nothing writable but the mounts and /tmp."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from checkout.steps import steps

STEPS = steps()

# who owns the data roots of these tests; root makes them somebody's who is not root
OWNER = (1000, 1000) if os.getuid() == 0 else (os.getuid(), os.getgid())

HOUSE_RULES = (
    *("--rm", "--network=none", "--read-only", "--cap-drop=ALL", "--security-opt=no-new-privileges"),
    *("--init", "--pids-limit=512", "--memory=2g", "--tmpfs=/tmp:rw,nosuid,nodev,noexec,size=512m,mode=1777"),
)
LIMIT_SECONDS = 300


@dataclass(frozen=True)
class Ended:
    """How a container ended."""

    code: int
    out: str
    err: str


def missing(step: str) -> bool:
    """Whether the step's image has not been built on this machine."""
    return _docker("image", "inspect", f"microstep-{step}").code != 0


def inspect(step: str, form: str) -> str:
    """What the engine knows about a step's image, in a Go template's words."""
    return _docker("image", "inspect", "--format", form, f"microstep-{step}").out.strip()


def run(
    step: str,
    *args: str,
    data: Path | None = None,
    config: Path | None = None,
    mounts: Sequence[str] = (),
    env: Mapping[str, str] | None = None,
    user: tuple[int, int] = OWNER,
    python: str | None = None,
) -> Ended:
    """Run the step, or with `python` that program in its image; `data` and `config` go where a step looks for them."""
    command = ["run", *HOUSE_RULES, f"--user={user[0]}:{user[1]}"]
    if data is not None:
        command.append(f"--volume={data}:/data")
    if config is not None:
        command.append(f"--volume={config}:/config/pipeline.toml:ro")
    command += [f"--volume={mount}" for mount in mounts]
    command += [f"--env={name}={value}" for name, value in (env or {}).items()]
    if python is None:
        return _docker(*command, f"microstep-{step}", *args)
    return _docker(*command, "--entrypoint=python", f"microstep-{step}", "-c", python, *args)


def give_to_owner(root: Path) -> Path:
    """Make everything below `root` belong to OWNER."""
    for path in (root, *root.rglob("*")):
        os.chown(path, *OWNER, follow_symlinks=False)
    return root


def _docker(*args: str) -> Ended:
    done = subprocess.run(["docker", *args], check=False, capture_output=True, text=True, timeout=LIMIT_SECONDS)
    return Ended(done.returncode, done.stdout, done.stderr)
