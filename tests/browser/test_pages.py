"""Every page, opened from its file as a person opens it: nothing is fetched, nothing is said on the console."""

from itertools import combinations

import pytest
from browser.looks import LOOKS, assert_readable_in_light_and_dark, look_at

TASKS = ("binary", "multiclass", "regression")
PAGES = [(task, page) for task in TASKS for page in ("train/2026-01-02", "train/2026-01-03", "predict/2026-01-03")]
PAGES.append(("binary", "index"))


def file_of(root, page):
    reports = root / "data" / "reports"
    if page == "index":
        return reports / "index.html"
    (file,) = (reports / page).glob("report-*.html")
    return file


@pytest.fixture(params=PAGES, ids=lambda param: "-".join(param).replace("/", "-"))
def opened(request, made, browser):
    """Opens the page in a way; gives it with what it asked for and said."""
    task, name = request.param
    path = file_of(made(task), name)

    def open_in(look):
        return look_at(browser, path, look, f"{task}-{name.replace('/', '-')}")

    open_in.path = path
    return open_in


@pytest.mark.parametrize("look", LOOKS)
def test_a_page_asks_for_nothing_complains_of_nothing_and_fits_the_screen(opened, look):
    page = opened(look)
    assert page.noticed == []
    assert page.evaluate("document.documentElement.scrollWidth") <= LOOKS[look]["viewport"]["width"]
    assert page.locator("h1").inner_text()
    page.close()


def test_dark_and_light_are_different_and_readable(opened):
    assert_readable_in_light_and_dark(opened)


def test_the_words_of_a_plot_lie_apart_and_inside_it_in_the_fonts_of_a_real_browser(opened):
    """A plot is laid out before anybody knows the reader's font."""
    for look in ("light", "phone"):
        page = opened(look)
        drawn = page.locator("figure svg").all()
        assert drawn or opened.path.name == "index.html"
        for plot in drawn:
            frame, texts = plot.evaluate(PLACES)
            for words, (left, top, right, bottom), _ in texts:
                assert frame[0] - 1 <= left <= right <= frame[2] + 1, words
                assert frame[1] - 1 <= top <= bottom <= frame[3] + 1, words
            level = [(words, place) for words, place, turned in texts if not turned]
            assert [(one[0], other[0]) for one, other in combinations(level, 2) if share(one[1], other[1])] == []
        page.close()


PLACES = """svg => {
  const place = element => (({left, top, right, bottom}) => [left, top, right, bottom])(element.getBoundingClientRect());
  const texts = [...svg.querySelectorAll("text")].filter(text => text.textContent);
  return [place(svg), texts.map(text => [text.textContent, place(text), text.hasAttribute("transform")])];
}"""


def share(one, other):
    across = min(one[2], other[2]) - max(one[0], other[0])
    # the box of a text has room above and below its letters
    down = min(one[3], other[3]) - max(one[1], other[1])
    return across > 0 and down > 0.3 * (one[3] - one[1])


def test_a_page_prints_and_stays_small(opened):
    assert opened.path.stat().st_size < 2_000_000
    page = opened("light")
    assert page.pdf().startswith(b"%PDF")
    page.close()


def test_what_came_as_data_is_text(made, browser):
    """A slice is called `<b>pro</b>`."""
    page = browser.new_page()
    page.goto(file_of(made("binary"), "train/2026-01-03").as_uri())
    assert page.get_by_text("plan = <b>pro</b>").count() >= 1
    assert page.locator("b").count() == 0
    page.close()


def test_the_index_leads_to_every_report(made, browser):
    page = browser.new_page()
    page.goto(file_of(made("binary"), "index").as_uri())
    names = [link.inner_text() for link in page.locator("table a").all()]
    assert sorted(names) == ["predict", "train", "train"]
    page.locator("table a").first.click()
    assert page.locator("h1").inner_text()
    page.close()
