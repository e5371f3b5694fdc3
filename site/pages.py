"""Which files of the checkout are pages of the site, and what their links become there."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

ROOT = Path(__file__).resolve().parents[1]
_LEFT_OUT = ("tests/", "site/")
_LINK = re.compile(r"(!?)\[((?:[^\[\]]|\[[^\]]*\])*)\]\(([^)\s]+)\)")
# what a search names first where several pages hold its words
_RANKS = (
    ("how-to/", 4.0),
    ("tutorial", 4.0),
    ("manifests", 3.0),
    ("reference/contract.", 0.2),
    ("decisions/", 0.4),
    ("CHANGELOG", 0.2),
    ("CONTRIBUTING", 0.5),
    ("infra/", 0.3),
    ("libs/", 0.3),
    ("airflow/", 0.5),
    ("secrets/", 0.5),
    ("services/", 0.8),
    ("reference/", 2.0),
)


def listed(root: Path = ROOT) -> list[str]:
    """The Markdown files and pictures of the checkout, also those that git does not know yet."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(command, cwd=root, check=True, capture_output=True, text=True).stdout.split("\0")
    return sorted(
        name
        for name in set(names)
        if name.endswith((".md", ".png", ".svg")) and not name.startswith(_LEFT_OUT) and (root / name).is_file()
    )


def address(source: str) -> str:
    """Where a file of the checkout stands in the site: `docs/` is its top, and the README its first page."""
    if source == "README.md":
        return "index.md"
    return source.removeprefix("docs/")


def relative(target: str, page: str) -> str:
    """The link from one page of the site to another file of it."""
    return PurePosixPath(os.path.relpath(target, PurePosixPath(page).parent)).as_posix()


def with_rank(text: str, page: str) -> str:
    """The text with its weight in the search."""
    rank = next((rank for beginning, rank in _RANKS if page.startswith(beginning)), 1.0)
    return f"---\nsearch: {{ boost: {rank} }}\n---\n\n{text}"


def with_links_of_the_site(text: str, source: str, sources: Iterable[str]) -> str:
    """A page's text with links to other pages as the site has them.

    A file that is no page (a test, a module) is named instead of linked: the site is read without the checkout, too.
    """
    known = set(sources)
    page = address(source)

    def moved(match: re.Match[str]) -> str:
        picture, words, target = match.groups()
        path, mark, anchor = target.partition("#")
        if not path or re.match(r"\w+:", path):
            return match[0]
        file = PurePosixPath(os.path.normpath(PurePosixPath(source).parent / path)).as_posix()
        if f"{file}/README.md" in known:
            file = f"{file}/README.md"
        if file in known:
            return f"{picture}[{words}]({relative(address(file), page)}{mark}{anchor})"
        return words if words.strip("`/") == file.rstrip("/") else f"{words} (`{file}`)"

    # a link's words may be code, so that links are looked for in the whole text but for blocks
    blocks = re.split(r"(^```.*?^```$)", text, flags=re.DOTALL | re.MULTILINE)
    return "".join(block if block.startswith("```") else _LINK.sub(moved, block) for block in blocks)
