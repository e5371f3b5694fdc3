import re
from xml.etree import ElementTree as ET

import numpy as np

from generate.infer.page.distribution import bars, histogram


def bar_sizes(svg, attribute):
    return [float(rect.get(attribute)) for rect in ET.fromstring(svg).iter("rect")]


def test_a_histogram_has_a_bar_for_each_bin_that_is_not_empty():
    svg = histogram(np.array([0.0] * 10 + [1.0] * 20), "0", "1", "distribution of x")
    assert bar_sizes(svg, "height") == [32, 64]
    assert [text.text for text in ET.fromstring(svg).iter("text")] == ["0", "1"]
    assert ET.fromstring(svg).get("aria-label") == "distribution of x"


def test_bars_are_as_long_as_their_share_and_say_it():
    svg = bars(["yes", "no"], [25, 75], "y")
    first, second = bar_sizes(svg, "width")
    assert abs(3 * first - second) < 0.2
    assert [text.text for text in ET.fromstring(svg).iter("text")] == ["yes", "25 %", "no", "75 %"]


def test_what_data_holds_is_text_and_nothing_else():
    svg = bars(['<script>"&\x1b', "a" * 50], [1, 0], '"><b>')
    assert ET.fromstring(svg).tag == "svg"
    assert "<script>" not in svg
    assert "\x1b" not in svg
    assert "a" * 19 + "\N{HORIZONTAL ELLIPSIS}" in svg


def test_colours_are_the_pages_own():
    svg = bars(["a"], [1], "x") + histogram(np.array([1.0, 2.0]), "1", "2", "x")
    assert set(re.findall(r'fill="([^"]*)"', svg)) == {"var(--one)", "var(--ink)", "var(--soft)"}
