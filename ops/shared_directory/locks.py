"""What locks in a directory must do between two machines, each tried for real, seen from the side that began."""

from __future__ import annotations

import fcntl
import os
import threading
import time
from collections.abc import Callable
from typing import Any

from shared_directory.deeds import BYTE, KINDS
from shared_directory.pair import LackingError, Pair

FREED_WITHIN = 10.0
"""Seconds after which the lock of a dead process must be free: less than the pause before a task's next try."""


def excludes(kind: str) -> Callable[[Pair], str]:
    """One holder, on whichever side it is; another byte is another lock; closing the file lets go."""

    def holds(pair: Pair) -> str:
        for first, second, words in pair.both_ways():
            name = f"{kind}-{words}".replace(" ", "-")
            if (got := first("lock", name=name, kind=kind)) != "held":
                raise LackingError(f"{words}: {got}")
            if (got := second("lock", name=name, kind=kind)) != "busy":
                raise LackingError(f"{words}: the other side got it, too" if got == "held" else f"{words}: {got}")
            if kind == "lockf" and (got := second("lock", name=name, kind=kind, byte=BYTE + 1)) != "held":
                raise LackingError(f"{words}: another byte of the file is {got}")
            first("unlock", name=name)
            if _until_held(second, name, kind) is None:
                raise LackingError(f"{words}: not free {FREED_WITHIN:.0f} s after its file was closed")
        return "both ways"

    return holds


def waits(pair: Pair) -> str:
    """Who waits for a lock gets it when it is let go."""
    pair.there.ask("lock", name="waited", kind="flock")
    got, began = threading.Event(), time.monotonic()
    handle = os.open(pair.here.folder / "waited", os.O_RDWR | os.O_CREAT, 0o644)

    def wait() -> None:
        fcntl.flock(handle, fcntl.LOCK_EX)
        got.set()

    threading.Thread(target=wait, daemon=True).start()
    pair.there.ask("unlock_later", name="waited", seconds=1.0)
    if not got.wait(FREED_WITHIN + 1):
        raise LackingError(f"not given {FREED_WITHIN:.0f} s after it was let go")
    took = time.monotonic() - began
    if took < 0.9:
        raise LackingError("given while the other side held it")
    return f"{took - 1:.2f} s after it was let go"


def ends_with_its_holder(pair: Pair) -> str:
    """A process that is killed holds nothing."""
    slowest = 0.0
    for kind in KINDS:
        name = f"killed-{kind}"
        if (got := pair.there.ask("hold_apart", name=name, kind=kind)) != "held":
            raise LackingError(f"{kind}: {got}")
        if (got := pair.here.do("lock", name=name, kind=kind)) != "busy":
            raise LackingError(f"{kind}: {got} while a process over there has it")
        pair.there.ask("kill_holder", name=name)
        if (took := _until_held(pair.here.do, name, kind)) is None:
            raise LackingError(f"{kind}: not free {FREED_WITHIN:.0f} s after its holder was killed")
        slowest = max(slowest, took)
    return f"{slowest:.2f} s after a kill"


def _until_held(side: Callable[..., Any], name: str, kind: str) -> float | None:
    began = time.monotonic()
    while side("lock", name=name, kind=kind) != "held":
        if time.monotonic() - began > FREED_WITHIN:
            return None
        time.sleep(0.05)
    return time.monotonic() - began
