"""A reader who is new types a question into the site's own search, in pages opened from the disk."""

import re
import tomllib
from pathlib import Path

import pytest

QUESTIONS = tomllib.loads((Path(__file__).parents[1] / "questions.toml").read_text())["question"]


@pytest.fixture(scope="module")
def page(html, context):
    """The first page, with its search open, and every address that any page asked for."""
    page = context.new_page()
    page.asked = []
    page.on("request", lambda request: page.asked.append(request.url))
    page.goto((html / "index.html").as_uri())
    yield page
    page.close()


def first_two(page, words):
    """The pages that the search names first, by their place in the site."""
    results = ".md-search-result__item > a"
    before = page.evaluate("results => document.querySelector(results)?.href", results)
    page.click(".md-search__input")
    page.fill(".md-search__input", words)
    # the theme looks when a key is let go
    page.press(".md-search__input", "End")
    page.wait_for_function(
        "([results, before]) => ![undefined, before].includes(document.querySelector(results)?.href)",
        arg=[results, before],
        timeout=60_000,
    )
    links = page.eval_on_selector_all(results, "links => links.map(link => link.href)")
    # a page and the sections of it that were found are one result
    pages = dict.fromkeys(re.sub(r"[?#].*", "", link).rpartition("/html/")[2] for link in links)
    return list(pages)[:2]


def words_of(page, address):
    """What a page says, as one line."""
    page.goto(address)
    return " ".join(page.inner_text("article").split())


def test_there_are_twenty_questions():
    assert len({question["ask"] for question in QUESTIONS}) >= 20


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question["ask"])
def test_the_search_leads_to_the_answer(page, html, context, question):
    assert question["page"] in first_two(page, question["ask"])
    other = context.new_page()
    assert question["answer"] in words_of(other, (html / question["page"]).as_uri())
    other.close()


def test_no_page_asks_another_machine_for_anything(page):
    assert page.asked
    assert [url for url in page.asked if not url.startswith(("file:", "data:", "blob:"))] == []
