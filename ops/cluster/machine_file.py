"""machines/NAME.env: what is one machine's alone, without secrets. Where it is, the machine takes part."""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any

from checkout.ending import NOT_PERMITTED, refuse
from checkout.settings import ROOT

from cluster.broker_users import queues
from cluster.names import HEAD, NAME

FOLDER = ROOT / "machines"
MACHINE, ADDRESS, QUEUES = "MICROSTEP_MACHINE", "MICROSTEP_ADDRESS", "MICROSTEP_QUEUES"
FITS = "MICROSTEP_FITS"
"""The head's version, which this machine had when it was started last; who has another one starts no step."""
OWN = (MACHINE, ADDRESS, QUEUES, FITS, "MICROSTEP_CONCURRENCY")
"""What only this file says: an environment's would win."""
HEADS = "head.json"
"""What the head has told of itself: its revision and what is in its images."""


def path_of(name: str, folder: Path = FOLDER) -> Path:
    """The file of a machine that takes part."""
    return folder / f"{name}.env"


def ended(name: str, folder: Path = FOLDER) -> Path:
    """The same of one that has been taken down: nobody counts on it, its settings stay."""
    return folder / f"{name}.env.down"


def first_text(name: str, address: str, fits: str) -> str:
    """What `make worker` writes when a machine comes; all but the first three lines is a person's to change."""
    return f"""\
{MACHINE}={name}
{ADDRESS}={address}
{FITS}={fits}
# the queues that it takes tasks from: leave train out where memory is short; host.{name} is about its own engine
{QUEUES}={",".join(queues(name))}
# how many tasks at the same time: two more than steps, so that what only looks for data does not wait for a step's end
MICROSTEP_CONCURRENCY=4
# what one step may use here, where that differs from .env
# MICROSTEP_STEP_MEMORY=2g
# MICROSTEP_STEP_CPUS=1
"""


def put(name: str, address: str, fits: str | None = None, folder: Path = FOLDER) -> Path:
    """Have the file there, with what a person has written into it before; its first three lines are made to fit.

    :param fits: None leaves the version that the file has: that of the worker that runs, until another one does
    """
    file, before = path_of(name, folder), ended(name, folder)
    if before.exists() and not file.exists():
        before.rename(file)
    fits = value_in(file, FITS) if fits is None else fits
    text = file.read_text(encoding="utf-8") if file.exists() else first_text(name, address, fits)
    for variable, value in ((FITS, fits), (ADDRESS, address), (MACHINE, name)):
        text, count = re.subn(rf"(?m)^{variable}=.*$", f"{variable}={value}", text)
        text = text if count else f"{variable}={value}\n{text}"
    _write(file, text)
    return file


def value_in(file: Path, variable: str) -> str:
    """What a line says that `put` has written; empty where it lacks."""
    found = re.findall(rf"(?m)^{variable}=(.*)$", file.read_text(encoding="utf-8")) if file.exists() else []
    return found[-1] if found else ""


def those_that_take_part(folder: Path = FOLDER) -> tuple[str, ...]:
    """The machines besides the head: what an editor leaves beside their files is none."""
    names = (file.stem for file in folder.glob("*.env"))
    return tuple(sorted(name for name in names if NAME.fullmatch(name) and name != HEAD))


def take_away(name: str, folder: Path = FOLDER) -> None:
    """The machine takes part no more; what a person has written stays beside."""
    if path_of(name, folder).exists():
        path_of(name, folder).rename(ended(name, folder))


def describe_head(revision: str, images: Mapping[str, str], folder: Path = FOLDER) -> None:
    """Have the other machines see what the head runs."""
    _write(folder / HEADS, json.dumps({"machine": HEAD, "revision": revision, "images": dict(images)}, indent=1) + "\n")


def version(folder: Path = FOLDER) -> str:
    """What tells two versions of the head apart, in few letters; empty where it has told nothing."""
    file = folder / HEADS
    return sha256(file.read_bytes()).hexdigest()[:16] if file.exists() else ""


def others_version(folder: Path = FOLDER) -> tuple[str, ...]:
    """The machines that take part and had another version of the head when they were started last."""
    here, names = version(folder), those_that_take_part(folder)
    return tuple(name for name in names if value_in(path_of(name, folder), FITS) != here)


@contextmanager
def sign(name: str, folder: Path = FOLDER) -> Iterator[str]:
    """Write a file that is nowhere else; its name, of which the head can say whether it sees it."""
    for old in folder.glob(f".seen-{name}.*"):
        old.unlink(missing_ok=True)
    text = f"{name}.{secrets.token_hex(16)}"
    file = folder / f".seen-{text}"
    try:
        _write(file, "")
    except OSError as error:
        refuse(
            NOT_PERMITTED,
            f"{folder}: must be open to you for writing, as the settings of this machine lie there: {error.strerror};"
            " type make worker as the owner of the checkout",
        )
    try:
        yield text
    finally:
        file.unlink(missing_ok=True)


def head(folder: Path = FOLDER) -> dict[str, Any]:
    """What the head has told; empty where it has told nothing."""
    try:
        return json.loads((folder / HEADS).read_text(encoding="utf-8"))  # type: ignore[no-any-return]
    except FileNotFoundError:
        return {}


def _write(file: Path, text: str) -> None:
    """Whole or as before; every container's user may read it."""
    staged = file.with_name(f".{file.name}.new")
    staged.write_text(text, encoding="utf-8")
    staged.chmod(0o644)
    staged.rename(file)
