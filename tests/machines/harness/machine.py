"""Machines and the switch between them, of namespaces that have no names: they go with their processes."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

NETWORK = "10.99.0"
_BOOT = """
hostname "$1"
mount -t tmpfs tmpfs /run
mkdir /run/lock
ip link set lo up
exec "$2" -- sleep infinity
"""
_PATH = "/opt/docker/usr/sbin:/opt/docker/usr/bin"
"""Where `make docker` puts the engine."""
PATH = f"{_PATH}:{os.environ['PATH']}"
_UP_WITHIN = 20.0


def until(ready: object, seconds: float = _UP_WITHIN, what: str = "") -> None:
    """Wait for a function to give something true. Raises TimeoutError."""
    end = time.monotonic() + seconds
    while not ready():  # type: ignore[operator]
        if time.monotonic() > end:
            raise TimeoutError(f"{what or ready}: not within {seconds:.0f} s")
        time.sleep(0.1)


def first_process() -> str | None:
    """What is the first process of a machine: reaps whatever its engine leaves."""
    return shutil.which("docker-init", path=PATH) or shutil.which("tini", path=PATH)


def _dying_with_us(*words: str) -> subprocess.Popen[bytes]:
    """Start a process that the kernel kills when this thread ends, however: call it from the main one."""
    return subprocess.Popen(
        ["setpriv", "--pdeathsig", "KILL", *words],
        stdin=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def _first_child(process: subprocess.Popen[bytes]) -> int:
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    until(lambda: children.read_text().strip(), what="the first process of a namespace")
    return int(children.read_text().split()[0])


def _network(process: str) -> Path:
    return Path(f"/proc/{process}/ns/net").readlink()


class Switch:
    """What the machines' cables lead to: a bridge. In the first namespace the main engine's firewall drops its frames."""

    def __init__(self) -> None:
        self._process = _dying_with_us("unshare", "--net", "sleep", "infinity")
        until(lambda: _network(str(self._process.pid)) != _network("self"))
        for words in ("add bridge type bridge", "set bridge up", "set lo up"):
            self.ip("link", *words.split())
        self.ip("addr", "add", f"{NETWORK}.1/24", "dev", "bridge")

    def ip(self, *words: str) -> None:
        """Change the switch's own side of the network."""
        subprocess.run(["nsenter", "--net", f"--target={self._process.pid}", "ip", *words], check=True)

    def run(self, *words: str, **options: object) -> subprocess.CompletedProcess[str]:
        """Run a command in the network, as a machine would that is none of the cluster's."""
        enter = ["nsenter", "--net", f"--target={self._process.pid}", *words]
        return subprocess.run(enter, capture_output=True, text=True, check=False, **options)  # type: ignore[call-overload,no-any-return]

    def plug(self, machine: Machine) -> None:
        """Give a machine its cable; one that was cut off leaves its end a moment longer."""
        enter = ["nsenter", "--net", f"--target={self._process.pid}", "ip", "link", "delete", f"to-{machine.name}"]
        subprocess.run(enter, capture_output=True, check=False)
        peer = ("peer", "name", "eth0", "netns", str(machine.first))
        self.ip("link", "add", f"to-{machine.name}", "type", "veth", *peer)
        self.ip("link", "set", f"to-{machine.name}", "master", "bridge", "up")

    def cable(self, machine: Machine, *, plugged: bool) -> None:
        """Pull a machine's cable, or put it back."""
        self.ip("link", "set", f"to-{machine.name}", "up" if plugged else "down")

    def close(self) -> None:
        """End it."""
        self._process.kill()
        self._process.wait()


class Machine:
    """One machine: `number` is the last of its address."""

    def __init__(self, name: str, number: int, switch: Switch, state: Path) -> None:
        self.name, self.address, self.switch, self.state = name, f"{NETWORK}.{number}", switch, state / name
        self.state.mkdir()
        init = first_process()
        assert init, "no docker-init"
        apart = (
            "--net",
            "--pid",
            "--fork",
            "--kill-child",
            "--mount",
            "--uts",
            "--mount-proc",
            "--propagation=private",
        )
        self._process = _dying_with_us("unshare", *apart, "sh", "-ec", _BOOT, "sh", name, init)
        self.first = _first_child(self._process)
        until(lambda: Path(f"/proc/{self.first}/comm").read_text().strip() != "sh", what=f"the boot of {name}")
        switch.plug(self)
        for words in (
            f"addr add {self.address}/24 dev eth0",
            "link set eth0 up",
            f"route add default via {NETWORK}.1",  # engines want one; it leads nowhere
        ):
            self.run("ip", *words.split(), check=True)

    @property
    def root(self) -> Path:
        """What this machine sees as `/`, its mounts too, for a look from outside."""
        return Path(f"/proc/{self.first}/root")

    def words(self, *words: str, cwd: Path | None = None) -> list[str]:
        """A command that runs on the machine."""
        enter = ["nsenter", f"--target={self.first}", "--net", "--mount", "--pid", "--uts"]
        return [*enter, "sh", "-c", 'cd "$1"; shift; exec "$@"', "sh", str(cwd or "/"), *words]

    def run(
        self,
        *words: str,
        cwd: Path | None = None,
        check: bool = False,
        given: str | None = None,
        variables: Mapping[str, str] | None = None,
        seconds: float = 600,
    ) -> subprocess.CompletedProcess[str]:
        """Run a command on the machine to its end. With `check` raises AssertionError that tells what it said."""
        done = subprocess.run(
            self.words(*words, cwd=cwd),
            env=environment(variables),
            **({"stdin": subprocess.DEVNULL} if given is None else {"input": given}),  # type: ignore[call-overload]
            capture_output=True,
            text=True,
            check=False,
            timeout=seconds,
        )
        assert not check or done.returncode == 0, f"{self.name}: {words}: {done.returncode}\n{done.stdout}{done.stderr}"
        return done  # type: ignore[no-any-return]

    def start(self, *words: str, log: Path, cwd: Path | None = None) -> subprocess.Popen[bytes]:
        """Run a command on the machine, beside the tests."""
        with log.open("ab") as out:
            return subprocess.Popen(
                self.words(*words, cwd=cwd), env=environment(), stdin=subprocess.DEVNULL, stdout=out, stderr=out
            )

    def power_off(self) -> None:
        """Cut it off from one moment to the next: nobody hears from it again, not even that its connections end."""
        self.switch.cable(self, plugged=False)
        os.kill(self.first, signal.SIGKILL)
        self._process.wait()

    @property
    def is_on(self) -> bool:
        """Whether it has its power."""
        return self._process.poll() is None

    def close(self) -> None:
        """End it."""
        if self.is_on:
            os.kill(self.first, signal.SIGKILL)
            self._process.wait()


def environment(variables: Mapping[str, str] | None = None) -> dict[str, str]:
    """Without what is about the machine that these run on: its engine, its project."""
    mine = ("DOCKER_", "MICROSTEP_", "COMPOSE_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(mine)}
    return {**kept, "PATH": PATH, **(variables or {})}


def lacking(commands: Sequence[str]) -> list[str]:
    """Which of some commands are not here."""
    return [name for name in commands if shutil.which(name, path=PATH) is None]
