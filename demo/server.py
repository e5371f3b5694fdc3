"""A server as a child process of this one, on 127.0.0.1, that never outlives it."""

from __future__ import annotations

import contextlib
import os
import socket
import time
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import kept
from stages import printable

START_SECONDS = 600
"""On a machine that is busy with other things MLflow alone takes minutes; a server that ended is told at once."""
TAIL_LINES = 10


class Trouble(Exception):
    """What a person must know, in whole sentences."""


def free_port(wanted: int | None, name: str) -> int:
    """The wanted port when nobody listens there, else any free one, which is said."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", wanted or 0))
        except OSError:
            probe.bind(("127.0.0.1", 0))
            print(f"Port {wanted} is taken by another program; {name} gets port {probe.getsockname()[1]}.", flush=True)
        return int(probe.getsockname()[1])


class Server:
    """A server that lives as long as the `with` around it, with all that it started, and never longer than we do."""

    def __init__(
        self,
        name: str,
        command: list[str | Path],
        log: Path,
        url: str,
        health: str,
        env: Mapping[str, str],
        hold: Sequence[int] = (),
    ) -> None:
        """`hold`: file descriptors that stay open until everything has ended."""
        self.name, self.url = name, url
        self._command, self._log, self._health, self._env, self._hold = command, log, health, env, hold

    def __enter__(self) -> Self:
        self._log.parent.mkdir(parents=True, exist_ok=True)
        with self._log.open("wb") as log:
            self._kept = kept.Kept(self._command, output=log, errors=log, env=self._env, hold=self._hold)
            self._kept.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._kept.__exit__(kind, error, trace)

    @property
    def alive(self) -> bool:
        """Whether the server still runs."""
        return self._kept.alive

    def trouble(self, event: str) -> Trouble:
        """What happened, with the place of the server's log and its last lines."""
        tail = self._log.read_text(encoding="utf-8", errors="replace").splitlines()[-TAIL_LINES:]
        lines = "".join(f"\n    {printable(line)}" for line in tail)
        return Trouble(f"{self.name} {event}. Its log: {self._log}{', which ends with:' if tail else ''}{lines}")

    def wait(self) -> None:
        """Return when the server is ready for work. Raises Trouble, which names its log."""
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end and self.alive:
            with contextlib.suppress(OSError):
                urllib.request.urlopen(self.url + self._health, timeout=5).close()
                if self.ready():
                    return
            time.sleep(0.5)
        raise self.trouble(
            f"does not answer at {self.url} after {START_SECONDS} s"
            if self.alive
            else "did not start: it ended at once"
        )

    def ready(self) -> bool:
        """Whether a server that answers is ready for work, too."""
        return True


def python_environment() -> dict[str, str]:
    """This process's environment, in which Python keeps its bytecode: without, every start compiles every import."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
