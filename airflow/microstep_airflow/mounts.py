"""Whether a mount still shows what its path on the host leads to."""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath

_LOCAL = {"ext2", "ext3", "ext4", "xfs", "btrfs", "zfs", "f2fs", "overlay", "tmpfs"}
"""Filesystems of which this kernel makes every rename itself, and so knows the name that a mounted file has by now."""


def is_current(path: Path, source: str, table: Path = Path("/proc/self/mountinfo")) -> bool:
    """Whether `path` shows what a container that starts now would be given for `source`, a path on the engine's host.

    A mount holds on to a file, not to its name: an editor that replaces pipeline.toml leaves the old one in every
    container that runs. False when it cannot be told. `table`: see proc_pid_mountinfo(5).
    """
    mounts = [_mount(line) for line in table.read_text().splitlines()]
    here = [(root, filesystem) for root, place, filesystem in mounts if place == str(path)]
    if not here:
        # by its name, on the host itself
        return str(path) == source
    root, filesystem = PurePosixPath(here[-1][0]), here[-1][1]  # the last one lies on top
    # a filesystem's own root may lie deeper than the host's, or be a volume within a larger one
    above, below = str(root.parent).rstrip("/"), str(PurePosixPath(source).parent).rstrip("/")
    same = root.name == PurePosixPath(source).name and (above.endswith(below) or below.endswith(above))
    return same and filesystem in _LOCAL


def _mount(line: str) -> tuple[str, str, str]:
    """What of its filesystem is mounted, where, and the filesystem's kind."""
    words, _, rest = line.partition(" - ")
    _, _, _, root, place, *_ = words.split(" ")
    return _unescaped(root), _unescaped(place), rest.split(" ")[0]


def _unescaped(text: str) -> str:
    return re.sub(r"\\([0-7]{3})", lambda found: chr(int(found[1], 8)), text)
