"""Puts machines up, and away."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from harness import images, remover
from harness.engine import Engine
from harness.machine import Machine, Switch, first_process, lacking
from harness.moosefs import COMMANDS, MooseFS

_FIRST = 11
_STORE = 10


_COMMANDS = {
    ("ip", "unshare", "nsenter", "setpriv", "iptables"): "apt-get install iproute2 util-linux iptables",
    ("dockerd", "containerd"): "make docker",
    COMMANDS: "apt-get install moosefs-master moosefs-chunkserver moosefs-client",
}
"""What must be here, and what to type for it."""


def lacks() -> str | None:
    """Why machines cannot be put up here."""
    if os.getuid():
        return "only root can make machines of namespaces: sudo make test-machines"
    for commands, remedy in _COMMANDS.items():
        if missing := lacking(commands):
            return f"no {', '.join(missing)}: {remedy}"
    if first_process() is None:
        return "no docker-init beside the engine: make docker"
    apart = ("--net", "--pid", "--fork", "--mount", "--uts", "--mount-proc")
    tried = subprocess.run(["unshare", *apart, "true"], capture_output=True, text=True, check=False)
    if tried.returncode:
        return f"namespaces are not allowed here: {tried.stderr.strip()}"
    try:
        os.close(os.open("/dev/fuse", os.O_RDWR))
    except OSError as error:
        return f"FUSE is not allowed here: {error}"
    return images.lacks()


@dataclass
class World:
    """Machines that share a directory, at the same path on each: they see it, the tests see it by a machine's root."""

    state: Path
    group: str
    switch: Switch
    shared: Path
    store: MooseFS
    machines: dict[str, Machine] = field(default_factory=dict)
    engines: dict[str, Engine] = field(default_factory=dict)

    def add(self, *names: str, has: Sequence[str] = ()) -> None:
        """Put more machines up, from the main thread: they would end with another one."""
        for name in names:
            number = _FIRST + len(self.machines)
            machine = self.machines[name] = Machine(name, number, self.switch, self.state)
            self.store.mount(machine, self.shared)
            self.engines[name] = Engine(machine, self.group, has)

    def seen(self, name: str, path: Path) -> Path:
        """A path of a machine, for a look from outside."""
        return self.machines[name].root / path.relative_to("/")

    def close(self) -> None:
        """End all machines."""
        for machine in self.machines.values():
            machine.close()

    def power_on(self, name: str) -> None:
        """Start a machine that was cut off: what is on its disk is there, nothing of what it did."""
        old = self.machines[name]
        number = int(old.address.rpartition(".")[2])
        kept = old.state.rename(old.state.with_name(f"{name}.kept"))
        machine = self.machines[name] = Machine(name, number, self.switch, self.state)
        machine.state.rmdir()
        kept.rename(machine.state)
        self.store.mount(machine, self.shared)
        self.engines[name] = Engine(machine, self.group)


@contextmanager
def world(names: Sequence[str], has: Sequence[str] = ()) -> Iterator[World]:
    """Machines with these names and images, and a shared directory; nothing is left of them afterwards."""
    state = Path(tempfile.mkdtemp(prefix="microstep-machines-"))
    words = [sys.executable, remover.__file__, str(state), state.name]
    waiting = subprocess.Popen(words, stdin=subprocess.PIPE, start_new_session=True)
    with ExitStack() as ending:
        ending.callback(waiting.communicate)
        switch = Switch()
        ending.callback(switch.close)
        disk = Machine("store", _STORE, switch, state)
        ending.callback(disk.close)
        shared = state / "shared"
        shared.mkdir()
        made = World(state, state.name, switch, shared, MooseFS(disk))
        ending.callback(made.close)
        made.add(*names, has=has)
        yield made
