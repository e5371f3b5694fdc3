"""The folder of a new step: its own files from the templates, what all steps have alike from those that are there."""

from __future__ import annotations

import re
from pathlib import Path

from new_step.entries import MODEL

TEMPLATES = Path(__file__).parent / "template"
_NAME = "__NAME__"
_OF_THE_CONTRACT = "-r ../../libs/contract/requirements.in"


def write_folder(name: str, folder: Path, root: Path) -> None:
    """Write all files of a step into a folder, over what an earlier try has left there. Raises OSError."""
    for template in sorted(TEMPLATES.rglob("*.in")):
        path = folder / template.relative_to(TEMPLATES).with_suffix("")
        path = folder / name / path.relative_to(folder / "package") if path.parent.name == "package" else path
        _write(path, sorted_imports(template.read_text().replace(_NAME, name)))
    model, contract = root / "services" / MODEL, root / "libs" / "contract"
    _write(folder / "Dockerfile", (model / "Dockerfile").read_text().replace(MODEL, name))
    _write(folder / ".dockerignore", (model / ".dockerignore").read_text())
    # what the contract needs and nothing else: so the lock is the contract's, and nothing has to be fetched
    _write(folder / "requirements.in", f"{_OF_THE_CONTRACT}\n")
    lock = (contract / "requirements.txt").read_text()
    _write(folder / "requirements.txt", lock.replace("-r requirements.in", _OF_THE_CONTRACT))


def sorted_imports(text: str) -> str:
    """A module with the imports of packages of ours in the order that ruff asks for: the step's name has its place."""
    block = re.compile("(?:^from .*\n){2,}", re.MULTILINE)
    return block.sub(lambda found: "".join(sorted(found[0].splitlines(keepends=True))), text)


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
