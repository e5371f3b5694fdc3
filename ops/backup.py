"""Copy all state of the stack into one new folder, which is there when it is whole, and not before.

State: the data root, both databases, the stack's secrets, MLflow's artifacts, mails that wait, your secrets/,
pipeline.toml and .env, without what belongs to this place. The folder holds secrets: keep it where nobody else reads.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path
from shlex import quote

from archives.archive import FILES, check, give_input, in_volume, keep_output, pack, seal
from archives.beside import beside, left_behind
from archives.links import must_be_copyable
from archives.mark import leave_mark
from archives.place import movable
from checkout.compose import DATABASES, VOLUMES, is_up, no_step_at_work
from checkout.ending import CANNOT_WRITE, UNAVAILABLE, USAGE, end_tidily_when_asked_to, refuse
from checkout.one_at_a_time import one_at_a_time
from checkout.ownership import must_be_ours
from checkout.settings import ROOT


def backup(target: Path) -> None:
    """Write, check, and only then name the backup."""
    for name in FILES:
        if target.is_relative_to(os.path.realpath(ROOT / name)):
            refuse(USAGE, f"{target}: must not lie in {name}, which is part of the backup; name a folder elsewhere")
    must_be_copyable(target)
    with one_at_a_time(), beside(target) as folder:
        must_be_ours()
        if not is_up():
            refuse(UNAVAILABLE, "the stack is not up, and its databases are part of the backup; type: make up")
        for left in left_behind(target):
            if left != folder:
                remedy = f"rm -r {quote(str(left))}"
                print(f"{left}: left by a backup that is under way or was killed; in the second case: {remedy}")
        settings, inside = movable(), ["docker", "compose", "exec", "-T", "postgres"]
        with no_step_at_work():
            for name in DATABASES:
                print(f"database {name}", flush=True)
                words = ["pg_dump", "--username=postgres", "--format=custom", name]
                keep_output([*inside, *words], folder / f"{name}.dump")
                give_input([*inside, "pg_restore", "--list"], folder / f"{name}.dump")
            for name in VOLUMES:
                print(f"volume {name}", flush=True)
                keep_output(in_volume(name, "ro", "tar", "-C", "/volume", "-cf", "-", "."), folder / f"{name}.tar")
            print("files", flush=True)
            pack(folder, settings)
        count = seal(folder)
        print("reading it all again", flush=True)
        check(folder)
        size = sum(path.stat().st_size for path in folder.iterdir()) / 1e6
    leave_mark(target)
    print(f"{target}: {size:,.1f} MB, {count} files. It holds secrets: keep it where nobody else reads.")


def main() -> int:
    """Back up; ends with a message when that cannot be."""
    end_tidily_when_asked_to()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    usual = Path("backups") / time.strftime("%Y-%m-%dT%H%M%S")
    parser.add_argument("folder", nargs="?", type=Path, default=usual, help="must not be there yet")
    target = parser.parse_args().folder
    # where the last name lies, without following a link of that name: a link is refused like a folder
    target = target.parent.resolve() / target.name
    try:
        backup(target)
    except OSError as error:
        refuse(CANNOT_WRITE, f"{target}: the backup was not made: {error}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
