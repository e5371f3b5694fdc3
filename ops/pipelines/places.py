"""Where the things of a pipeline are, and which one a command is about: the only place of ops that knows.

A pipeline is a file `pipelines/<name>.toml`. While there is none, `pipeline.toml` is the only one, with an empty name.
docs/decisions/0056-several-pipelines-in-one-stack.md
"""

from __future__ import annotations

import os
import re
from contextlib import suppress
from pathlib import Path

from checkout.compose import settings
from checkout.ending import CONFIGURATION, USAGE, refuse
from checkout.settings import PIPELINE, ROOT, environment

NAME = re.compile("[a-z][a-z0-9_]{0,30}")
FOLDER = "pipelines"
LONE = "pipeline.toml"
MIGRATING = "data/.migrating"
"""There while `make migrate` is under way, or after one that did not come to its end; the pipeline's name is in it."""
OF_THE_DATA_ROOT = (
    *("inbox", "raw", "processed", "models", "predictions", "reports", "derived"),
    *("ledger.jsonl", ".locks", ".kept"),
)
"""What a pipeline has in its data root (libs/contract/contract/layout.py); none of it can be a pipeline's name."""
SECRETS = ("secrets/sql", "secrets/models")
BOTH = (
    "must have no settings while pipelines/ has files, since both would write into data/; type: make migrate, which"
    " makes a pipeline of it (is it only the shipped one? then empty it: : > pipeline.toml)"
)


def names(root: Path = ROOT) -> tuple[str, ...]:
    """What the files in pipelines/ are called, without the hidden ones that editors write; none for a lone one."""
    return tuple(sorted(path.stem for path in (root / FOLDER).glob("*.toml") if not path.name.startswith(".")))


def all_of(root: Path = ROOT) -> tuple[str, ...]:
    """Those that may have data; the empty name is that of a lone pipeline.toml."""
    return tuple(name for name in names(root) if NAME.fullmatch(name)) or ("",)


def file_of(name: str, root: Path = ROOT) -> Path:
    """The file of a pipeline."""
    return root / FOLDER / f"{name}.toml" if name else root / LONE


def data_of(name: str, root: Path = ROOT) -> Path:
    """Its data root."""
    return root / "data" / name


def dag_of(name: str, dag: str) -> str:
    """The id of one of its DAGs."""
    return f"{name}.{dag}" if name else dag


def variables(name: str) -> dict[str, str]:
    """The environment for what compose runs for a pipeline, whatever .env says."""
    return {**environment(), PIPELINE: name}


def has_settings(root: Path = ROOT) -> bool:
    """Whether pipeline.toml says anything: more is in it than comments."""
    try:
        lines = file_of("", root).read_text(encoding="utf-8-sig", errors="replace").splitlines()
    except FileNotFoundError:
        return False
    return any(line.strip() and not line.lstrip().startswith("#") for line in lines)


def chosen(word: str | None) -> str:
    """The one that a command is about; ends this program when that is not one.

    :param word: that somebody has named; else it is that of MICROSTEP_PIPELINE, else the only one
    """
    there = all_of()
    if not (name := word or settings()[PIPELINE]):
        if len(there) == 1:
            return there[0]
        refuse(USAGE, f"PIPELINE: must be one of {', '.join(there)}; write PIPELINE={there[0]}")
    if name not in there:
        known = "there is none, so leave PIPELINE out" if there == ("",) else f"there are {', '.join(there)}"
        refuse(USAGE, f"PIPELINE: must be a file in pipelines/, got {name!r}; {known}")
    return name


def those(word: str | None) -> tuple[str, ...]:
    """The one that somebody has named, or all."""
    return (chosen(word),) if word else all_of()


def good_name(name: str) -> str:
    """A name for a pipeline; ends this program for what is none."""
    if not NAME.fullmatch(name) or name in OF_THE_DATA_ROOT:
        besides = f", and none of {', '.join(OF_THE_DATA_ROOT[:7])}"
        refuse(USAGE, f"NAME: must be {NAME.pattern}{besides}, got {name!r}")
    return name


def folders_of(name: str, root: Path = ROOT) -> tuple[Path, ...]:
    """What is mounted into its steps besides its file."""
    return (data_of(name, root), *(root / folder / name for folder in SECRETS))


def make_folders(name: str, root: Path = ROOT) -> None:
    """The folders that a pipeline's steps are given; they belong to whom data/ belongs, as whom steps run."""
    user, group = owner_of_data(root)
    for path in folders_of(name, root):
        new = not path.exists()
        path.mkdir(exist_ok=True)
        if new and path == data_of(name, root):
            # under a umask of 077 the part `status`, which is somebody else, could read no report
            path.chmod(0o755)
        if os.geteuid() == 0:
            os.chown(path, user, group)


def leave_no_empty_folders(name: str, root: Path = ROOT) -> None:
    """Take away what `make_folders` made, where nothing is in it."""
    for path in folders_of(name, root):
        with suppress(OSError):
            path.rmdir()


def owner_of_data(root: Path = ROOT) -> tuple[int, int]:
    """User and group as whom steps run: the owner of data/, never root, to whom the stack does not leave it."""
    status = (root / "data").stat()
    return (status.st_uid, status.st_gid) if status.st_uid else (1000, 1000)


def refuse_both(root: Path = ROOT) -> None:
    """End this program where pipeline.toml has settings beside others' files, or before there are such."""
    if has_settings(root):
        refuse(CONFIGURATION, f"{LONE}: {BOTH}")
