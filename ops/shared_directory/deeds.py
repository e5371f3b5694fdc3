"""What either side of `make check-shared` does with the directory, and the other one looks at."""

from __future__ import annotations

import fcntl
import os
import platform
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

_HOLDER = """
import fcntl, os, sys, time
handle = os.open(sys.argv[1], os.O_RDWR | os.O_CREAT, 0o644)
fcntl.flock(handle, fcntl.LOCK_EX) if sys.argv[2] == "flock" else fcntl.lockf(handle, fcntl.LOCK_EX, 1, 7)
print("held", flush=True)
time.sleep(600)
"""
WHOLE = 60_000
"""Characters of the file that is replaced under a reader: a version's own letter, all of them."""
KINDS = ("flock", "lockf")
"""Both ways to lock: a dataset's writer takes the first, a step and day one byte by the second."""
BYTE = 7
_LOCKED_WITHIN = 30.0


class Side:
    """Does what it is asked, below one folder; keeps what it has locked."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._locks: dict[str, list[int]] = {}
        self._holders: dict[str, subprocess.Popen[str]] = {}

    def do(self, does: str, **what: Any) -> Any:
        """Any of the methods below by its name; an error of the system is an answer, too."""
        deed: Callable[..., Any] = getattr(self, f"do_{does}")
        try:
            return deed(**what)
        except OSError as error:
            return f"refused: {error.strerror}"

    def do_who(self) -> dict[str, str]:
        """Which machine this is: two of one kernel may still have mounts of their own."""
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        return {"name": platform.node(), "machine": f"{boot} {Path('/proc/self/ns/mnt').readlink()}"}

    def do_read(self, name: str) -> str:
        """A file's content; empty when there is none."""
        try:
            return (self.folder / name).read_text()
        except FileNotFoundError:
            return ""

    def do_read_holding(self, name: str, lock: str) -> str:
        """The same, once a lock is held."""
        handle = os.open(self.folder / lock, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            end = time.monotonic() + _LOCKED_WITHIN
            while not _locked(handle) and time.monotonic() < end:
                time.sleep(0.005)
            return self.do_read(name)
        finally:
            os.close(handle)

    def do_append(self, name: str, text: str) -> None:
        """Add to a file, on disk when this returns, as the ledger's line is."""
        handle = os.open(self.folder / name, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            os.pwrite(handle, text.encode(), os.fstat(handle).st_size)
            os.fsync(handle)
        finally:
            os.close(handle)

    def do_await(self, name: str, seconds: float) -> bool:
        """Look for a file until it is there, so that its absence is remembered by whatever remembers such things."""
        end = time.monotonic() + seconds
        while not (there := (self.folder / name).exists()) and time.monotonic() < end:
            time.sleep(0.005)
        return there

    def do_lock(self, name: str, kind: str, byte: int = BYTE) -> str:
        """`held`, or `busy` when somebody else has it."""
        handle = os.open(self.folder / name, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            _lock(handle, kind, byte, fcntl.LOCK_NB)
        except OSError as error:
            os.close(handle)
            return "busy" if isinstance(error, BlockingIOError | PermissionError) else f"refused: {error.strerror}"
        self._locks.setdefault(name, []).append(handle)
        return "held"

    def do_unlock(self, name: str) -> None:
        """Let go of a lock by closing its file, which is all that a step does."""
        for handle in self._locks.pop(name):
            os.close(handle)

    def do_unlock_later(self, name: str, seconds: float) -> None:
        """The same in a while, when the other side waits for it."""
        threading.Timer(seconds, self.do_unlock, [name]).start()

    def do_hold_apart(self, name: str, kind: str) -> str:
        """Have another process hold a lock."""
        words = [sys.executable, "-c", _HOLDER, str(self.folder / name), kind]
        holder = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
        self._holders[name] = holder
        assert holder.stdout is not None
        return holder.stdout.readline().strip() or "refused"

    def do_kill_holder(self, name: str) -> None:
        """Kill it."""
        holder = self._holders.pop(name)
        holder.kill()
        holder.wait()

    def do_watch(self, name: str, seconds: float) -> dict[str, int]:
        """Read a file over and over while it is replaced: how often, and how often it was missing or torn."""
        end, count = time.monotonic() + seconds, {"reads": 0, "versions": 0, "missing": 0, "torn": 0}
        seen = set()
        while time.monotonic() < end:
            count["reads"] += 1
            try:
                text = (self.folder / name).read_text()
            except OSError:
                count["missing"] += 1
                continue
            seen.add(text[:1])
            count["torn"] += len(text) != WHOLE or len(set(text)) != 1
        return count | {"versions": len(seen)}

    def do_create(self, name: str, rounds: int) -> list[int]:
        """Race for new files: which of them this side made."""
        made = []
        for number in range(rounds):
            try:
                handle = os.open(self.folder / f"{name}-{number}", os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o644)
            except FileExistsError:
                continue
            os.close(handle)
            made.append(number)
        return made

    def do_sync(self) -> str:
        """Flush a file and its folder to disk, as each commit does."""
        for name, flags in (("synced", os.O_RDWR | os.O_CREAT), (".", os.O_RDONLY | os.O_DIRECTORY)):
            handle = os.open(self.folder / name, flags, 0o644)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)
        return "flushed"

    def close(self) -> None:
        """Let go of everything."""
        for name in [*self._holders]:
            self.do_kill_holder(name)
        for name in [*self._locks]:
            self.do_unlock(name)


def _locked(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _lock(handle: int, kind: str, byte: int, flags: int) -> None:
    if kind == "flock":
        fcntl.flock(handle, fcntl.LOCK_EX | flags)
    else:
        fcntl.lockf(handle, fcntl.LOCK_EX | flags, 1, byte)
