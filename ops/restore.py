"""Bring a backup back into an empty stack. Files of the checkout that it replaces are kept beside."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import tarfile
import tempfile
import time
from pathlib import Path

from archives.archive import ARCHIVE, check, create_volume, give_input, in_volume
from archives.place import settled
from checkout.compose import DATABASES, LEFT_OVER, VOLUMES, compose, docker, volume, volumes
from checkout.ending import CANNOT_WRITE, end_tidily_when_asked_to, refuse
from checkout.one_at_a_time import one_at_a_time
from checkout.ownership import must_be_ours
from checkout.settings import ODD, RESTORING, ROOT
from cluster.keep import MACHINES, MARKS
from cluster.names import HEAD
from machine.checks import THROW_AWAY
from stack_id import IN_DATA, IN_VOLUME


def restore(source: Path) -> None:
    """Check all of it, look whether the stack is empty, and only then begin; a mark stands until all is done."""
    check(source)
    must_be_ours()
    must_be_empty()
    settings = settled(settings_in(source))
    try:
        with RESTORING.open("x", encoding="utf-8") as mark:
            mark.write(f"{source}\n")
    except FileExistsError:
        refuse(
            CANNOT_WRITE,
            f"{RESTORING.name} says another restore is under way, or did not end; then type: {THROW_AWAY}",
        )
    try:
        bring_back(source, settings)
    except OSError as error:
        refuse(CANNOT_WRITE, f"{source}: not all of it was restored: {error}; to begin anew: {THROW_AWAY}")
    RESTORING.unlink()
    if names := machines_in(source):
        print(
            f"the tokens of {', '.join(names)} are valid again, as they were when this backup was made; if one was"
            " revoked since, after make up: make token REVOKE=NAME"
        )
    print("restored; now: make up")


def bring_back(source: Path, settings: str) -> None:
    """All of a backup into an empty stack, of which this checkout takes hold first."""
    # what waits in there are tasks of databases that are gone; with --force one that is not there is no error
    docker("volume", "rm", "--force", *map(volume, LEFT_OVER))
    print("files", flush=True)
    with (
        tempfile.TemporaryDirectory(prefix=".restore-", dir=ROOT) as scratch,
        tarfile.open(source / ARCHIVE) as archive,
    ):
        unpack_data(archive, (ROOT / "data").resolve())
        unpack_others(archive, Path(scratch), settings)
    compose("run", "--rm", "--no-deps", "checkout")
    for name in VOLUMES:
        print(f"volume {name}", flush=True)
        create_volume(name)
        # the stack's id in there is the one of the place that the backup comes from
        but = [f"--exclude=./{IN_VOLUME}"] if name == "secrets" else []
        give_input(in_volume(name, "rw", "tar", "-C", "/volume", *but, "-xpf", "-"), source / f"{name}.tar")
    print("databases", flush=True)
    compose("up", "--detach", "--wait", "postgres")
    for name in DATABASES:
        words = ["pg_restore", "--username=postgres", "--exit-on-error", f"--dbname={name}"]
        give_input(["docker", "compose", "exec", "-T", "postgres", *words], source / f"{name}.dump")
    os.sync()


def must_be_empty() -> None:
    """End this program when the stack has state: a backup is never mixed with it."""
    data = ROOT / "data"
    no_state = {".gitignore", IN_DATA, MARKS}
    there = sorted(path.name for path in data.iterdir() if path.name not in no_state) if data.is_dir() else []
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
        if top == "data" and rest != IN_DATA:  # the stack's id is this place's
            archive.extract(member.replace(name=rest or ".", deep=False), target, filter="tar")


def machines_in(source: Path) -> list[str]:
    """The machines that have a token in a backup: it brings back also what was taken away after it was made."""
    with tarfile.open(source / "secrets.tar") as archive:
        try:
            file = archive.extractfile(f"./{MACHINES}")
        except KeyError:
            return []
        known = json.loads(file.read()) if file else {}
    return sorted(name for name, entry in known.items() if "address" in entry and name != HEAD)


def settings_in(source: Path) -> str:
    """The text of .env in a backup, empty when it has none."""
    with tarfile.open(source / ARCHIVE) as archive:
        try:
            file = archive.extractfile(".env")
        except KeyError:
            return ""
        return file.read().decode(encoding="utf-8", errors=ODD) if file else ""


def unpack_others(archive: tarfile.TarFile, scratch: Path, settings: str) -> None:
    """Settings and secrets, each in one rename; what is replaced and was different is kept in backups/."""
    kept = ROOT / "backups" / f"before-restore-{time.strftime('%Y-%m-%dT%H%M%S')}"
    for member in archive:
        if member.name.split("/")[0] == "data" or not (member.isfile() or member.isdir()) or member.name == ".env":
            continue
        if member.isdir():
            if not (ROOT / member.name).exists():
                (ROOT / member.name).mkdir(mode=member.mode & 0o777)
            continue
        archive.extract(member, scratch, filter="tar")
        replace(member.name, scratch / member.name, kept)
    if settings or (ROOT / ".env").exists():
        new = scratch / ".env"
        new.touch(mode=0o600)
        new.write_text(settings, encoding="utf-8", errors=ODD)
        replace(".env", new, kept)
    names = set(archive.getnames())
    for path in sorted([*(ROOT / "secrets").rglob("*"), *(ROOT / "pipelines").glob("*.toml")]):
        name = path.relative_to(ROOT).as_posix()
        if path.is_file() and name not in names:
            print(f"{name}: is not in the backup, and stays as it is here")


def replace(name: str, new: Path, kept: Path) -> None:
    """One file of the checkout by another one; a different one that was there goes to `kept`."""
    target = ROOT / name
    if target.exists() and target.read_bytes() != new.read_bytes():
        (kept / name).parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        shutil.copy2(target, kept / name)
        print(f"{name}: what was here is kept as {(kept / name).relative_to(ROOT)}")
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
        refuse(CANNOT_WRITE, f"{source}: nothing was restored: {error}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
