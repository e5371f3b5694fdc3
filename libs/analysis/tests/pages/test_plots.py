import re

import numpy as np
import pytest

from analysis.pages import plots

CURVE = np.linspace(0, 1, 100_000)
DRAWN = {
    "lines": lambda name: plots.lines(
        name, "a <curve>", [("one", CURVE, CURVE), ("two", CURVE, CURVE**2)], x="x", y="y"
    ),
    "intervals": lambda name: plots.intervals(name, "d", [("a & b", 0.1, 0.0, 0.2), ("c", 0.3, 0.2, 0.4)], x="x"),
    "bars": lambda name: plots.bars(name, "d", ["a", "b"], [1.0, 2.0], x="x", spread=[0.1, 0.2]),
    "histograms": lambda name: plots.two_histograms(
        name, "d", ["a", "b"], [0.4, 0.6], [0.5, 0.5], names=("t", "d"), x="x"
    ),
    "cloud": lambda name: plots.cloud(name, "d", CURVE, CURVE, x="x", y="y", line="diagonal"),
}


@pytest.mark.parametrize("kind", DRAWN)
def test_a_plot_takes_the_pages_colours_is_small_and_the_same_each_time(kind):
    svg = DRAWN[kind]("p")
    assert svg == DRAWN[kind]("p")
    assert svg.startswith('<svg role="img" aria-label="')
    assert "var(--one)" in svg
    assert not set(re.findall(r"#[0-9a-f]{6}\b", svg)) - {"#000000", "#ffffff"}
    assert len(svg) < 120_000


@pytest.mark.parametrize("kind", DRAWN)
def test_two_plots_on_a_page_share_no_id_and_find_their_own(kind):
    one, other = DRAWN[kind]("p"), DRAWN[kind]("q")
    ids = [set(re.findall(r' id="([^"]+)"', svg)) for svg in (one, other)]
    assert ids[0].isdisjoint(ids[1])
    used = set(re.findall(r'(?:url\(#|href="#)([^")]+)', one))
    assert used <= ids[0]


def test_thinning_keeps_both_ends():
    assert plots.thinned(100_000)[[0, -1]].tolist() == [0, 99_999]
    assert len(plots.thinned(100_000)) == plots.MOST_POINTS
    assert plots.thinned(3).tolist() == [0, 1, 2]
    assert len(plots.thinned(0)) == 0
