"""What a backup's folder holds, written and checked: a file a database and a volume, one for all files, and a list."""

from __future__ import annotations

import hashlib
import io
import json
import os
import subprocess
import tarfile
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from checkout.compose import DATABASES, HELPER, VOLUMES, docker, volume
from checkout.ending import CANNOT_WRITE, DAMAGED, refuse
from checkout.settings import ODD, ROOT, environment, project

FILES = ("data", "secrets", "pipeline.toml", "pipelines", ".env")
LIST = "backup.json"
ARCHIVE = "files.tar"


def in_volume(name: str, mode: str, *words: str, of: str = "") -> list[str]:
    """A command in a helper container that sees one volume; as root, for the files have several owners."""
    user = ["--user=0:0", "--cap-drop=ALL", "--cap-add=CHOWN", "--cap-add=DAC_OVERRIDE", "--cap-add=FOWNER"]
    mount = f"--volume={volume(name, of)}:/volume:{mode}"
    return ["docker", "run", "--rm", "--interactive", "--network=none", *user, mount, HELPER, *words]


def keep_output(command: list[str], file: Path) -> None:
    """Write what a command prints into a new file, flushed; ends this program when the command fails."""
    with file.open("xb") as out:
        done = subprocess.run(
            command,
            cwd=ROOT,
            env=environment(),
            stdout=out,
            stderr=subprocess.PIPE,
            stdin=subprocess.DEVNULL,
            check=False,
        )
        os.fsync(out.fileno())
    if done.returncode:
        refuse(
            CANNOT_WRITE, f"{' '.join(command)}: exit {done.returncode}\n{done.stderr.decode(errors='replace').strip()}"
        )


def give_input(command: list[str], file: Path) -> None:
    """Run a command that reads a file; ends this program when it fails."""
    with file.open("rb") as given:
        done = subprocess.run(command, cwd=ROOT, env=environment(), stdin=given, capture_output=True, check=False)
    if done.returncode:
        refuse(1, f"{' '.join(command)}: exit {done.returncode}\n{done.stderr.decode(errors='replace').strip()}")


def pack(folder: Path, settings: str) -> None:
    """Write the archive of all files. `settings` is the text to keep for .env.

    Links are followed: what is wanted back is what lies behind them.
    """
    with (folder / ARCHIVE).open("xb") as file:
        with tarfile.open(fileobj=file, mode="w", dereference=True) as archive:
            for name in FILES:
                if name == ".env":
                    _add_text(archive, name, settings)
                elif (ROOT / name).exists():
                    archive.add(ROOT / name, name)
        file.flush()
        os.fsync(file.fileno())


def _add_text(archive: tarfile.TarFile, name: str, text: str) -> None:
    content = text.encode(encoding="utf-8", errors=ODD)
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = len(content), 0o600
    entry.mtime = int(datetime.now(UTC).timestamp())
    archive.addfile(entry, io.BytesIO(content))


def seal(folder: Path) -> int:
    """Write the list, last of all; how many files it names."""
    hashes = {path.name: sha256(path) for path in sorted(folder.iterdir())}
    made = datetime.now(UTC).isoformat(timespec="seconds")
    with (folder / LIST).open("x", encoding="utf-8") as file:
        json.dump({"made": made, "files": hashes}, file)
        file.flush()
        os.fsync(file.fileno())
    return len(hashes)


def check(folder: Path) -> None:
    """End this program unless a backup is whole: as its list says, with all parts, each readable to its end."""
    try:
        wanted = json.loads((folder / LIST).read_text(encoding="utf-8"))["files"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        refuse(DAMAGED, f"{folder}: is no whole backup, its {LIST} cannot be read: {error}")
    parts = {ARCHIVE, *(f"{name}.dump" for name in DATABASES), *(f"{name}.tar" for name in VOLUMES)}
    if missing := sorted(parts - set(wanted)):
        refuse(DAMAGED, f"{folder}: is no whole backup, its {LIST} does not name {', '.join(missing)}")
    for name in sorted(parts):
        if not (folder / name).is_file() or sha256(folder / name) != wanted[name]:
            refuse(DAMAGED, f"{folder / name}: must have sha256 {wanted[name]}, has not; this backup is damaged")
        if name.endswith(".tar"):
            _read_through(folder / name)


def _read_through(archive: Path) -> None:
    try:
        with tarfile.open(archive) as opened:
            for member in opened:
                if member.isfile():
                    _drain(opened.extractfile(member))
    except (tarfile.TarError, OSError) as error:
        refuse(DAMAGED, f"{archive}: cannot be read to its end: {error}")


def _drain(file: IO[bytes] | None) -> None:
    while file is not None and file.read(1 << 20):
        pass


def sha256(path: Path) -> str:
    """Of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def create_volume(name: str) -> None:
    """A volume as compose would make it."""
    labels = (f"--label=com.docker.compose.{key}={value}" for key, value in (("project", project()), ("volume", name)))
    docker("volume", "create", *labels, volume(name))
