"""Runs a command for as long as the process that asked for it lives, and ends it with everything that it started.

usage: keeper.py SIGNAL SECONDS COMMAND…

Standard input is a pipe. The process that asked holds the other end and writes nothing. When that process ends, even by
SIGKILL, the kernel closes its end, and this program reads the end of the file. It then sends SIGNAL (TERM, INT) to
everything below it, and SIGKILL to what is left after SECONDS. A pipe works on every system; Linux's parent-death
signal would reach no grandchildren. `kept.py` is the other end.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

TICK_SECONDS = 0.2
KILL_SECONDS = 5.0
"""How long killed processes get to vanish."""
PR_SET_CHILD_SUBREAPER = 36


class Keeper:
    """One command and everything below it."""

    def __init__(self, command: list[str]) -> None:
        self.code: int | None = None
        """Of the command, as a shell gives it; None while it runs."""
        self._asked = False
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            # a handler, because the command would inherit an ignored signal
            signal.signal(number, self._ask)
        self._command = subprocess.Popen(command, stdin=subprocess.DEVNULL)

    def wait(self) -> None:
        """Return when the command has ended, or when it must: the starter is gone, or somebody asked this process."""
        while not self._asked:
            self.reap()
            if self.code is not None:
                return
            readable, _, _ = select.select([0], [], [], TICK_SECONDS)
            if readable and not os.read(0, 1):
                return

    def end(self, number: signal.Signals, patience: float) -> None:
        """Signal everything below this process, and kill what is left after `patience` seconds."""
        for sent, seconds in ((number, patience), (signal.SIGKILL, KILL_SECONDS)):
            deadline = time.monotonic() + seconds
            signalled: set[int] = set()
            while time.monotonic() < deadline:
                self.reap()
                if not (left := below()):
                    return
                for pid in left - signalled:  # those that began in the meantime, too
                    with contextlib.suppress(ProcessLookupError, PermissionError):
                        os.kill(pid, sent)
                signalled |= left
                time.sleep(0.05)

    def reap(self) -> None:
        """Take note of children that have ended, adopted ones too."""
        with contextlib.suppress(ChildProcessError):
            while (ended := os.waitpid(-1, os.WNOHANG))[0]:
                if ended[0] == self._command.pid:
                    code = self._command.returncode = os.waitstatus_to_exitcode(ended[1])
                    self.code = code if code >= 0 else 128 - code

    def _ask(self, *_: object) -> None:
        self._asked = True


def below() -> set[int]:
    """The living processes of this one's group, and all descendants of this one, whatever their group or session."""
    me, group = os.getpid(), os.getpgid(0)
    table = [process for process in processes() if process[0] != me]
    pids = {pid for pid, _, its_group in table if its_group == group}
    while more := {pid for pid, parent, _ in table if parent in pids | {me}} - pids:
        pids |= more
    return pids


def processes() -> Iterator[tuple[int, int, int]]:
    """(pid, parent, group) of each process that lives."""
    if Path("/proc/self/stat").exists():
        for path in Path("/proc").glob("[0-9]*/stat"):
            with contextlib.suppress(OSError):
                # the name stands in brackets and may hold anything
                state, parent, group = path.read_text(errors="replace").rpartition(")")[2].split()[:3]
                if state not in "ZX":
                    yield int(path.parent.name), int(parent), int(group)
        return
    listed = subprocess.run(["ps", "-A", "-o", "pid=,ppid=,pgid=,stat="], capture_output=True, text=True, check=True)
    for line in listed.stdout.splitlines():
        pid, parent, group, state = line.split()
        if "Z" not in state:
            yield int(pid), int(parent), int(group)


def adopt_orphans() -> None:
    """On Linux: get the children of descendants that end, so that none is lost from sight."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def main() -> int:
    """The command's exit code."""
    number, patience, *command = sys.argv[1:]
    with contextlib.suppress(PermissionError):  # it leads a session already
        os.setsid()
    adopt_orphans()
    keeper = Keeper(command)
    keeper.wait()
    keeper.end(signal.Signals[f"SIG{number}"], float(patience))
    return 128 + signal.SIGKILL if keeper.code is None else keeper.code


if __name__ == "__main__":
    sys.exit(main())
