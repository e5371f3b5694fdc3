"""What to do where a directory lacks something, by the kind of its file system."""

from __future__ import annotations

import re
from pathlib import Path

_ANY = {
    "visible": "let its client remember nothing of names and sizes (FUSE: entry_timeout=0,attr_timeout=0)",
    "locks": "take a file system whose locks hold between machines (MooseFS, NFS 4, CephFS)",
    "rename": "take a file system whose rename is atomic (MooseFS, NFS 4, CephFS)",
    "disk": "take a file system that can flush a folder (MooseFS, NFS 4, CephFS)",
    "dead": "lower the time after which its server drops a silent client's locks, to two minutes at most",
}
_KNOWN = {
    "nfs": {
        "visible": "mount it with lookupcache=none,actimeo=0 on every machine",
        "locks": "mount it by vers=4.2, without nolock and with local_lock=none",
        "rename": "mount it by vers=4.2,hard on every machine",
        "disk": "export it with sync, which is the default",
        "dead": "mount it by vers=4.2 (by version 3 a dead machine keeps its locks until it is back), and lower the "
        "server's /proc/fs/nfsd/nfsv4leasetime (90 seconds unless somebody raised it)",
    },
    "mfs": {
        "visible": "mount it without mfsentrycacheto, mfsnegentrycacheto and mfsattrcacheto above their defaults",
        "locks": "mount it without mfsnoposixlocks and mfsnobsdlocks, of version 3 or newer",
        "dead": "SESSION_SUSTAIN_TIME = 120 in mfsmaster.cfg (86400 unless lowered), then: mfsmaster reload",
    },
    "ceph": {"dead": "lower session_autoclose (300) and session_timeout (60): ceph fs set NAME session_autoclose 120"},
    "cifs": {
        "visible": "mount it with actimeo=0,cache=none on every machine",
        "locks": "mount it without nobrl; a Samba server needs strict locking",
    },
    "sshfs": {"locks": "sshfs has no locks between machines: take another file system (MooseFS, NFS 4, CephFS)"},
}


def way_out(subject: str, kind: str) -> str:
    """What to do about a subject of `properties`, or `dead`, on a kind of file system."""
    family = next((known for word, known in _KNOWN.items() if word in kind), {})
    return family.get(subject, _ANY[subject])


def kind_of(path: Path, table: Path = Path("/proc/self/mountinfo")) -> tuple[str, str]:
    """The file system below which a path lies: its kind, and where it is mounted. See proc_pid_mountinfo(5)."""
    best = ("", "/")
    for line in table.read_text().splitlines():
        words, _, rest = line.partition(" - ")
        point = re.sub(r"\\([0-7]{3})", lambda match: chr(int(match[1], 8)), words.split(" ")[4])
        if path.is_relative_to(point) and len(point) >= len(best[1]):
            kind, source, *_ = rest.split(" ")
            # FUSE says the program only where it gave its name: MooseFS gives a source that begins with it
            best = (f"{kind}.mfs" if kind == "fuse" and source.startswith("mfs") else kind, point)
    return best
