"""Bring a backup back into an empty stack. Files of the checkout that it replaces are kept beside."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tarfile
import tempfile
import time
from pathlib import Path

from archive import ARCHIVE, check, create_volume, give_input, in_volume
from backup import without_local
from checks import THROW_AWAY
from compose import DATABASES, VOLUMES, compose, must_be_ours, volumes
from ending import CANNOT_WRITE, end_tidily_when_asked_to, refuse
from one_at_a_time import one_at_a_time
from settings import ODD, RESTORING, ROOT


def restore(source: Path) -> None:
    """Check all of it, look whether the stack is empty, and only then begin; a mark stands until all is done."""
    check(source)
    must_be_ours()
    must_be_empty()
    try:
        with RESTORING.open("x", encoding="utf-8") as mark:
            mark.write(f"{source}\n")
    except FileExistsError:
        refuse(
            CANNOT_WRITE,
            f"{RESTORING.name} says another restore is under way, or did not end; then type: {THROW_AWAY}",
        )
    print("files", flush=True)
    with (
        tempfile.TemporaryDirectory(prefix=".restore-", dir=ROOT) as scratch,
        tarfile.open(source / ARCHIVE) as archive,
    ):
        unpack_data(archive, (ROOT / "data").resolve())
        unpack_others(archive, Path(scratch))
    for name in VOLUMES:
        print(f"volume {name}", flush=True)
        create_volume(name)
        give_input(in_volume(name, "rw", "tar", "-C", "/volume", "-xpf", "-"), source / f"{name}.tar")
    print("databases", flush=True)
    compose("up", "--detach", "--wait", "postgres")
    for name in DATABASES:
        words = ["pg_restore", "--username=postgres", "--exit-on-error", f"--dbname={name}"]
        give_input(["docker", "compose", "exec", "-T", "postgres", *words], source / f"{name}.dump")
    os.sync()
    RESTORING.unlink()
    print("restored; now: make up")


def must_be_empty() -> None:
    """End this program when the stack has state: a backup is never mixed with it."""
    data = ROOT / "data"
    there = sorted(path.name for path in data.iterdir() if path.name != ".gitignore") if data.is_dir() else []
    begun = ", and the mark of a restore that did not end" if RESTORING.exists() else ""
    if begun or volumes() or there:
        refuse(
            CANNOT_WRITE,
            f"the stack must be empty, and is left as it is: there are the volumes {volumes()}, in data/ {there[:5]}"
            f"{begun}; a backup is never mixed with other state. To keep it: make backup, or move data/ away."
            f" To throw it away: {THROW_AWAY}",
        )


def unpack_data(archive: tarfile.TarFile, target: Path) -> None:
    """The data root, into where data/ lies, also behind a link."""
    target.mkdir(exist_ok=True)
    for member in archive:
        top, _, rest = member.name.partition("/")
        if top == "data":
            archive.extract(member.replace(name=rest or ".", deep=False), target, filter="tar")


def unpack_others(archive: tarfile.TarFile, scratch: Path) -> None:
    """Settings and secrets, each in one rename; what is replaced and was different is kept in backups/."""
    kept = ROOT / "backups" / f"before-restore-{time.strftime('%Y-%m-%dT%H%M%S')}"
    for member in archive:
        if member.name.split("/")[0] == "data" or not (member.isfile() or member.isdir()):
            continue
        target = ROOT / member.name
        if member.isdir():
            if not target.exists():
                target.mkdir(mode=member.mode & 0o777)
            continue
        archive.extract(member, scratch, filter="tar")
        new = scratch / member.name
        if member.name == ".env":
            new.write_text(without_local(new.read_text(encoding="utf-8", errors=ODD)), encoding="utf-8", errors=ODD)
        if target.exists() and target.read_bytes() != new.read_bytes():
            (kept / member.name).parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            shutil.copy2(target, kept / member.name)
            print(f"{member.name}: what was here is kept as {(kept / member.name).relative_to(ROOT)}")
        shutil.move(new, target.resolve())  # one rename, unless a link leads to another disk


def main() -> int:
    """Restore; ends with a message when that cannot be."""
    end_tidily_when_asked_to()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="that `make backup` wrote")
    source = parser.parse_args().folder.resolve()
    try:
        with one_at_a_time():
            restore(source)
    except OSError as error:
        refuse(CANNOT_WRITE, f"{source}: not all of it was restored: {error}; to begin anew: {THROW_AWAY}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
