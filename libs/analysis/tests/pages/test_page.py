import re

import jinja2
import pytest

from analysis.pages import plots
from analysis.pages.page import count, number, percent, render, short, signed


@pytest.fixture
def page(tmp_path):
    def make(text, **values):
        (tmp_path / "t.html").write_text('{% extends "base.html" %}{% block body %}' + text + "{% endblock %}")
        return render(tmp_path / "t.html", **values)

    return make


def test_what_comes_from_data_is_text_and_never_markup(page):
    html = page("<p>{{ name }}</p>", name="<script>alert(1)</script>")
    assert "<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>" in html


def test_control_characters_from_data_are_written_out_in_text_and_in_plots(page):
    bad = "a\x1b\x00\x9b\u202e<b>\n"
    html = page("<p>{{ name }}</p>{{ plot }}", name=bad, plot=plots.bars("b", "bars", [bad], [1.0], x="x"))
    assert "<p>a\\u001b\\u0000\\u009b\\u202e&lt;b&gt;\n</p>" in html
    assert not any(character in html for character in "\x1b\x00\x9b\u202e")


def test_a_page_asks_for_nothing_and_runs_nothing(page):
    html = page("{{ plot }}", plot=plots.bars("b", "bars", ["a"], [1.0], x="x"))
    assert "default-src 'none'" in html
    assert "<script" not in html
    links = set(re.findall(r'(?:src|href)="(?!#)([^"]*)"', html))
    assert links == {"data:,"}
    assert not re.search(r"url\((?!#)", html)


def test_a_value_that_nobody_gave_is_an_error_not_a_blank(page):
    with pytest.raises(jinja2.UndefinedError):
        page("{{ nobody }}")


def test_numbers_are_written_one_way_and_unknown_ones_as_a_dash():
    assert (number(0.86444), signed(0.0032), percent(0.025), count(12345)) == ("0.8644", "+0.0032", "2.5 %", "12,345")
    assert [number(None), number(float("nan")), signed(None), percent(None), count(None), short(None)] == ["–"] * 6
    assert (short("a" * 64), short("sha256:" + "b" * 64)) == ("a" * 12, "b" * 12)
