"""Draws a plot of each kind and reads the templates, in the process of which each run of a step is a child.

Templates are compiled once and not in each of them.
"""

import sys
from pathlib import Path

import numpy as np

from analysis.pages import plots
from analysis.pages.page import templates_in

ENDS = np.array([0.0, 1.0])
plots.lines("lines", "", [("one", ENDS, ENDS), ("two", ENDS, ENDS)], x="x", y="y")
plots.intervals("intervals", "", [("one", 0.5, 0.0, 1.0)], x="x")
plots.bars("bars", "", ["one"], [1.0], x="x", spread=[0.1])
plots.two_histograms("histograms", "", ["one"], [1.0], [1.0], names=("one", "two"), x="x")
plots.cloud("cloud", "", ENDS, ENDS, x="x", y="y", line="zero")
for part in ("analysis", "predict", "validate"):
    for folder in sys.path:
        for template in Path(folder, part).rglob("templates/*.html"):
            templates_in(template.parent).get_template(template.name)
            templates_in(template.parent).get_template("base.html")
