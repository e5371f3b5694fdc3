"""Add a step to the five: all of it, or nothing that lasts.

Its folder is made whole in .step/ and comes to services/ last, in one rename. What is killed before that is gone on
with by the same command: entries in shared files are replaced whole, and are not made twice.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from pathlib import Path

from checkout.ending import CANNOT_WRITE, CONFIGURATION, USAGE, end_tidily_when_asked_to, refuse
from checkout.one_at_a_time import one_at_a_time
from checkout.settings import ROOT

from new_step.entries import COMPOSE, DAG, FLOW, PAGE, PROXY, entries, line_of_a_dag
from new_step.folder import write_folder
from new_step.names import refusal

SCRATCH = ".step"


def add(name: str, root: Path = ROOT) -> None:
    """Add a step; ends this program with what is in the way."""
    scratch = root / SCRATCH
    begun = [path.name for path in scratch.iterdir() if path.is_dir()] if scratch.is_dir() else []
    if others := [other for other in begun if other != name]:
        refuse(CONFIGURATION, f"make step NAME={others[0]} was begun and did not end; type that again first")
    if reason := refusal(name, root, begun=name in begun):
        refuse(USAGE, reason)
    try:
        changes, (_, line) = entries(name, root), line_of_a_dag(name, root)
    except ValueError as error:
        refuse(CONFIGURATION, f"{error}; nothing was written")
    try:
        (scratch / name).mkdir(parents=True, exist_ok=True)  # from here on it is begun
        write_folder(name, scratch / name, root)
        for path, text in changes.items():
            _replace(root / path, text, scratch)
        (scratch / name).rename(root / "services" / name)
        shutil.rmtree(scratch)
    except OSError as error:
        refuse(CANNOT_WRITE, f"{error.filename}: {error.strerror}; when that is mended, type it again")
    print(_summary(name, line))


def _replace(path: Path, text: str, scratch: Path) -> None:
    """Give a file another content in one rename."""
    new = scratch / path.name
    new.write_text(text)
    shutil.copymode(path, new)
    os.replace(new, path)


def _summary(name: str, line: str) -> str:
    own = f"services/{name}/"
    made = {
        own: f"Dockerfile, README.md, lock, tests/, {name}/ (__main__.py, work.py, derive.py, columns.py)",
        COMPOSE: f"the service {name}",
        FLOW: f"it reads processed/<day> and writes derived/{name}/<day>",
        PROXY: f"the image microstep-{name} may be started",
        PAGE: "its row in the table of the data flow",
    }
    width = max(map(len, made)) + 2
    listed = "\n".join(f"  {path:<{width}}{what}" for path, what in made.items())
    return f"""The step {name} is there:
{listed}
It counts what features each row lacks, as an example: write your own into {own}{name}/derive.py.

  make test-{name}
  docker compose build {name}
  docker compose run --rm {name} --day 2026-11-22

To have it run every day after predict, make this the line with steps=[...] in {DAG}, then type make up:
  {line}"""


def main() -> int:
    """Ask nothing: git shows what was made, and takes it back."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--name", required=True)
    name = parser.parse_args().name
    if not name:
        refuse(USAGE, "NAME: must be given; say: make step NAME=enrich")
    end_tidily_when_asked_to()
    with one_at_a_time():
        add(name)
    return 0


if __name__ == "__main__":
    sys.exit(main())
