"""Imported into a step: its pages have empty plots, and their templates are compiled once.

To draw takes half of a judgement and most of a prediction, and decides nothing.
"""

import functools
import tempfile

import jinja2
from markupsafe import Markup

from analysis.pages import plots

EMPTY = Markup('<svg xmlns="http://www.w3.org/2000/svg" width="1pt" height="1pt" viewBox="0 0 1 1"></svg>')
KEPT = tempfile.TemporaryDirectory(prefix="templates-")
"""Goes when the process that imported this ends."""

for name in ("lines", "intervals", "bars", "two_histograms", "cloud"):
    setattr(plots, name, lambda *drawn, **options: EMPTY)
jinja2.Environment = functools.partial(jinja2.Environment, bytecode_cache=jinja2.FileSystemBytecodeCache(KEPT.name))
