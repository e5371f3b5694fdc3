"""Which old datasets nobody needs any more. What is in use, may be gone back to, or made something kept stays."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from contract.champion import read_champion
from contract.days import parse_day
from contract.errors import MissingInput, UsageError
from contract.layout import MANIFEST, Layout
from contract.ledger import IN_USE, read
from contract.manifest import read_manifest

LAST_VERSIONS = 3
"""Of the ledger's models that were in use: so many can be gone back to."""

log = logging.getLogger("validate")


@dataclass(frozen=True)
class Old:
    """A directory that may go: datasets of one kind and day."""

    path: Path
    bytes: int


def old_datasets(root: Path, keep_days: int, today: date) -> list[Old]:
    """The datasets of days before the last `keep_days` that nothing kept points to, by path.

    Kept are those of the last days, the champion's model and the ledger's last versions, and, step by step back, all
    that a kept dataset was made from. The inbox is not ours. Raises UsageError for fewer days than one, DataError when
    a manifest that is kept, the pointer or the ledger cannot be read: then nothing can be told to be old.
    """
    if keep_days < 1:
        raise UsageError(f"--keep-days: must be at least 1, got {keep_days}")
    layout, first = Layout(root), today - timedelta(days=keep_days)
    there = {layout.name(path): day for path, day in _datasets(layout)}
    kept = {name for name, day in there.items() if day >= first} | _in_use(layout)
    reached: set[str] = set()
    while frontier := kept - reached:
        reached |= frontier
        for name in frontier:
            try:
                manifest = read_manifest(root / name)
            except MissingInput:
                continue  # nothing was ever committed there, or it went with an earlier pruning
            kept |= {each.path for each in manifest.inputs}
    return [Old(root / name, _size(root / name)) for name in sorted(there.keys() - kept)]


def remove(old: list[Old], root: Path) -> None:
    """Remove them, manifests first: what is killed in between leaves files that no manifest names."""
    for each in old:
        (each.path / MANIFEST).unlink(missing_ok=True)
        shutil.rmtree(each.path)
        parent = each.path.parent
        if parent != root and not any(parent.iterdir()):
            parent.rmdir()
        log.info("%s: removed, %s kB", Layout(root).name(each.path), f"{each.bytes / 1000:,.0f}")


def _datasets(layout: Layout) -> Iterator[tuple[Path, date]]:
    """Every directory of a day's dataset, committed or not, with its day."""
    for pattern in ("raw/*/data", "raw/*/target", "processed/*", "models/*", "predictions/*", "reports/*/*"):
        for path in layout.root.glob(pattern):
            day = path.parent.name if pattern.startswith("raw") else path.name
            if path.is_dir() and (parsed := _day(day)):
                yield path, parsed


def _day(text: str) -> date | None:
    try:
        return parse_day(text)
    except UsageError:
        return None


def _in_use(layout: Layout) -> set[str]:
    """The models that are in use or can be gone back to, their reports, and the rows that a rollback tries them on."""
    lines = [line for line in read(layout.ledger) if line.decision in IN_USE]
    # the last versions, not the last lines: going back and forth between two must not push out a third
    models = dict.fromkeys(line.model.day for line in reversed(lines))
    days = set(list(models)[:LAST_VERSIONS])
    golden = {Path(line.golden.path).parent.as_posix() for line in lines if line.golden and line.model.day in days}
    try:
        days.add(read_champion(layout.champion).day)
    except MissingInput:
        log.info("no champion yet")
    places = [place for day in days for place in (layout.model(day), layout.report("train", day))]
    return {layout.name(place) for place in places} | golden


def _size(path: Path) -> int:
    return sum(each.stat().st_size for each in path.rglob("*") if each.is_file())
