"""Move files that were written aside into the inbox, as whole days; a day with other content stops all of them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from contract.atomic import sync_directory
from contract.datasets.files import sha256_of
from contract.due.arrived import EMPTY
from contract.errors import UsageError
from generate.files.open_table import is_table

MARKER = "_SUCCESS"
"""Written last; Airflow waits for it."""
LABELS = "labels-"
"""How files begin that bring labels of rows that are there; they are no other rows."""
_NO_ROW = "generate split: the table has no row of this day\n"
_SHOWN = 5


@dataclass
class Delivery:
    """Files for days."""

    inbox: Path
    rows: dict[str, int] = field(default_factory=dict)
    """By day."""
    files: dict[str, list[Path]] = field(default_factory=dict)

    def add(self, day: str, file: Path, rows: int) -> None:
        """One more file of a day."""
        self.rows[day] = self.rows.get(day, 0) + rows
        self.files.setdefault(day, []).append(file)


def deliver(delivery: Delivery) -> int:
    """Move the files to their days, each with its marker; gives how many days were not there yet.

    A day that is there with these very files is left as it is. Raises UsageError, before anything is moved, where one
    has other files or others of that name.
    """
    if others := [other for day in sorted(delivery.files) if (other := _other(delivery, day))]:
        more = f" and {len(others) - _SHOWN:,} more" if len(others) > _SHOWN else ""
        raise UsageError(
            f"inbox: days must not be there with other content, got {', '.join(others[:_SHOWN])}{more}; take these "
            "away if they are not wanted, or name all files of the days at once"
        )
    return sum(_deliver(delivery.inbox / day, delivery.files[day]) for day in sorted(delivery.files))


def mark_empty(inbox: Path, days: Sequence[str]) -> None:
    """Mark days in which nothing lies as days without rows."""
    for day in days:
        folder = inbox / day
        if not folder.is_dir() or not any(folder.iterdir()):
            folder.mkdir(exist_ok=True)
            (folder / EMPTY).write_text(_NO_ROW)
    sync_directory(inbox)


def _other(delivery: Delivery, day: str) -> str | None:
    """A file of the day that is none of these."""
    folder, ours = delivery.inbox / day, {file.name: file for file in delivery.files[day]}
    for path in sorted(folder.rglob("*")) if folder.is_dir() else ():
        if path.name.startswith((".", "_", LABELS)) or not path.is_file() or not is_table(path.name):
            continue
        if path.parent != folder or path.name not in ours or sha256_of(path) != sha256_of(ours[path.name]):
            return f"{day}/{path.relative_to(folder).as_posix()}"
    return None


def _deliver(folder: Path, files: list[Path]) -> bool:
    marker = folder / MARKER
    missing = [file for file in files if not (folder / file.name).exists()]
    if not missing and marker.exists():
        return False
    folder.mkdir(exist_ok=True)
    empty = folder / EMPTY
    if empty.is_file() and empty.read_text(errors="replace") == _NO_ROW:
        # of another table, which had no row of this day
        empty.unlink()
    for file in missing:
        with file.open("rb") as content:
            os.fsync(content.fileno())
        os.replace(file, folder / file.name)
    sync_directory(folder)
    marker.touch()
    sync_directory(folder)
    sync_directory(folder.parent)
    return True
