import itertools
import re

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

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


def drawn(monkeypatch, draw):
    """The figure of a plot, laid out."""
    figures, finish = [], plots.Plot.svg
    monkeypatch.setattr(plots.Plot, "svg", lambda plot: figures.append(plot.figure) or finish(plot))
    draw()
    figure = figures[0]
    FigureCanvasAgg(figure).draw()
    return figure


def boxes(texts):
    return [text.get_window_extent() for text in texts if text.get_text()]


@pytest.mark.parametrize("count", [12, 50])
def test_the_curves_of_many_classes_are_all_drawn_unlike_each_other_and_named_outside(monkeypatch, count):
    series = [(f"a class with the number {n}", CURVE[:500], CURVE[:500] ** (1 + n)) for n in range(count)]
    figure = drawn(monkeypatch, lambda: plots.lines("p", "d", series, x="x", y="y"))
    curves = figure.axes[0].get_lines()
    assert len(curves) == count
    if count <= 48:
        looks = {(c.get_color(), c.get_linewidth(), str(c._unscaled_dash_pattern)) for c in curves}
        assert len(looks) == count
    (legend,) = figure.legends
    names = boxes(legend.get_texts())
    assert len({text.get_text() for text in legend.get_texts()}) == count
    assert not any(one.overlaps(other) for n, one in enumerate(names) for other in names[:n])
    assert not figure.axes[0].get_window_extent().overlaps(legend.get_window_extent())
    assert legend.get_window_extent().x1 <= figure.bbox.x1


@pytest.mark.parametrize(
    "labels", [["0.05"] * 20, ["missing"] * 13, ["abcdef"] * 13, ["a very long category of words"] * 8]
)
def test_labels_below_bars_do_not_overlap(monkeypatch, labels):
    values = [0.1] * len(labels)
    figure = drawn(monkeypatch, lambda: plots.two_histograms("p", "d", labels, values, values, names=("t", "d"), x="x"))
    texts = [text for text in figure.axes[0].get_xticklabels() if text.get_text()]
    slanted = texts[0].get_rotation() > 0
    ends = [(text.get_window_extent().x0, text.get_window_extent().x1) for text in texts]
    if not slanted:
        assert all(left[1] < right[0] for left, right in itertools.pairwise(ends))
    else:
        # parallel lines: apart by their height, measured across the slant
        height = texts[0].get_fontsize() * figure.dpi / 72
        apart = np.diff([end for _, end in ends]).min() * np.sin(np.radians(35))
        assert apart > height


def test_dates_do_not_overlap_however_uneven_days_are(monkeypatch):
    days = np.array(["2026-01-01", "2026-01-02", "2026-01-03", "2026-06-01", "2026-11-01"], "datetime64[D]")
    values = np.arange(5.0)
    figure = drawn(
        monkeypatch, lambda: plots.lines("p", "d", [("", days, values)], x="", y="rows", unit=False, markers=True)
    )
    names = boxes(figure.axes[0].get_xticklabels())
    assert len(names) >= 2
    assert not any(one.overlaps(other) for n, one in enumerate(names) for other in names[:n])
    alone = plots.lines("p", "d", [("", days[:1], values[:1])], x="", y="rows", unit=False, markers=True)
    assert "2026-01-01" in alone
