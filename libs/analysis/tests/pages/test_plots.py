import itertools
import math
import re
import subprocess
import sys
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from analysis.pages import plots
from analysis.pages.axes import between, numeric
from analysis.pages.svg import width_of

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
    assert not re.search(r"url\(|href=", one)


def test_drawing_needs_numpy_alone():
    program = "import sys, analysis.pages.plots; print(*sys.modules)"
    started = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    assert {"matplotlib", "PIL", "pandas", "scipy", "sklearn"}.isdisjoint(started.stdout.split())


def test_thinning_keeps_both_ends():
    assert plots.thinned(100_000)[[0, -1]].tolist() == [0, 99_999]
    assert len(plots.thinned(100_000)) == plots.MOST_POINTS
    assert plots.thinned(3).tolist() == [0, 1, 2]
    assert len(plots.thinned(0)) == 0


SVG = "{http://www.w3.org/2000/svg}"


class Text:
    """A text of a drawing, with the place that it takes."""

    def __init__(self, element):
        self.text = element.text or ""
        style = dict(part.split(":") for part in element.get("style").split(";"))
        x, y = float(element.get("x")), float(element.get("y"))
        self.size = float(style["font-size"].removesuffix("px"))
        wide = width_of(self.text, self.size)
        before = {"start": 0, "middle": wide / 2, "end": wide}[style["text-anchor"]]
        turned = re.match(r"rotate\((-?\d+)", element.get("transform", ""))
        self.angle = int(turned[1]) if turned else 0
        along, up = math.cos(math.radians(self.angle)), -math.sin(math.radians(self.angle))
        ends = [(x + part * along, y - part * up) for part in (-before, wide - before)]
        self.left, self.right = (end[0] for end in ends)
        self.top, self.bottom = min(end[1] for end in ends) - self.size * along, max(end[1] for end in ends)

    def overlaps(self, other):
        return min(self.right, other.right) > max(self.left, other.left) and min(self.bottom, other.bottom) > max(
            self.top, other.top
        )


def texts(svg):
    return [Text(element) for element in ET.fromstring(svg).iter(f"{SVG}text")]


def paths(svg):
    """Of each path, its numbers in pairs and its style."""
    for element in ET.fromstring(svg).iter(f"{SVG}path"):
        numbers = [float(number) for number in re.findall(r"-?[\d.]+", element.get("d"))]
        yield list(zip(numbers[::2], numbers[1::2], strict=False)), element.get("style")


def fits(svg):
    """No text leaves the drawing, and no two that lie level share a place."""
    width, height = (float(part) for part in re.search(r'viewBox="0 0 (\S+) (\S+)"', svg).groups())
    written = texts(svg)
    for text in written:
        assert 0 <= text.left <= text.right <= width or text.angle == -90, text.text
        assert -1 <= text.top <= text.bottom <= height, text.text
    level = [text for text in written if not text.angle]
    assert [(one.text, other.text) for one, other in itertools.combinations(level, 2) if one.overlaps(other)] == []
    return written


NAMES = {
    "short": "a",
    "wide": "W" * 200,
    "long": "a very long category of words " * 3,
    "of wide letters": "\u6771\u4eac\u90fd" * 20,
    "of composed letters": "e\u0301" * 50,
    "empty": "",
}
NUMBERS = {
    "ordinary": [0.1, 0.2, 0.35],
    "equal": [2000.0] * 3,
    "none": [0.0] * 3,
    "large": [1e6, 2.5e9, 1e13],
    "enormous": [-1e300, 0.0, 1e300],
    "close": [1e9, 1e9 + 1, 1e9 + 2],
    "small": [1e-9, 2e-9, 5e-9],
    "negative": [-3.0, -2.0, -1.5],
    "unknown": [float("nan"), 1.0, 2.0],
    "endless": [float("-inf"), 1.0, float("inf")],
    "nothing known": [float("nan")] * 3,
}


@pytest.mark.parametrize("numbers", NUMBERS)
@pytest.mark.parametrize("name", NAMES)
def test_every_kind_of_plot_keeps_its_words_apart_whatever_names_and_numbers_come(name, numbers):
    name, values = NAMES[name], NUMBERS[numbers]
    array = np.array(values)
    drawn = [
        plots.bars("p", "d", [name] * 3, values, x=name, spread=[0.1] * 3),
        plots.intervals("p", "d", [(name, value, value - 1, value + 1) for value in values], x=name),
        plots.two_histograms("p", "d", [name] * 13, [0.1] * 13, [0.2] * 13, names=("training", "this day"), x=name),
        plots.cloud("p", "d", array, array, x=name, y=name, line="diagonal"),
        plots.cloud("p", "d", array, array, x=name, y=name, line="zero"),
        plots.lines(
            "p", "d", [(name, array, array), ("other", array, array)], x=name, y=name, unit=False, markers=True
        ),
        plots.lines("p", "d", [(f"{name}{n}", CURVE, CURVE) for n in range(7)], x=name, y=name),
    ]
    for svg in drawn:
        fits(svg)
        assert not re.search(r"nan|inf", " ".join(re.findall(r' (?:d|x|y|transform)="[^"]*"', svg)))


def test_bars_are_as_long_as_their_values_and_start_at_zero():
    svg = plots.bars("p", "d", ["a", "b", "c"], [1.0, 2.0, -0.5], x="x")
    boxes = [points for points, style in paths(svg) if style == "fill:var(--one)"]
    widths = [re.search(r"h([\d.]+)v", path)[1] for path in re.findall(r'd="(M[^"]*z)"', svg)]
    assert len(boxes) == 3
    one, two, negative = map(float, widths)
    assert two == pytest.approx(2 * one, abs=0.05)
    assert negative == pytest.approx(one / 2, abs=0.05)
    assert boxes[0][0][0] == boxes[1][0][0] == pytest.approx(boxes[2][0][0] + negative, abs=0.05)


def test_a_curve_goes_through_its_points_and_breaks_where_a_value_is_unknown():
    days = np.array(["2026-01-01", "2026-01-02", "2026-01-03", "2026-01-05"], "datetime64[D]")
    values = np.array([1.0, 2.0, np.nan, 1.5])
    svg = plots.lines("p", "d", [("", days, values)], x="", y="y", unit=False, markers=True)
    curves = [points for points, style in paths(svg) if "var(--one)" in style and "linejoin" in style]
    assert [len(points) for points in curves] == [2, 1]
    (first, second), (last,) = curves
    assert last[0] - first[0] == pytest.approx(4 * (second[0] - first[0]), abs=0.05)
    assert first[1] - last[1] == pytest.approx((first[1] - second[1]) / 2, abs=0.05)


@pytest.mark.parametrize(
    ("low", "high", "labels"),
    [
        (0, 1, ["0", "0.2", "0.4", "0.6", "0.8", "1.0"]),
        (-0.26, 0.26, ["-0.2", "-0.1", "0", "0.1", "0.2"]),
        (1998, 2002, ["1,998", "1,999", "2,000", "2,001", "2,002"]),
        (0, 3e9, ["0", "1e+09", "2e+09", "3e+09"]),
    ],
)
def test_ticks_are_round_numbers_written_with_the_digits_that_tell_them_apart(low, high, labels):
    assert between(low, high, "").labels == labels


@settings(max_examples=300, deadline=None, database=None, print_blob=True)
@given(
    ends=st.tuples(*[st.floats(allow_nan=False, allow_infinity=False)] * 2),
    zero=st.booleans(),
    room=st.floats(1, 400),
)
@example(ends=(12_345_600.0, 12_345_700.0), zero=False, room=400)
@example(ends=(0.000123456, 0.000123460), zero=False, room=400)
@example(ends=(-1e15, -1e15 + 1000), zero=False, room=400)
@example(ends=(0.0, 5e-324), zero=False, room=400)
@example(ends=(1e-310, 3e-310), zero=True, room=400)
@example(ends=(-5e-324, 5e-324), zero=True, room=400)
@example(ends=(1e-290, 3e-290), zero=False, room=400)
def test_ticks_that_differ_have_labels_that_differ_and_say_what_they_are(ends, zero, room):
    axis = numeric(ends, "", zero=zero, room=room)
    assert len({*axis.labels}) == len(axis.labels) == len({*axis.ticks}) >= 1
    step = (axis.high - axis.low) / 6
    for tick, label in zip(axis.ticks, axis.labels, strict=True):
        assert abs(float(label.replace(",", "")) - tick) < step / 2
    assert np.isfinite(axis.fractions(ends)).all()


@settings(max_examples=200, deadline=None, database=None, print_blob=True)
@given(base=st.floats(-1e16, 1e16), share=st.floats(1e-11, 1))
def test_a_short_way_far_from_zero_has_labels_that_differ(base, share):
    axis = numeric([base, base + abs(base) * share], "")
    assert len({*axis.labels}) == len(axis.labels)


@pytest.mark.parametrize("count", [12, 50])
def test_the_curves_of_many_classes_are_all_drawn_unlike_each_other_and_named_outside(count):
    series = [(f"a class with the number {n}", CURVE[:500], CURVE[:500] ** (1 + n)) for n in range(count)]
    svg = plots.lines("p", "d", series, x="x", y="y")
    curves = [style for points, style in paths(svg) if "linejoin" in style and len(points) > 10]
    assert len(curves) == count
    if count <= 48:
        assert len(set(curves)) == count
    names = [text for text in fits(svg) if text.text.startswith("a class")]
    assert len({text.text for text in names}) == count
    axis = max(points[1][1] for points, style in paths(svg) if len(points) == 3 and "var(--line)" in style)
    assert min(text.top for text in names) > axis


@pytest.mark.parametrize(
    "labels", [["0.05"] * 20, ["missing"] * 13, ["abcdef"] * 13, ["a very long category of words"] * 8]
)
def test_labels_below_bars_do_not_overlap(labels):
    values = [0.1] * len(labels)
    svg = plots.two_histograms("p", "d", labels, values, values, names=("t", "d"), x="x")
    slanted = [text for text in fits(svg) if text.angle == -35]
    # parallel lines: apart by their height, measured across the slant
    for left, right in itertools.pairwise(slanted):
        assert (right.right - left.right) * math.sin(math.radians(35)) > left.size


def test_dates_do_not_overlap_however_uneven_days_are():
    days = np.array(["2026-01-01", "2026-01-02", "2026-01-03", "2026-06-01", "2026-11-01"], "datetime64[D]")
    values = np.arange(5.0)
    svg = plots.lines("p", "d", [("", days, values)], x="", y="rows", unit=False, markers=True)
    assert len([text for text in fits(svg) if text.text.startswith("2026")]) >= 2
    alone = plots.lines("p", "d", [("", days[:1], values[:1])], x="", y="rows", unit=False, markers=True)
    assert "2026-01-01" in alone


@pytest.mark.parametrize("y", ["", "rows"])
@pytest.mark.parametrize("values", [(0, 1), (0, 1_234_567), (0, 1e-7), (1e12, 1e12 + 3), (-1.23456e-4, -1.2345e-4)])
def test_dates_do_not_overlap_however_many_days_follow_each_other(y, values):
    for count in range(2, 61):
        days = np.datetime64("2026-01-01") + np.arange(count)
        svg = plots.lines("p", "d", [("", days, np.linspace(*values, count))], x="", y=y, unit=False, markers=True)
        dates = [text.text for text in fits(svg) if text.text.startswith("2026")]
        assert 2 <= len(dates) <= 5, count
        assert dates[-1] == str(days[-1])


ALIKE = {
    "ends": [f"customer_segment_description = {name}" for name in ("Enterprise", "Small business", "Public sector")],
    "middles": [f"{'a long beginning ' * 4}{name}{' and a long ending' * 4}" for name in ("one", "two", "three")],
    "what nobody sees": ["a\u200bb", "a\u200b\u200bb", "ab"],
    "more than ten": [f"{'W' * 50}{n}{'W' * 50}" for n in range(12)],
}


@pytest.mark.parametrize("labels", ALIKE.values(), ids=ALIKE)
def test_names_that_differ_are_told_apart_however_long_they_are(labels):
    values = [0.1] * len(labels)
    few = labels[:4]
    drawn = {
        "bars": (labels, plots.bars("p", "d", labels, values, x="x")),
        "intervals": (labels, plots.intervals("p", "d", [(label, 1, 0, 2) for label in labels], x="x")),
        "histograms": (labels, plots.two_histograms("p", "d", labels, values, values, names=("t", "d"), x="x")),
        "curves": (few, plots.lines("p", "d", [(label, CURVE, CURVE) for label in few], x="x", y="y")),
    }
    for kind, (named, svg) in drawn.items():
        written = [text.text for text in fits(svg)]
        starts = {name[0] for name in named}
        shown = [text for text in written if text[:1] in starts]
        assert len({*shown}) == len(shown) == len(named), (kind, shown)


def test_a_name_that_has_room_stays_as_it_is():
    svg = plots.bars("p", "d", ["one", "two"], [1.0, 2.0], x="x")
    assert [text.text for text in texts(svg)][-3:-1] == ["one", "two"]
