"""A Docker engine on a machine."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence
from pathlib import Path

from harness import images
from harness.machine import Machine, until


class Engine:
    """The engine of a machine, at the usual socket there and at another one that is seen from outside."""

    def __init__(self, machine: Machine, group: str, names: Sequence[str] = ()) -> None:
        """`names`: the images of the main engine that it has from the beginning."""
        self.machine = machine
        self.socket = machine.state / "docker.sock"
        self.log = machine.state / "dockerd.log"
        self.group = f"/{group}-{machine.name}"
        self._words = (
            "dockerd",
            *("--host=unix:///run/docker.sock", f"--host=unix://{self.socket}"),
            *(f"--data-root={machine.state}/docker", "--exec-root=/run/docker", "--pidfile=/run/docker.pid"),
            *(f"--cgroup-parent={self.group}", "--bip=172.31.0.1/24"),
            "--default-address-pool=base=10.100.0.0/16,size=24",
        )
        if names and not (machine.state / "docker").exists():
            images.prepare(names, machine.state / "docker")
        self.start()

    def start(self) -> None:
        """Start it and wait until it answers."""
        images.mount(self.machine, self.machine.state / "docker")
        self._process = self.machine.start(*self._words, log=self.log)
        until(self._answers, 60, f"an engine on {self.machine.name}; see {self.log}")

    def _answers(self) -> bool:
        assert self._process.poll() is None, f"{self.machine.name}: the engine ended:\n{self.log.read_text()[-2000:]}"
        return self.docker("info").returncode == 0

    def docker(self, *words: str, check: bool = False, seconds: float = 600) -> subprocess.CompletedProcess[str]:
        """A docker command, on the machine."""
        return self.machine.run("docker", *words, check=check, seconds=seconds)

    def has(self, image: str) -> bool:
        """Whether an image is here."""
        return self.docker("image", "inspect", image).returncode == 0

    def containers(self, *filters: str) -> list[dict[str, str]]:
        """What `docker ps --all` lists."""
        words = [f"--filter={each}" for each in filters]
        listed = self.docker("ps", "--all", "--no-trunc", "--format={{json .}}", *words, check=True).stdout
        return [json.loads(line) for line in listed.splitlines()]


def group_folders(group: str) -> list[Path]:
    """The control groups of all engines of a run, deepest first."""
    found = [
        path
        for top in Path("/sys/fs/cgroup").glob("*")
        for path in (top, *top.glob(f"{group}-*"))
        if path.name.startswith(group)
    ]
    return [path for top in found for path in sorted((top, *(p for p in top.rglob("*") if p.is_dir())), reverse=True)]
