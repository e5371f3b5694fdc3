"""Which old datasets nobody needs any more. Those in use stay, those that a rollback may need, and their inputs."""

from __future__ import annotations

import fcntl
import logging
import re
import shutil
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from contract.config import Config
from contract.datasets.manifest import read_manifest
from contract.days import parse_day
from contract.errors import MissingInput, Occupied, UsageError
from contract.layout import MANIFEST, STEPS, Layout
from contract.models.ledger import IN_USE, champion_line, read
from validate.champion.ledger import in_use, open_proposals

LAST_VERSIONS = 3
"""So many of the ledger's models that were in use, and of those that rollbacks go to, can be gone back to."""

_OURS = re.compile(r".+-[0-9a-f]{12}(\.\w+)?|\.manifest\.json-\w+|\.staging-\w+\.lock")
"""Names that a step gives to files of a dataset, and to those beside them while it writes one."""
PATIENCE = 60.0
"""Seconds that steps at work are waited for."""
_FROM_TODAY = 2
"""Days from today back to the day of the last scheduled run: one for the run before today's, one for any time zone."""

log = logging.getLogger("validate")


@dataclass(frozen=True)
class OldDataset:
    """A directory that may go: datasets of one kind and day."""

    path: Path
    bytes: int


def old_datasets(root: Path, config: Config, keep_days: int, today: date) -> list[OldDataset]:
    """The datasets of days before the last `keep_days` that nothing kept points to, by path.

    Days that scheduled runs still look at stay whatever `keep_days` says: such a run would make them again, of rows
    that may be others by now, and predict them by another champion. Kept are those of the last days, the champion's
    model, those that rollbacks go to, the ledger's last versions, what waits for a person's word, and, step by step
    back, all that a kept dataset was made from. The inbox is not ours.
    Raises UsageError for fewer days than one, or more than the calendar has, DataError when a manifest that is kept or
    the ledger cannot be read, or the ledger was lost: then nothing can be told to be old.
    """
    most = (today - date.min).days
    if not 1 <= keep_days <= most:
        # the calendar begins there
        raise UsageError(f"--keep-days: must be at least 1 and at most {most}, got {keep_days}")
    looked_at = _days_looked_at(config)
    if keep_days < looked_at <= most:
        log.info(
            "the last %d days stay, not %d: scheduled runs look at them, and would make them again (schedule."
            "catch_up_days; the window of a training and what labels may take: training.window_days, "
            "target_delay_days, schedule.label_grace_days)",
            looked_at,
            keep_days,
        )
    layout, first = Layout(root), today - timedelta(days=min(most, max(keep_days, looked_at)))
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
            kept |= {made_from.path for made_from in manifest.inputs}
    return [OldDataset(root / name, _size(root / name)) for name in sorted(there.keys() - kept)]


@contextmanager
def nobody_at_work(layout: Layout, patience: float = PATIENCE) -> Iterator[None]:
    """Hold every step's locks of all days: a step that starts meanwhile ends with Occupied, and Airflow tries it again.

    What a step at work has read, or is about to write, is in no manifest yet, and would look as if nobody needed it.
    Raises Occupied when one is still at work after `patience` seconds.
    """
    end = time.monotonic() + patience
    with ExitStack() as held:
        layout.lock("").mkdir(exist_ok=True)
        # a step that was added to the five has a lock as soon as it runs
        others = sorted(path.name for path in layout.lock("").iterdir() if not path.name.startswith("."))
        for step in dict.fromkeys((*STEPS, *others)):
            path = layout.lock(step)
            handle = held.enter_context(path.open("a"))
            while not _locked(handle.fileno()):
                if time.monotonic() > end:
                    raise Occupied(f"{step}: is at work, nothing was removed; try again when it has ended")
                time.sleep(0.2)
        yield


def _locked(handle: int) -> bool:
    try:
        fcntl.lockf(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def remove(old: list[OldDataset], root: Path) -> None:
    """Remove them, manifests first: what is killed in between leaves files that no manifest names."""
    for dataset in old:
        name = Layout(root).name(dataset.path)
        (dataset.path / MANIFEST).unlink(missing_ok=True)
        for path in dataset.path.iterdir():
            if path.is_dir() and not path.is_symlink() and path.name.startswith(".staging-"):
                shutil.rmtree(path)
            elif _OURS.fullmatch(path.name) and path.is_file():
                path.unlink()
        if left := sorted(path.name for path in dataset.path.iterdir()):
            log.warning("%s: no longer a dataset; no step made %s, so that is kept", name, ", ".join(left[:5]))
            continue
        dataset.path.rmdir()
        parent = dataset.path.parent
        if parent != root and not any(parent.iterdir()):
            parent.rmdir()
        log.info("%s: removed, %s kB", name, f"{dataset.bytes / 1000:,.0f}")


def _days_looked_at(config: Config) -> int:
    """How many days back from today a scheduled run may look: it makes what lacks there, or waits for it."""
    training, schedule = config.training, config.schedule
    window = training.window_days + training.target_delay_days - 1
    return _FROM_TODAY + max(schedule.catch_up_days, window, config.label_days)


def _datasets(layout: Layout) -> Iterator[tuple[Path, date]]:
    """Every directory of a day's dataset, committed or not, with its day."""
    of_days = ("processed/*", "models/*", "predictions/*", "derived/*/*", "reports/*/*")
    for pattern in ("raw/*/data", "raw/*/target", *of_days):
        for path in layout.root.glob(pattern):
            day = path.parent.name if pattern.startswith("raw") else path.name
            # what lies behind a link is kept by a person, elsewhere
            if path.is_dir() and not path.is_symlink() and not path.parent.is_symlink() and (parsed := _day(day)):
                yield path, parsed


def _day(text: str) -> date | None:
    try:
        return parse_day(text)
    except UsageError:
        return None


def _in_use(layout: Layout) -> set[str]:
    """The models that are in use, may be soon, or can be gone back to, and their anchors; reports and golden rows."""
    if champion_line(layout) is None:
        log.info("no champion yet")
    lines = read(layout.ledger)
    served = [line for line in lines if line.decision in IN_USE]
    # the last versions, not the last lines: going back and forth between two must not push out a third
    models = dict.fromkeys(line.model.day for line in reversed(served))
    days = set(list(models)[:LAST_VERSIONS])
    # rollbacks go along the stack, which may reach further back than that
    reached = [*in_use(lines)[-LAST_VERSIONS:], *open_proposals(lines)]
    days |= {line.model.day for line in reached}
    # what is in use, now or after a rollback, is held against its anchor
    days |= {line.anchor.day for line in (*served, *reached) if line.anchor and line.model.day in days}
    golden = {Path(line.golden.path).parent.as_posix() for line in lines if line.golden and line.model.day in days}
    directories = [path for day in days for path in (layout.model(day), layout.report("train", day))]
    return {layout.name(path) for path in directories} | golden


def _size(path: Path) -> int:
    return sum(file.stat().st_size for file in path.rglob("*") if file.is_file())
