"""Copy all state of the stack into one folder, or bring it back into an empty one.

State: the data root, both databases, the stack's secrets, MLflow's artifacts, mails that wait, your secrets/,
pipeline.toml and .env. The folder holds secrets: keep it where nobody else reads.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import shutil
import subprocess
import sys
import tarfile
import time
from datetime import UTC, datetime
from pathlib import Path

from compose import DATABASES, HELPER, ROOT, VOLUMES, compose, is_up, no_step_at_work, volume

FILES = ("data", "secrets", "pipeline.toml", ".env")
LIST = "backup.json"


def backup(target: Path) -> None:
    """Write the backup; its list comes last, so that one without a list is not whole."""
    if not is_up():
        sys.exit("the stack is not up, and its databases are part of the backup: make up")
    target.mkdir(parents=True, mode=0o700)
    with no_step_at_work():
        for name in DATABASES:
            print(f"database {name}", flush=True)
            with (target / f"{name}.dump").open("wb") as file:
                words = ["pg_dump", "--username=postgres", "--format=custom", name]
                command = ["docker", "compose", "exec", "-T", "postgres", *words]
                subprocess.run(command, cwd=ROOT, stdout=file, check=True)
        for name in VOLUMES:
            print(f"volume {name}", flush=True)
            with (target / f"{name}.tar").open("wb") as file:
                subprocess.run(in_volume(name, "ro", "tar", "-C", "/volume", "-cf", "-", "."), stdout=file, check=True)
        print("files", flush=True)
        with tarfile.open(target / "files.tar", "w") as archive:
            for name in FILES:
                if (ROOT / name).exists():
                    archive.add(ROOT / name, name)
    hashes = {path.name: sha256(path) for path in sorted(target.iterdir())}
    (target / LIST).write_text(json.dumps({"made": datetime.now(UTC).isoformat(timespec="seconds"), "files": hashes}))
    size = sum(path.stat().st_size for path in target.iterdir()) / 1e6
    print(f"{target}: {size:,.1f} MB, {len(hashes)} files. It holds secrets: keep it where nobody else reads.")


def restore(source: Path) -> None:
    """Bring a backup back; refused unless the stack is empty and the backup whole."""
    check(source)
    there = [name for name in ("postgres", *VOLUMES) if exists(name)]
    data = [path.name for path in (ROOT / "data").iterdir() if path.name != ".gitignore"]
    if there or data:
        sys.exit(
            f"the stack must be empty, there are volumes {there} and data/ has {data[:5]}; a backup is never mixed with"
            " other state. To throw that away: docker compose down --volumes, and empty data/"
        )
    print("files", flush=True)
    with tarfile.open(source / "files.tar") as archive:
        archive.extractall(ROOT, filter="tar")
    for name in VOLUMES:
        print(f"volume {name}", flush=True)
        label = [
            f"--label=com.docker.compose.{key}={value}" for key, value in (("project", "microstep"), ("volume", name))
        ]
        subprocess.run(["docker", "volume", "create", *label, volume(name)], stdout=subprocess.DEVNULL, check=True)
        with (source / f"{name}.tar").open("rb") as file:
            subprocess.run(in_volume(name, "rw", "tar", "-C", "/volume", "-xpf", "-"), stdin=file, check=True)
    print("databases", flush=True)
    compose("up", "--detach", "--wait", "postgres")
    for name in DATABASES:
        with (source / f"{name}.dump").open("rb") as file:
            words = ["pg_restore", "--username=postgres", "--exit-on-error", f"--dbname={name}"]
            subprocess.run(["docker", "compose", "exec", "-T", "postgres", *words], cwd=ROOT, stdin=file, check=True)
    print("restored; now: make up")


def check(source: Path) -> None:
    """SystemExit when a backup is not as its list says."""
    try:
        wanted = json.loads((source / LIST).read_text())["files"]
    except (OSError, ValueError, KeyError) as error:
        sys.exit(f"{source}: is no whole backup, its {LIST} cannot be read: {error}")
    for name, hashed in wanted.items():
        if not (source / name).is_file() or sha256(source / name) != hashed:
            sys.exit(f"{source / name}: must have sha256 {hashed}, has not; this backup is damaged")


def in_volume(name: str, mode: str, *words: str) -> list[str]:
    """A command in a helper container that sees one volume; as root, for the files have several owners."""
    user = ["--user=0:0", "--cap-drop=ALL", "--cap-add=CHOWN", "--cap-add=DAC_OVERRIDE", "--cap-add=FOWNER"]
    mount = f"--volume={volume(name)}:/volume:{mode}"
    return ["docker", "run", "--rm", "--interactive", "--network=none", *user, mount, HELPER, *words]


def exists(name: str) -> bool:
    """Whether the stack has a volume."""
    command = ["docker", "volume", "inspect", volume(name)]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def sha256(path: Path) -> str:
    """Of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def main() -> int:
    """Back up or restore; ends with a message when that cannot be."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    to = commands.add_parser("backup", help="copy all state into a folder")
    to.add_argument("folder", nargs="?", type=Path, default=Path("backups") / time.strftime("%Y-%m-%dT%H%M%S"))
    commands.add_parser("restore", help="bring it back into an empty stack").add_argument("folder", type=Path)
    args = parser.parse_args()
    if args.command == "restore":
        restore(args.folder)
        return 0
    try:
        backup(args.folder)
    except BaseException:
        shutil.rmtree(args.folder, ignore_errors=True)
        raise
    return 0


if __name__ == "__main__":
    sys.exit(main())
