"""The changelog: what is not released yet, and how it becomes a version's."""

from __future__ import annotations

import re

FILE = "CHANGELOG.md"
VERSION = re.compile(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)")
_HEAD = "## [Unreleased]\n"
_RELEASE = re.compile(r"^## \[(\d+\.\d+\.\d+)\] - (\d{4}-\d{2}-\d{2})$", re.MULTILINE)


def numbers(version: str) -> tuple[int, ...]:
    """A version as numbers, which compare; ValueError for what is none."""
    if not VERSION.fullmatch(version):
        raise ValueError(f"VERSION: must be three numbers such as 1.2.0, got {version!r}")
    return tuple(map(int, version.split(".")))


def released(text: str) -> dict[str, str]:
    """Each version that the changelog has, with its date."""
    return dict(_RELEASE.findall(text))


def unreleased(text: str) -> list[str]:
    """The entries that no release has yet. Raises ValueError when the changelog has no place for them."""
    if text.count(_HEAD) != 1:
        raise ValueError(f"{FILE}: must have one heading {_HEAD.strip()!r}, has {text.count(_HEAD)}")
    section = re.split(r"^## |^\[[^\]]+\]: ", text.partition(_HEAD)[2], maxsplit=1, flags=re.MULTILINE)[0]
    return re.findall(r"^- .+", section, re.MULTILINE)


def cut(text: str, version: str, day: str, page: str, before: str) -> str:
    """The changelog with a release in it: what was unreleased is the version's.

    :param page: the repository's; without one there are no links, since there is nowhere to lead
    :param before: the version before; empty for the first one
    """
    head, _, rest = text.partition(_HEAD)
    body, links = _without_links(rest)
    new = {name: target for name, target in links.items() if name != "Unreleased"}
    if page:
        since = f"compare/v{before}...v{version}" if before else f"tree/v{version}"
        new = {"Unreleased": f"{page}/compare/v{version}...HEAD", version: f"{page}/{since}", **new}
    listed = "".join(f"[{name}]: {target}\n" for name, target in new.items())
    return f"{head}{_HEAD}\n## [{version}] - {day}\n{body.rstrip()}\n" + (f"\n{listed}" if listed else "")


def _without_links(text: str) -> tuple[str, dict[str, str]]:
    form = re.compile(r"^\[((?:Unreleased|\d+\.\d+\.\d+))\]: (\S+)\n?", re.MULTILINE)
    return form.sub("", text), dict(form.findall(text))
