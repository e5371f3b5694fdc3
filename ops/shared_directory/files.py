"""What files of a directory must do between two machines, each tried for real, seen from the side that began."""

from __future__ import annotations

import string
import time
from collections.abc import Callable
from typing import Any

from shared_directory.deeds import WHOLE
from shared_directory.pair import LackingError, Pair
from shared_directory.talk import PATIENCE, put

SEEN_WITHIN = 2.0
"""Seconds, there and back, for a file that was looked for in vain before: the next task may start so soon."""
_ROUNDS = 20
_WATCHED = 3.0


def is_seen_at_once(pair: Pair) -> str:
    """A file that the other side looked for before it was there, and its answer that this one looked for."""
    slowest = 0.0
    for number in range(5):
        name = f"new-{number}"
        pair.there.say(does="await", name=name, seconds=PATIENCE)
        time.sleep(0.3)
        began = time.monotonic()
        put(pair.here.folder / name, "new")
        if not pair.there.hear(PATIENCE + 10)["came"]:
            raise LackingError(f"not seen after {PATIENCE:.0f} s")
        slowest = max(slowest, time.monotonic() - began)
    if slowest > SEEN_WITHIN:
        raise LackingError(f"seen after {slowest:.1f} s, there and back; at most {SEEN_WITHIN:.0f} s are good")
    return f"{slowest:.3f} s there and back"


def is_read_as_replaced(pair: Pair) -> str:
    """A manifest: whoever is told that it was replaced must read the new one."""
    for number in range(_ROUNDS):
        put(pair.here.folder / "manifest", f"{number}")
        if (read := pair.there.ask("read", name="manifest")) != f"{number}":
            raise LackingError(f"of version {number} the other side read {read!r} after it had heard of it")
    return f"{_ROUNDS} versions"


def is_read_as_grown(pair: Pair) -> str:
    """The ledger: both sides add lines in turn, each under the lock, and each must find the other's."""
    expected = ""
    for number in range(_ROUNDS):
        append: Callable[..., Any] = pair.here.do if number % 2 else pair.there.ask
        append("append", name="grown", text=f"{number}\n")
        expected += f"{number}\n"
        for read, _, _ in pair.both_ways():
            if (text := read("read_holding", name="grown", lock="grown.lock")) != expected:
                raise LackingError(f"after {number + 1} lines one side read {len(text.splitlines())}, holding the lock")
    return f"{_ROUNDS} lines in turn"


def is_whole_while_replaced(pair: Pair) -> str:
    """A reader never finds a half, nor nothing."""
    letters, number = string.ascii_lowercase, 0
    put(pair.here.folder / "whole", letters[0] * WHOLE)
    pair.there.say(does="watch", name="whole", seconds=_WATCHED)
    end = time.monotonic() + _WATCHED + 0.5
    while time.monotonic() < end:
        number += 1
        put(pair.here.folder / "whole", letters[number % len(letters)] * WHOLE)
    came = pair.there.hear()["came"]
    if came["missing"] or came["torn"]:
        raise LackingError(f"of {came['reads']} reads {came['missing']} found no file and {came['torn']} a torn one")
    if came["versions"] < 2:
        raise LackingError(f"{number} renames, and the other side saw one version alone")
    return f"{came['reads']} reads of {number} renames"


def is_made_once(pair: Pair) -> str:
    """Of two who make a file of one name, one makes it."""
    rounds = 200
    pair.there.say(does="create", name="once", rounds=rounds)
    here = pair.here.do_create("once", rounds)
    there = pair.there.hear()["came"]
    if both := set(here) & set(there):
        raise LackingError(f"both sides made {len(both)} of {rounds} files")
    if len(here) + len(there) != rounds:
        raise LackingError(f"{rounds - len(here) - len(there)} of {rounds} files were made by nobody")
    return f"{rounds} names, {len(here)} here and {len(there)} there"


def is_flushed(pair: Pair) -> str:
    """Files and folders are flushed without an error; whether it outlives a power cut, only one would show."""
    for got in (pair.here.do("sync"), pair.there.ask("sync")):
        if got != "flushed":
            raise LackingError(str(got))
    return "files and folders"
