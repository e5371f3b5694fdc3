"""The disk of the data root, and the last backup."""

from __future__ import annotations

import os
import shutil
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import msgspec

from microstep_airflow.status import remedies
from microstep_airflow.status.shape import Backup, Disk

MARK = ".backed-up"
"""In the data root: what `make backup` made last, and where (ops/archives/mark.py)."""
COUNTING = 1.0
"""Seconds for the size of the data root, which may have a million files."""
LITTLE, LEAST = 0.10, 0.03
"""Of the disk: so little free is worth knowing, or stops a run soon."""
OLD_DAYS = 8
_UNITS = ("B", "kB", "MB", "GB", "TB", "PB")


def disk(data: Path, lone: str) -> Disk:
    """How full it is; `lone`: the name of the only pipeline, else empty."""
    try:
        room = shutil.disk_usage(data)
        size, counted = _size(data, time.monotonic() + COUNTING)
    except OSError as error:
        return Disk(state="unknown", text=f"cannot be read: {error.strerror}")
    more = "" if counted else "more than "
    text = f"data {more}{amount(size)}, {amount(room.free)} free of {amount(room.total)}"
    found = Disk(state="ok", text=text, data_bytes=size, data_counted=counted)
    found.free_bytes, found.total_bytes = room.free, room.total
    if room.free < LITTLE * room.total:
        found.state = "bad" if room.free < LEAST * room.total else "note"
        found.remedy = remedies.prune(lone)
    return found


def _size(folder: Path, end: float) -> tuple[int, bool]:
    """Bytes of all files below, each link counted as itself; whether all were counted before `end`."""
    size, waiting = 0, [str(folder)]
    while waiting:
        if time.monotonic() > end:
            return size, False
        try:
            with os.scandir(waiting.pop()) as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(entry.path)
                    else:
                        size += entry.stat(follow_symlinks=False).st_size
        except (FileNotFoundError, PermissionError):  # swept meanwhile, or somebody else's
            continue
    return size, True


def amount(number: float) -> str:
    """1.2 GB."""
    power = 0
    while number >= 999.5 and power < len(_UNITS) - 1:
        number, power = number / 1000, power + 1
    return f"{number:.0f} {_UNITS[power]}" if power < 3 or number >= 10 else f"{number:.1f} {_UNITS[power]}"


class _Mark(msgspec.Struct):
    made: Annotated[datetime, msgspec.Meta(tz=True)]
    folder: str


def backup(data: Path, now: datetime) -> Backup:
    """The last backup that was made of this data root."""
    try:
        mark = msgspec.json.decode((data / MARK).read_bytes(), type=_Mark)
    except FileNotFoundError:
        return Backup(state="note", text="none was made", remedy="make backup")
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError) as error:
        return Backup(state="unknown", text=f"data/{MARK} cannot be read: {error}", remedy="make backup")
    age = (now - mark.made).days
    found = Backup(state="ok", text=f"{mark.made.astimezone(UTC):%Y-%m-%d %H:%M} UTC", made=mark.made)
    found.folder = mark.folder
    if age >= OLD_DAYS:
        found.state, found.text, found.remedy = "note", f"{found.text}, {age} days ago", "make backup"
    return found
