"""The built pages: links, what they fetch, and that the reference holds what the code has."""

import re
from html.parser import HTMLParser
from urllib.parse import unquote

import build
import commands_reference
import pages
import pytest
import settings_reference

from contract.errors import ExitCode


class Links(HTMLParser):
    """The anchors of a page, where its links lead, and what it loads."""

    def __init__(self, text):
        super().__init__()
        self.anchors, self.links, self.loaded = set(), [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        self.anchors.add(given.get("id") or given.get("name"))
        if tag == "a" and given.get("href"):
            self.links.append(given["href"])
        if tag in ("script", "img", "iframe") and given.get("src"):
            self.loaded.append(given["src"])
        if tag == "link" and given.get("href"):
            self.loaded.append(given["href"])


@pytest.fixture(scope="module")
def read(html):
    return {path: Links(path.read_text()) for path in html.rglob("*.html")}


def test_every_link_leads_to_a_page_and_a_heading_that_are_there(read):
    broken = []
    for path, page in read.items():
        for link in page.links:
            target, _, anchor = unquote(link).partition("#")
            if re.match(r"\w+:", target) or path.name == "404.html":
                continue
            file = (path.parent / target.partition("?")[0]).resolve() if target else path
            known = read[file].anchors if file in read else set()
            if not file.exists() or (anchor and anchor not in known):
                broken.append(f"{path.name}: {link}")
    assert len(read) > 100
    assert broken == []


def test_nothing_is_loaded_from_elsewhere(read):
    loaded = {source for page in read.values() for source in page.loaded}
    assert loaded
    assert {source for source in loaded if re.match(r"(https?:)?//", source)} == set()


def test_every_page_of_docs_is_in_the_navigation(html, read):
    start = {(html / link.partition("#")[0]).resolve() for link in read[html / "index.html"].links}
    made = {(html / pages.address(name)).with_suffix(".html") for name in pages.listed() if name.startswith("docs/")}
    made = {path for path in made if path.stem != "README" and path.exists()}
    assert len(made) > 60
    assert made <= start


def test_the_reference_has_every_key_option_and_exit_code(html, read):
    keys = dict(settings_reference._keys())
    assert {"gate.minimums", "columns.NAME.type", "training.candidates.encode.text"} <= set(keys)
    assert set(keys) <= read[html / "configuration.html"].anchors
    assert {f"exit-{code.value}" for code in ExitCode} <= read[html / "reference/exit-codes.html"].anchors
    commands = (html / "reference" / "commands.html").read_text()
    for step in commands_reference.steps():
        assert f'id="{step.name}"' in commands
        assert all(f'id="{step.name}-{command.name}"' in commands for command in step.commands)
    assert "--data-root" in commands
    assert (html / "reference" / "contract.layout.html").exists()


@pytest.mark.parametrize(
    ("link", "becomes"),
    [
        ("[x](gate.md#by-hand)", "[x](gate.md#by-hand)"),
        ("[x](../README.md)", "[x](index.md)"),
        ("[x](../services/train/README.md)", "[x](services/train/README.md)"),
        ("[A test](../tests/test_docs.py)", "A test (`tests/test_docs.py`)"),
        ("[`libs/contract/`](../libs/contract/README.md)", "[`libs/contract/`](libs/contract/README.md)"),
        ("[x](https://example.org/a)", "[x](https://example.org/a)"),
        ("![x](images/report.png)", "![x](images/report.png)"),
    ],
)
def test_a_link_of_the_checkout_becomes_one_of_the_site(link, becomes):
    known = [
        "README.md",
        "docs/gate.md",
        "services/train/README.md",
        "libs/contract/README.md",
        "docs/images/report.png",
    ]
    assert pages.with_links_of_the_site(link, "docs/a.md", known) == becomes


def test_a_link_in_a_block_of_code_stays():
    block = "```\n[x](../README.md)\n```"
    assert pages.with_links_of_the_site(block, "docs/a.md", ["README.md"]) == block


def test_a_warning_fails_the_build(tmp_path, monkeypatch):
    """A page that links to one that is not there; the others are left out, which are warnings as well."""
    monkeypatch.setattr(build, "_page", lambda source, _: f"# {source}\n\n[x](nowhere.md)\n")
    assert build.build(tmp_path) != 0
