"""Show what of a file would be rejected, by rule, with rows; nothing is stored.

The file is the day of an inbox in a data root of its own: `generate` reads it as it reads any day, whatever form it
has, `preprocess check` judges it, and the data root goes. docs/decisions/0063-before-it-happens.md
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from checkout.compose import docker, is_rootless
from checkout.ending import MISSING, UNAVAILABLE, USAGE, end_tidily_when_asked_to, refuse
from checkout.settings import ROOT, environment, project

from pipelines.places import chosen, file_of, owner_of_data

_FIRST = "2026-01-01"
"""The day of a pipeline's file that cannot be read: the step says why it cannot."""
_INFORMATION = re.compile(r"\S+ \S+ INFO ")
"""How such a line of a step's log begins; further on, the word may be one of a name in an error."""


def main(words: Sequence[str] | None = None) -> int:
    """The exit code of the step that found something wrong: 65 where such a day would be stopped."""
    end_tidily_when_asked_to()
    parser = argparse.ArgumentParser(prog="check", description=__doc__)
    parser.add_argument(
        "files", metavar="FILE", nargs="*", type=Path, help="files like those in inbox/<day>/, of one day"
    )
    parser.add_argument("--pipeline", help="the pipeline whose rules apply (default: the only one)")
    parser.add_argument("--config", metavar="FILE", type=Path, help="the same, by its file")
    parser.add_argument("--day", metavar="YYYY-MM-DD", help="of the rows (default: schedule.first_day)")
    parser.add_argument("--most", metavar="N", type=int, default=5, help="rows shown of each rule (default: 5)")
    parser.add_argument("--json", action="store_true", help="as JSON, for programs")
    parser.add_argument("--without-docker", action="store_true", help="by the environments of this checkout")
    args = parser.parse_args(words)
    if not args.files:
        refuse(USAGE, "FILE: must be a file like those in inbox/<day>/: make check FILE=my.csv")
    for file in args.files:
        if not file.exists():
            refuse(MISSING, f"FILE: must be a file with a table, got {str(file)!r}")
    if twice := sorted({file.name for file in args.files if [other.name for other in args.files].count(file.name) > 1}):
        refuse(USAGE, f"FILE: must be files of different names, as inbox/<day>/ has them, got {twice[0]!r} twice")
    config = args.config or file_of(chosen(args.pipeline))
    if not config.exists():  # Docker would make a folder of root's in its place
        refuse(MISSING, f"--config: must be the file of a pipeline, got {str(config)!r}")
    day = args.day or first_day(config)
    shown = ["check", "--day", day, f"--most={args.most}", *(["--json"] if args.json else [])]
    with tempfile.TemporaryDirectory(prefix="microstep-check-") as scratch:
        root = Path(scratch)
        (root / "inbox" / day).mkdir(parents=True)
        start = _in_environments if args.without_docker else _in_containers
        for step, arguments in (("generate", ["--day", day, "--log-format", "text"]), ("preprocess", shown)):
            if code := start(step, arguments, root, config.resolve(), day, args.files):
                return code
    return 0


def first_day(config: Path) -> str:
    """schedule.first_day. Ends this program where the pipeline takes no files."""
    import tomllib

    try:
        settings = tomllib.loads(config.read_text(encoding="utf-8-sig"))
        kind, day = settings["source"]["kind"], str(settings["schedule"]["first_day"])
    except (OSError, ValueError, KeyError, TypeError):
        return _FIRST
    if kind != "files":
        refuse(
            USAGE,
            f'{config}: source.kind must be "files" for a file to be checked by it, got {kind!r}; of a day that is in'
            " the data root: preprocess check --day YYYY-MM-DD",
        )
    return day if re.fullmatch(r"\d{4}-\d\d-\d\d", day) else _FIRST


def _in_environments(
    step: str, arguments: Sequence[str], root: Path, config: Path, day: str, files: Sequence[Path]
) -> int:
    from launch import command, environment_of, told_only

    for file in files if step == "generate" else ():
        (root / "inbox" / day / file.name).symlink_to(file.resolve())
    options = ["--data-root", str(root), "--config", str(config)]
    # the log of a step that goes well tells of a data root that goes
    return _quietly([*command(step, arguments), *options], told_only(environment_of(step)))


def _in_containers(
    step: str, arguments: Sequence[str], root: Path, config: Path, day: str, files: Sequence[Path]
) -> int:
    for path in (root, config, *(file.resolve() for file in files), *(Path(file.name) for file in files)):
        if ":" in str(path):
            way_out = "rename it, or without Docker: ./microstep check"
            refuse(USAGE, f"{path}: must have no colon in its path, at which Docker's --volume ends one; {way_out}")
    image = f"{project()}-{step}"
    if docker("image", "inspect", image, check=False).returncode:
        refuse(UNAVAILABLE, f"{image}: the image is not there; type: make build, or without Docker: ./microstep check")
    if is_rootless(json.loads(docker("info", "--format={{json .}}").stdout)):
        user, group = 0, 0  # who started the engine
    else:
        # as whom it is called, so that what the steps leave can go; never as root
        user, group = (os.getuid(), os.getgid()) if os.getuid() else owner_of_data()
    if os.getuid() == 0:  # else it is the caller's already; nobody else on this machine may look into the rows
        for path in (root, root / "inbox", root / "inbox" / day):
            os.chown(path, user, group)
    mounts = [f"{root}:/data:z", f"{config}:/config/pipeline.toml:ro,z"]
    mounts += [f"{file.resolve()}:/data/inbox/{day}/{file.name}:ro,z" for file in files]
    hardened = ["--rm", "--network=none", "--read-only", "--tmpfs=/tmp", "--cap-drop=ALL"]
    words = ["docker", "run", *hardened, "--security-opt=no-new-privileges", f"--user={user}:{group}"]
    return _quietly([*words, *(f"--volume={mount}" for mount in mounts), image, *arguments], environment())


def _quietly(words: Sequence[str], env: dict[str, str]) -> int:
    """Run a step; what it says beside results only where it is no mere information."""
    done = subprocess.run(words, cwd=ROOT, env=env, stderr=subprocess.PIPE, text=True, errors="replace", check=False)
    told = [line for line in done.stderr.splitlines(keepends=True) if not _INFORMATION.match(line)]
    print("".join(told), end="", file=sys.stderr)
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
