"""What the checks said about which state of the repository: dev/test writes it, a release asks."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path

FOLDER = ".checks"
"""A file for each state, by the id of git's tree: a commit that changes nothing of it needs no new checks."""


def tree_of(root: Path, commit: str = "HEAD") -> str:
    """The id of what is in a commit; empty outside git."""
    return git(root, "rev-parse", "--verify", "--quiet", f"{commit}^{{tree}}")


def clean_tree(root: Path) -> str:
    """The id of the state that the work tree is in; empty when it differs from HEAD, for then it has none."""
    return "" if git(root, "status", "--porcelain") else tree_of(root)


def write(root: Path, tree: str, outcomes: Mapping[str, str]) -> None:
    """Remember how suites ended on a state; what they said of it before counts no longer."""
    folder = root / FOLDER
    folder.mkdir(exist_ok=True)
    new = folder / f".{tree}.new"
    new.write_text(json.dumps(read(root, tree) | dict(outcomes), indent=1) + "\n")
    new.replace(folder / tree)


def read(root: Path, tree: str) -> dict[str, str]:
    """How each suite ended last on a state: `passed`, `failed` or `skipped`."""
    try:
        return dict(json.loads((root / FOLDER / tree).read_text()))
    except (FileNotFoundError, ValueError):  # a damaged record is none: the checks run again
        return {}


def git(root: Path, *words: str) -> str:
    """What git answers; empty where it has none."""
    done = subprocess.run(["git", *words], cwd=root, capture_output=True, text=True, check=False)
    return done.stdout.rstrip("\n")
