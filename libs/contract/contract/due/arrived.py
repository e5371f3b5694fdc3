"""What has arrived in the data root, and whether a day's inbox has changed since it was read."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec

from contract.config import Config
from contract.datasets.files import sha256_of
from contract.datasets.manifest import Manifest, read_manifest
from contract.datasets.observed import Observed
from contract.errors import DataError, MissingInput
from contract.layout import MANIFEST, Layout

SUCCESS = "_SUCCESS"
"""Who drops files into the inbox writes this one last, and so says that the day is complete."""
EMPTY = "_EMPTY"
"""In its place: the day is complete and has no rows."""

_SLACK_NS = 3600 * 10**9
"""A file that changed so long before its dataset was committed may have been read before."""


def has_arrived(layout: Layout, artifact: str, day: str) -> bool:
    """Whether something of a day is there; `artifact` is inbox, raw_data, raw_target or champion.

    A day without rows needs no labels: its target has arrived with its data.
    """
    if artifact == "champion":
        return layout.champion.exists()
    directory: Path = getattr(layout, artifact)(day)
    if artifact == "inbox":
        return (directory / SUCCESS).is_file() or (directory / EMPTY).is_file()
    if (directory / MANIFEST).exists():
        return True
    data = committed(layout.raw_data(day)) if artifact == "raw_target" else None
    return data is not None and is_empty(data)


def labels_have_come(layout: Layout) -> bool:
    """Whether a file in inbox/labels/ is new, or has changed, since generate last assigned its labels to days."""
    try:
        then = layout.spread.stat().st_mtime_ns if layout.spread.is_file() else 0
        return any(entry.stat().st_ctime_ns > then for entry in layout.labels.iterdir() if entry.name[0] not in "._")
    except OSError:
        return False


def committed(dataset: Path) -> Manifest | None:
    """The manifest of a dataset; None where there is none, or a damaged one, which its step makes again."""
    try:
        return read_manifest(dataset)
    except (MissingInput, DataError):
        return None


def is_empty(data: Manifest) -> bool:
    """Whether a dataset has no row at all, not even one that could not be read."""
    return data.counts.get("rows_in", data.counts.get("rows_out")) == 0


def read_for_another(config: Config, raw: Manifest) -> str | None:
    """For which other key or target than `pipeline.toml` has now a raw dataset was read; None: for these.

    A dataset that does not say counts as read for these.
    """
    for name, now in (("key", config.table.key), ("target", config.table.target)):
        if (then := raw.settings.get(name, now)) != now:
            return f"raw/{raw.day}: was read with table.{name} {then or 'none'}, pipeline.toml has {now or 'none'}"
    return None


def answers(config: Config, raw: Manifest) -> bool:
    """Whether a raw dataset was read for the key and the target that `pipeline.toml` has now."""
    return read_for_another(config, raw) is None


def inbox_changed(layout: Layout, day: str, *datasets: Path) -> str | None:
    """Why a day's inbox would give other rows or labels than its existing datasets have; None if it would not.

    Names are compared first; a file is hashed only if its time of change says that it may have been read before.
    """
    if not has_arrived(layout, "inbox", day):
        return None
    made = {path: manifest for path in datasets if (manifest := committed(path)) is not None}
    if _listed_otherwise(layout, list(made.values())):
        return f"inbox/{day}: has other files than when it was read"
    for dataset, manifest in made.items():
        then = (dataset / MANIFEST).stat().st_mtime_ns - _SLACK_NS
        for source in manifest.inputs:
            path = layout.root / source.path
            if not path.is_file():
                return f"{source.path}: was read, and is not there"
            if path.stat().st_ctime_ns > then and sha256_of(path) != source.sha256:
                return f"{source.path}: has changed since it was read"
    return None


def _listed_otherwise(layout: Layout, made: Sequence[Manifest]) -> bool:
    """Whether no dataset was made with just those names in the inbox; what an earlier version made tells none."""
    listings = [
        msgspec.convert(manifest.run["observed"], Observed).listed for manifest in made if "observed" in manifest.run
    ]
    return bool(listings) and not any(_is_listing(layout, listing) for listing in listings)


def _is_listing(layout: Layout, listed: dict[str, tuple[str, ...]]) -> bool:
    try:
        return all(
            tuple(sorted(entry.name for entry in (layout.root / folder).iterdir())) == names
            for folder, names in listed.items()
        )
    except OSError:
        return False
