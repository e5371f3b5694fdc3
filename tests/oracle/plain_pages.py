"""Imported into a step: its pages have empty plots, and their templates are compiled once.

To draw takes three quarters of a judgement, and decides nothing.
"""

import functools
import tempfile
from typing import Any

import jinja2
from matplotlib.figure import Figure

EMPTY = '<svg xmlns="http://www.w3.org/2000/svg" width="1pt" height="1pt" viewBox="0 0 1 1"></svg>'
KEPT = tempfile.TemporaryDirectory(prefix="templates-")
"""Goes when the process that imported this ends."""


def savefig(figure: Figure, target: Any, **options: Any) -> None:
    """In place of matplotlib's own."""
    target.write(EMPTY)


Figure.savefig = savefig
jinja2.Environment = functools.partial(jinja2.Environment, bytecode_cache=jinja2.FileSystemBytecodeCache(KEPT.name))
