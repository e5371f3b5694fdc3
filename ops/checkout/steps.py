"""Which steps this checkout has: a folder of services/ with a Dockerfile is one, and nothing else lists them all."""

from __future__ import annotations

import ast
from contextlib import suppress
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FIVE = ("generate", "preprocess", "train", "validate", "predict")
"""Those that the shipped DAGs are made of, in the order in which rows go through them."""


def added(root: Path = ROOT) -> tuple[str, ...]:
    """Those that `make step` has added to them."""
    there = {path.parent.name for path in (root / "services").glob("*/Dockerfile")}
    return tuple(sorted(there - {*FIVE}))


def steps(root: Path = ROOT) -> tuple[str, ...]:
    """All of them."""
    return (*FIVE, *added(root))


def summary(step: str, root: Path = ROOT) -> str:
    """What an added step says of itself, in one line: the first of its package, else of its README's text."""
    folder = root / "services" / step
    with suppress(OSError, ValueError, SyntaxError):
        if told := ast.get_docstring(ast.parse((folder / step / "__init__.py").read_text(encoding="utf-8"))):
            return told.splitlines()[0].removesuffix(".")
    with suppress(OSError, ValueError):
        lines = (folder / "README.md").read_text(encoding="utf-8").splitlines()
        return next((line.removesuffix(".") for line in lines if line.strip() and not line.startswith("#")), "")
    return ""


def library_of(step: str, root: Path = ROOT) -> str:
    """What the image of an added step has of ours besides the step: `analysis`, or the contract alone."""
    return "analysis" if "--from=analysis" in (root / "services" / step / "Dockerfile").read_text() else "contract"
