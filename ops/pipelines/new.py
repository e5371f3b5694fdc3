"""A new pipeline from a table: its file by `generate infer`, its days by `generate split`, its folders.

Without FILE the folders alone, for a file that you write yourself. The running stack sees the pipeline half a minute
after its file is there, which comes last.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from checkout.compose import compose, docker, is_rootless, settings
from checkout.ending import CONFIGURATION, MISSING, UNAVAILABLE, USAGE, end_tidily_when_asked_to, refuse
from checkout.one_at_a_time import one_at_a_time
from checkout.settings import ROOT, USER, environment, project
from pipeline_file import model_of

from pipelines.places import (
    FOLDER,
    data_of,
    file_of,
    good_name,
    leave_no_empty_folders,
    make_folders,
    names,
    owner_of_data,
    refuse_both,
)
from pipelines.reports import refresh_index


def generate(arguments: Sequence[str], mounts: Sequence[str]) -> int:
    """Run a command of the step's image, without a network; its exit code. `mounts`: as of `docker run --volume`."""
    image = f"{project()}-generate"
    if docker("image", "inspect", image, check=False).returncode:
        refuse(UNAVAILABLE, f"{image}: the image is not there; type: docker compose build generate")
    hardened = ["--rm", "--network=none", "--read-only", "--tmpfs=/tmp", "--cap-drop=ALL"]
    command = ["docker", "run", *hardened, "--security-opt=no-new-privileges", f"--user={_user()}"]
    command += [f"--volume={mount}" for mount in mounts]
    return subprocess.run([*command, image, *arguments], cwd=ROOT, env=environment(), check=False).returncode


def _user() -> str:
    """As whom a step runs; root of a rootless engine's containers is who started it."""
    if user := settings()[USER]:
        return user
    if is_rootless(json.loads(docker("info", "--format={{json .}}").stdout)):
        return "0:0"
    return ":".join(map(str, owner_of_data()))


def new(name: str, file: Path, infer: Sequence[str], split: Sequence[str]) -> int:
    """Make it of a table; the exit code of the command that refused the table, whose words are on the screen."""
    make_folders(name)
    with tempfile.TemporaryDirectory(prefix=".new-", dir=ROOT / FOLDER) as scratch:
        # the step writes as the owner of data/, and reads what only its owner may as nobody else
        folder = Path(scratch)
        folder.chmod(0o777)
        table = folder / "table" / file.name
        table.parent.mkdir()
        table.parent.chmod(0o755)
        shutil.copyfile(file, table)
        table.chmod(0o644)
        inside = f"/new/table/{file.name}"
        words = ["infer", inside, f"--output=/new/{name}.toml", f"--name={name}", *infer]
        if code := generate(words, [f"{folder}:/new:z"]):
            return code
        mounts = [
            f"{folder}:/new:ro,z",
            f"{data_of(name)}:/data:z",
            f"{folder / f'{name}.toml'}:/config/pipeline.toml:ro,z",
        ]
        if code := generate(["split", inside, *split], mounts):
            return code
        for made in (folder / f"{name}.html", folder / f"{name}.toml"):
            # a file of the person's own, as if written with an editor, that every container may read
            staged = ROOT / FOLDER / f".{made.name}.new"
            shutil.copyfile(made, staged)
            os.replace(staged, ROOT / FOLDER / made.name)
    return 0


def must_be_nobodys(name: str) -> None:
    """End this program where there is a file of the name, another has it for MLflow, or data/ has one's that went."""
    if name in names():
        refuse(CONFIGURATION, f"{file_of(name)}: is there; give another NAME=, or edit it")
    for other in names():
        # one that is no TOML is refused by Airflow, whatever it is called
        with suppress(ValueError):
            if model_of(file_of(other)) == name:
                refuse(
                    CONFIGURATION, f"NAME: {file_of(other)} has pipeline.name = {name!r} already; give another NAME="
                )
    # an inbox is what this command itself leaves when it is killed, and split refuses other rows there
    left = [path.name for path in data_of(name).glob("*") if path.name != "inbox"]
    if left:
        refuse(
            CONFIGURATION,
            f"{data_of(name)}: has {', '.join(sorted(left)[:3])} of a pipeline before, whose model would predict this"
            " table; give another NAME=, or move the folder away",
        )


def main() -> int:
    """Make it, and say what comes next."""
    end_tidily_when_asked_to()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for option in ("name", "file", "target", "key", "group", "by", "days"):
        parser.add_argument(f"--{option}", default="")
    args = parser.parse_args()
    name = good_name(args.name)
    refuse_both()
    if not args.file:
        make_folders(name)
        refresh_index()
        there = "is there" if name in names() else "is yours to write: docs/configuration.md"
        print(f"data/{name} is made; {file_of(name).relative_to(ROOT)} {there}")
        return 0
    must_be_nobodys(name)
    if not args.target:
        refuse(USAGE, f"TARGET: must be the column to predict: make new NAME={name} FILE={args.file} TARGET=column")
    file = Path(args.file).resolve()
    if not file.is_file():
        refuse(MISSING, f"FILE: must be a file with a table, got {args.file!r}")
    infer = [f"--{option}={text}" for option in ("target", "key", "group") if (text := getattr(args, option))]
    split = [f"--{option}={text}" for option in ("by", "days") if (text := getattr(args, option))]
    if code := new(name, file, infer, split):
        leave_no_empty_folders(name)
        print(f"{name} was not made", file=sys.stderr)
        return code
    refresh_index()
    days = sorted(path.parent.name for path in (data_of(name) / "inbox").glob("*/_SUCCESS"))
    print(f"{name}: {len(days)} days, {days[0]} to {days[-1]}; what was guessed: {FOLDER}/{name}.toml and .html")
    up = compose("ps", "--quiet", "--status=running", "postgres", check=False).stdout.strip()
    once = f"make backfill PIPELINE={name} FROM={days[0]} TO={days[-1]}"
    print(f"Its DAGs are in Airflow in half a minute; its days: {once}" if up else f"Now: make up, then {once}")
    return 0


if __name__ == "__main__":
    with one_at_a_time():
        sys.exit(main())
