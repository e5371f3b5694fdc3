"""Proves between two machines that a directory does what Microstep needs of one that they share.

The first side prints what to type on the other machine; both speak through the directory itself. Ends with 0 when
nothing lacks, 78 when something does, 66 when the directory is not the same, 75 when the other side did not come.
"""

from __future__ import annotations

import argparse
import secrets
import shutil
import sys
import time
from pathlib import Path

from checkout.ending import CONFIGURATION, MISSING, TRY_AGAIN, end_tidily_when_asked_to, refuse
from checkout.settings import ROOT

from shared_directory.deeds import KINDS, Side
from shared_directory.pair import LackingError, Pair
from shared_directory.properties import PROPERTIES
from shared_directory.talk import SilentError, Talk, put
from shared_directory.ways_out import kind_of, way_out

_COMES_WITHIN = 600.0
"""Seconds in which somebody types the command on the other machine."""
_SILENT = 5.0
"""Seconds without a sign of life after which the other machine is taken for cut off."""
GIVEN_UP_WITHIN = 300.0
"""Seconds after which the locks of a machine that is cut off must be free."""


def begin(directory: Path, *, dead: bool) -> int:
    """The first side: makes the folder, says what to type, tries everything."""
    token = secrets.token_hex(3)
    folder = directory / f".check-shared-{token}"
    folder.mkdir()
    side = Side(folder)
    try:
        kind, point = kind_of(directory)
        put(folder / "first.json", "{}")
        more = "" if directory == ROOT / "data" else f" DIR={directory}"
        print(f"{directory}: {kind}, mounted at {point}")
        print(f"now type on the other machine: make check-shared JOIN={token}{more}", flush=True)
        talk = Talk(folder, "first", "second")
        try:
            other = talk.hear(_COMES_WITHIN)
        except SilentError:
            refuse(
                TRY_AGAIN,
                f"{folder}: nobody came within {_COMES_WITHIN:.0f} s; was it typed on the other machine, and what did "
                "it say?",
            )
        print(f"the other side is {other['name']}", flush=True)
        lacking = _try_all(Pair(side, talk), kind)
        if other["machine"] == side.do_who()["machine"]:
            print("note   both sides are one machine: this says nothing about two; type it on another one")
        elif dead and not lacking:
            return 0 if _outlives(Pair(side, talk), kind) else CONFIGURATION
        elif not dead:
            print("note   not tried: the locks of a machine that dies; make check-shared DEAD=1 tries it")
        talk.ask("end")
    except SilentError as error:
        refuse(TRY_AGAIN, f"{folder}: {error}; type it again on both machines")
    finally:
        side.close()
        shutil.rmtree(folder, ignore_errors=True)
    return CONFIGURATION if lacking else 0


def _try_all(pair: Pair, kind: str) -> bool:
    lacking = False
    for each in PROPERTIES:
        try:
            note = each.holds(pair)
        except LackingError as error:
            lacking = True
            _tell_lack(each.name, str(error), each.without, way_out(each.subject, kind))
        else:
            print(f"ok     {each.name}: {note}", flush=True)
    return lacking


def _tell_lack(name: str, seen: str, without: str, remedy: str) -> None:
    print(f"LACKS  {name}: {seen}\n       without it: {without}\n       way out: {remedy}", flush=True)


def _outlives(pair: Pair, kind: str) -> bool:
    """Whether the locks of a machine that is cut off are given up; it is cut off by whoever reads this."""
    pair.there.ask("lock", name="dead-flock", kind="flock")
    pair.there.ask("lock", name="dead-lockf", kind="lockf")
    pair.there.say(does="live")
    print(f"now cut the other machine off: its power, or its cable; within {_COMES_WITHIN:.0f} s", flush=True)
    last, since, limit = "", time.monotonic(), time.monotonic() + _COMES_WITHIN
    while time.monotonic() - since < _SILENT:
        if time.monotonic() > limit:
            refuse(TRY_AGAIN, f"the other machine was not cut off within {_COMES_WITHIN:.0f} s")
        if (now := pair.here.do_read("alive")) != last:
            last, since = now, time.monotonic()
        time.sleep(0.1)
    print("it is silent", flush=True)
    for each in KINDS:
        while pair.here.do_lock(f"dead-{each}", each) != "held":
            if time.monotonic() - since > GIVEN_UP_WITHIN:
                _tell_lack(
                    "a lock ends with its machine",
                    f"{each}: still held {GIVEN_UP_WITHIN:.0f} s after its last sign of life",
                    "a day that it was at work on stays closed until it is back",
                    way_out("dead", kind),
                )
                return False
            time.sleep(0.5)
        took = time.monotonic() - since
        print(f"ok     a lock ends with its machine ({each}): {took:.0f} s after its last sign of life", flush=True)
    return True


def join(directory: Path, token: str) -> int:
    """The other side: does what the first one asks."""
    folder = directory / f".check-shared-{token}"
    if not Side(folder).do_await("first.json", 90.0):
        kind, point = kind_of(directory)
        refuse(
            MISSING,
            f"{folder}: is not here, so {directory} is another directory than on the first machine: here it is {kind},"
            f" mounted at {point}; mount the shared file system there, or name the directory: DIR=",
        )
    side, talk = Side(folder), Talk(folder, "second", "first")
    try:
        talk.say(**side.do_who())
        while (asked := talk.hear())["does"] not in ("end", "live"):
            talk.say(came=side.do(**asked))
        if asked["does"] == "live":
            _live(side)
        else:
            talk.say(came="ended")
    except (SilentError, OSError) as error:
        refuse(TRY_AGAIN, f"{folder}: {error}; see what the first side says")
    finally:
        side.close()
    print("done; the first side says what was found")
    return 0


def _live(side: Side) -> None:
    """Give signs of life until the machine is cut off, or the first side has seen enough."""
    end = time.monotonic() + _COMES_WITHIN + GIVEN_UP_WITHIN
    number = 0
    while time.monotonic() < end and side.folder.exists():
        number += 1
        put(side.folder / "alive", str(number))
        time.sleep(0.5)


def main() -> int:
    """Take the side that was asked for."""
    end_tidily_when_asked_to()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dir", type=Path, default=ROOT / "data", help="data/ of this checkout by default")
    parser.add_argument("--join", default="", help="what the first side printed")
    parser.add_argument("--dead", action="store_true", help="at the end, time the locks of a machine that is cut off")
    asked = parser.parse_args()
    directory = asked.dir.resolve()
    if not directory.is_dir():
        refuse(MISSING, f"{directory}: must be a directory, and is none; mount the shared file system there")
    return join(directory, asked.join) if asked.join else begin(directory, dead=asked.dead)


if __name__ == "__main__":
    sys.exit(main())
