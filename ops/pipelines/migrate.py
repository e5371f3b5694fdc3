"""Make a pipeline with a name of the lone pipeline.toml of an earlier version: shown first, done after a yes.

Each change is one rename, or a file that is whole or absent. One that is killed is gone on with by the same command;
until then nothing starts, by data/.migrating.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from checkout.compose import compose, own_steps
from checkout.ending import CANNOT_WRITE, CONFIGURATION, USAGE, end_tidily_when_asked_to, refuse
from checkout.one_at_a_time import one_at_a_time
from checkout.ownership import must_be_ours
from checkout.settings import PIPELINE, ROOT
from pipeline_file import model_of

from pipelines.places import (
    LONE,
    MIGRATING,
    OF_THE_DATA_ROOT,
    SECRETS,
    file_of,
    good_name,
    has_settings,
    make_folders,
    names,
)
from pipelines.reports import refresh_index

NO_LONGER = """# Each pipeline has a file of its own in pipelines/, and this one must have no settings.
# It stays, since compose mounts it.
# docker compose run asks for the name: MICROSTEP_PIPELINE=name docker compose run --rm train --day 2026-11-22
"""


def name_in_file(root: Path) -> str:
    """A name like the one that the file gives to MLflow; empty when it gives none that can be made one."""
    try:
        plain = re.sub("[^a-z0-9]+", "_", model_of(root / LONE).lower()).strip("_")
    except ValueError:  # it is no TOML
        return ""
    return plain[:31] if re.match("[a-z]", plain) else ""


def moves(name: str, root: Path) -> Iterator[tuple[Path, Path]]:
    """What is to be renamed, from and to; what is done already is not there any more."""
    data = root / "data"
    for entry in OF_THE_DATA_ROOT:
        if os.path.lexists(data / entry):
            yield data / entry, data / name / entry
    others = {name, *names(root)}
    for folder in SECRETS:
        for path in sorted((root / folder).iterdir()):
            if path.name not in ("README.md", ".gitignore", *others):
                yield path, root / folder / name / path.name


def why_not(name: str, root: Path) -> str:
    """What is in the way, with what to do; empty when nothing is."""
    for source, target in moves(name, root):
        if os.path.lexists(target):
            return f"{target}: is there, and so is {source}; move one of them away, or give another NAME="
        if source.is_symlink():
            return f"{source}: must be no link, for it would lead elsewhere; put there what it leads to"
        if os.path.ismount(source) or source.lstat().st_dev != source.parent.stat().st_dev:
            return f"{source}: must lie on its folder's disk, for it is renamed; mount its disk at {target} after this"
    new = file_of(name, root)
    if has_settings(root) and new.exists() and new.read_bytes() != (root / LONE).read_bytes():
        return f"{new}: is there, and another one; give another NAME="
    return ""


def migrate(name: str, root: Path) -> None:
    """Do it. Raises OSError."""
    mark = root / MIGRATING
    mark.write_text(f"{name}\n", encoding="utf-8")
    os.sync()
    make_folders(name, root)
    for source, target in list(moves(name, root)):
        source.rename(target)
    if has_settings(root):
        _write(file_of(name, root), (root / LONE).read_bytes(), (root / LONE).stat())
        # from here on there is a pipeline with a name; before, the lone one was the only one
        _write(root / LONE, NO_LONGER.encode(), (root / LONE).stat())
    os.sync()
    mark.unlink()


def _write(file: Path, content: bytes, like: os.stat_result) -> None:
    """Whole or absent, with the mode and the owner of another one."""
    staged = file.with_name(f".{file.name}.new")
    staged.write_bytes(content)
    staged.chmod(like.st_mode & 0o777)
    if os.geteuid() == 0:
        os.chown(staged, like.st_uid, like.st_gid)
    os.replace(staged, file)


def must_be_down() -> None:
    """End this program while anything of the stack is there: it would go on in the old place."""
    if compose("ps", "--all", "--quiet").stdout.strip() or own_steps(at_work=False):
        refuse(CONFIGURATION, "the stack must be down, for its containers work in data/; type: make down")


def decided(name: str, root: Path) -> str:
    """The name: that of a migration which did not end, else the given one, else one like the file's own."""
    mark = root / MIGRATING
    begun = mark.read_text(encoding="utf-8").strip() if mark.exists() else ""
    if begun and name not in ("", begun):
        refuse(USAGE, f"NAME: must be {begun}, with which a migration began that did not end, got {name!r}")
    if not begun and not has_settings(root):
        refuse(USAGE, f"{LONE}: has no settings, there is nothing to migrate; a new pipeline: make new NAME=name")
    if not (name := begun or name or name_in_file(root)):
        refuse(USAGE, f"NAME: must be given, none can be made of pipeline.name in {LONE}: make migrate NAME=churn")
    return good_name(name)


def agreed(name: str, plan: list[tuple[Path, Path]], root: Path) -> bool:
    """Show what would be done, and ask; ends this program where nobody answers."""
    print(
        f"The pipeline of {LONE} gets the name {name}. Its DAGs become {name}.generate, {name}.train, {name}.predict."
    )
    for source, target in [*plan, (root / LONE, file_of(name, root))]:
        print(f"  {source.relative_to(root)} -> {target.relative_to(root)}")
    try:
        return input("do it? [y/N] ").strip().lower() == "y"
    except EOFError:
        print()
        refuse(USAGE, "nobody is there to answer, nothing was changed; type: make migrate YES=1")


def main() -> int:
    """Show, ask, migrate."""
    end_tidily_when_asked_to()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--name", default="", help="the pipeline's name (default: like pipeline.name)")
    parser.add_argument("--yes", action="store_true", help="do not ask")
    args = parser.parse_args()
    name = decided(args.name, ROOT)
    must_be_ours()
    must_be_down()
    if why := why_not(name, ROOT):
        refuse(CONFIGURATION, why)
    plan = list(moves(name, ROOT))
    if not args.yes and not agreed(name, plan, ROOT):
        print("nothing was changed")
        return 0
    try:
        migrate(name, ROOT)
        refresh_index()
    except OSError as error:
        refuse(
            CANNOT_WRITE, f"{error.filename}: {error.strerror}; not all was migrated, when that is mended: make migrate"
        )
    print(
        f"migrated; now: make up. To run a step yourself: {PIPELINE}={name} docker compose run --rm train"
        " --day 2026-11-22"
    )
    return 0


if __name__ == "__main__":
    with one_at_a_time():
        sys.exit(main())
