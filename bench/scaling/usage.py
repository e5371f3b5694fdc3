"""What a stack and its steps use of the machine while they work, and what others use of it beside them."""

from __future__ import annotations

import json
import os
import subprocess
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

CGROUPS = Path("/sys/fs/cgroup")
TICK = os.sysconf("SC_CLK_TCK")
ENGINE = ("dockerd", "containerd", "containerd-shim", "docker-proxy")
SAMPLE_SECONDS = 0.1


def cgroup_seconds(container: str) -> float | None:
    """Processor seconds of a container so far; None when it has gone."""
    for version_1 in (CGROUPS / "cpuacct/docker" / container, CGROUPS / "cpu,cpuacct/docker" / container):
        try:
            return int((version_1 / "cpuacct.usage").read_text()) / 1e9
        except OSError:
            continue
    for version_2 in (CGROUPS / f"system.slice/docker-{container}.scope", CGROUPS / "docker" / container):
        try:
            return int((version_2 / "cpu.stat").read_text().split()[1]) / 1e6
        except OSError:
            continue
    return None


def busy_seconds() -> float:
    """Processor seconds of the whole machine in which something ran."""
    numbers = [int(word) for word in Path("/proc/stat").read_text().splitlines()[0].split()[1:9]]
    idle = numbers[3] + numbers[4]
    return (sum(numbers) - idle) / TICK


def engine_seconds() -> float:
    """Processor seconds of the engine's own processes, and of those of its children that have ended."""
    total = 0.0
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            name, _, rest = status.read_text().partition("(")[2].rpartition(")")
        except OSError:
            continue
        if name in ENGINE:
            total += sum(int(word) for word in rest.split()[11:15]) / TICK
    return total


def own_seconds(container: str) -> float:
    """Processor seconds of the process that a container was started for, without its children's."""
    command = ["docker", "inspect", "--format={{.State.Pid}}", container]
    first = subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    (child, *_) = Path(f"/proc/{first}/task/{first}/children").read_text().split()  # the first one is Docker's init
    numbers = Path(f"/proc/{child}/stat").read_text().rpartition(")")[2].split()
    return (int(numbers[11]) + int(numbers[12])) / TICK


def pressure_seconds() -> float:
    """Seconds in which something waited for a processor (PSI, `some`)."""
    return int(Path("/proc/pressure/cpu").read_text().split("total=")[1].split()[0]) / 1e6


@dataclass
class StepUse:
    """One step's container."""

    step: str
    started: float
    seconds: float = 0.0
    """From its start to its end."""
    cpu: float = 0.0
    """At the last look before its end, so up to a tenth of a second too little."""


@dataclass
class Usage:
    """Of a stretch of time; `with Usage(stack) as usage:` fills it."""

    project: str
    parts: dict[str, float] = field(default_factory=dict)
    """Processor seconds of each part of the stack."""
    memory: dict[str, int] = field(default_factory=dict)
    """Megabytes of each part at the end, what it cannot give back."""
    steps: dict[str, StepUse] = field(default_factory=dict)
    """By the container's id."""
    seconds: float = 0.0
    machine: float = 0.0
    """Processor seconds of all on this machine, others' work and the engine's too."""
    engine: float = 0.0
    """Of the container engine, for all that use it."""
    waited: float = 0.0
    """Seconds in which somebody waited for a processor."""

    def __enter__(self) -> Self:
        self._ids = self._containers()
        self._stop = threading.Event()
        command = ["docker", "events", "--filter=label=microstep.step", "--format={{json .}}"]
        self._events = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        self._threads = [threading.Thread(target=target, daemon=True) for target in (self._listen, self._sample)]
        for thread in self._threads:
            thread.start()
        time.sleep(1)  # until it listens
        self._before = self._now()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        after = self._now()
        time.sleep(1)  # the last events
        self._stop.set()
        self._events.terminate()
        self._events.wait()
        for part in self._ids:
            self.parts[part] = after[f"part {part}"] - self._before[f"part {part}"]
            self.memory[part] = self._megabytes(self._ids[part])
        for name in ("seconds", "machine", "engine", "waited"):
            setattr(self, name, after[name] - self._before[name])

    @property
    def own(self) -> float:
        """Processor seconds of the stack's parts and steps, without the engine's."""
        return sum(self.parts.values()) + sum(step.cpu for step in self.steps.values())

    def _containers(self) -> dict[str, str]:
        command = ["docker", "ps", "--no-trunc", f"--filter=label=com.docker.compose.project={self.project}"]
        listed = subprocess.run([*command, "--format={{.ID}} {{.Names}}"], capture_output=True, text=True, check=True)
        pairs = (line.split() for line in listed.stdout.splitlines())
        return {name.removeprefix(f"{self.project}-").removesuffix("-1"): container for container, name in pairs}

    def _now(self) -> dict[str, float]:
        parts = {f"part {part}": cgroup_seconds(container) or 0.0 for part, container in self._ids.items()}
        machine = {"machine": busy_seconds(), "engine": engine_seconds(), "waited": pressure_seconds()}
        return {"seconds": time.monotonic(), **machine, **parts}

    def _listen(self) -> None:
        assert self._events.stdout is not None
        for line in self._events.stdout:
            event = json.loads(line)
            name, moment = event["Actor"]["Attributes"]["name"], event["timeNano"] / 1e9
            if not name.startswith(f"{self.project}-"):
                continue
            container = event["Actor"]["ID"]
            if event["Action"] == "start":
                self.steps[container] = StepUse(event["Actor"]["Attributes"]["microstep.step"], moment)
            elif event["Action"] == "die" and container in self.steps:
                self.steps[container].seconds = moment - self.steps[container].started

    def _sample(self) -> None:
        while not self._stop.wait(SAMPLE_SECONDS):
            for container, step in list(self.steps.items()):
                if not step.seconds and (used := cgroup_seconds(container)) is not None:
                    step.cpu = used

    @staticmethod
    def _megabytes(container: str) -> int:
        command = ["docker", "stats", "--no-stream", "--format={{.MemUsage}}", container]
        used = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split("/")[0].strip()
        unit = next(unit for unit in ("GiB", "MiB", "KiB", "B") if used.endswith(unit))
        return round(float(used.removesuffix(unit)) * {"GiB": 1073.7, "MiB": 1.0486, "KiB": 0.001, "B": 1e-6}[unit])
