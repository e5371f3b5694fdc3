"""Whether a mount still shows what its path on the host leads to, and whether it certainly does not."""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath

_LOCAL = {"ext2", "ext3", "ext4", "xfs", "btrfs", "zfs", "f2fs", "overlay", "tmpfs"}
"""Filesystems of which this kernel makes every rename itself, and so knows the name that a mounted file has by now."""
_SHARED = {"nfs", "nfs4", "ceph", "cifs", "smb3", "lustre", "beegfs", "gpfs", "ocfs2", "gfs2", "fuse"}
"""Those that several machines mount, or that a program serves: others rename files in them, too."""
_SHARED_BY_PROGRAM = {"fuse.mfs", "fuse.moosefs", "fuse.glusterfs", "fuse.ceph", "fuse.ceph-fuse", "fuse.juicefs"}
_REMOVED = "//deleted"
"""What the kernel adds to a name that is gone."""


def is_current(path: Path, source: str, table: Path = Path("/proc/self/mountinfo")) -> bool:
    """Whether `path` shows what a container that starts now would be given for `source`, a path on the engine's host.

    A mount holds on to a file, not to its name: an editor that replaces pipeline.toml leaves the old one in every
    container that runs. False when it cannot be told. `table`: see proc_pid_mountinfo(5).

    On a file system that machines share, a folder that is mounted is taken for current, a file is not: another machine
    may have replaced it, which this kernel learns only when somebody here asks for the name. Within a folder it
    is asked for by its name each time, and so gives what this kernel would give a new container
    (docs/decisions/0059-a-shared-directory.md).
    """
    mount = _mounted_on(path, table)
    if mount is None:
        # by its name, on the host itself
        return str(path) == source
    root, filesystem = PurePosixPath(mount[0]), mount[1]
    # a filesystem's own root may lie deeper than the host's, or be a volume within a larger one
    above, below = str(root.parent).rstrip("/"), str(PurePosixPath(source).parent).rstrip("/")
    same = root.name == PurePosixPath(source).name and (above.endswith(below) or below.endswith(above))
    shared = filesystem in _SHARED | _SHARED_BY_PROGRAM
    return same and (filesystem in _LOCAL or (shared and path.is_dir()))


def was_replaced(path: Path, source: str, table: Path = Path("/proc/self/mountinfo")) -> bool:
    """Whether `path` certainly shows what has lost its name on the host, removed or replaced or kept as a backup.

    Less than `not is_current`: of a link, and of what lies on a file system of its own, neither can be told.
    """
    mount = _mounted_on(path, table)
    return mount is not None and (mount[0].endswith(_REMOVED) or mount[0].endswith(f"/{PurePosixPath(source).name}~"))


def _mounted_on(path: Path, table: Path) -> tuple[str, str] | None:
    """What of which kind of filesystem is mounted on a path; None when nothing is."""
    mounts = [_mount(line) for line in table.read_text().splitlines()]
    here = [(root, filesystem) for root, mount_point, filesystem in mounts if mount_point == str(path)]
    return here[-1] if here else None  # the last one lies on top


def _mount(line: str) -> tuple[str, str, str]:
    """What of its filesystem is mounted, where, and the filesystem's kind."""
    words, _, rest = line.partition(" - ")
    _, _, _, root, mount_point, *_ = words.split(" ")
    return _unescaped(root), _unescaped(mount_point), rest.split(" ")[0]


def _unescaped(text: str) -> str:
    return re.sub(r"\\([0-7]{3})", lambda match: chr(int(match[1], 8)), text)
