"""What is in the way of a release, and how far one has come that was killed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from checkout.labels import VERSION, source

from release import records
from release.changelog import FILE, cut, numbers, released, unreleased
from release.records import git

WRITTEN = (FILE, VERSION)
"""What the commit of a release changes, and nothing else."""


@dataclass(frozen=True)
class Plan:
    """A release that nothing is in the way of."""

    version: str
    before: str
    """The last one; empty where there was none."""
    entries: list[str]
    checks: dict[str, str]
    committed: bool
    """An earlier try has made the commit already; the images, the lists or the tag lack."""
    head: str
    """The commit that was looked at: the one above which the release's goes, or that one."""


def plan(version: str, root: Path, *, needed: tuple[str, ...]) -> Plan:
    """What is to be done. Raises ValueError with what is in the way, and the way out.

    :param needed: the suites that must have passed
    """
    number = numbers(version)
    if not git(root, "rev-parse", "--verify", "--quiet", "HEAD"):
        raise ValueError("a release needs a git repository with a commit; here is none")
    if f"v{version}" in git(root, "tag", "--list").split():
        raise ValueError(
            f"VERSION: must be a new one, but there is a tag v{version}; say: make release VERSION={_next(number)}"
        )
    take_back(version, root)
    if dirty := git(root, "status", "--porcelain"):
        listed = ", ".join(line[3:] for line in dirty.splitlines()[:5])
        raise ValueError(f"the work tree must be as it was committed, but {listed} differ; commit or stash them")
    if committed := git(root, "log", "-1", "--format=%s") == subject(version):
        must_be_a_release(version, root)
    base = "HEAD^" if committed else "HEAD"
    text = git(root, "show", f"{base}:{FILE}") + "\n"
    before = last(root, text)
    made = git(root, "log", "-1", "--format=%h", f"--grep=^{re.escape(subject(version))}$")
    if before == version and made:
        raise ValueError(
            f"{FILE} has {version} already, by the commit {made} of a release that did not"
            " come to its tag, and others lie above it; to have them checked, take it out from below them: git rebase"
            f" --onto {made}^ {made}, then make test, and type it again"
        )
    if before and number <= numbers(before):
        above = _next(numbers(before))
        raise ValueError(
            f"VERSION: must be above the last one, {before}, got {version}; say: make release VERSION={above}"
        )
    if not (entries := unreleased(text)):
        raise ValueError(
            f"{FILE}: has nothing under [Unreleased], so there is nothing to release; write what users will notice"
        )
    checks = records.read(root, records.tree_of(root, base))
    wrong = {name: checks.get(name, "not run") for name in needed if checks.get(name) != "passed"}
    if wrong:
        listed = ", ".join(f"{name} {word}" for name, word in wrong.items())
        raise ValueError(
            f"every check must have passed on this very state, but: {listed}; type: make test, or dev/test"
            f" {' '.join(wrong)}, with nothing changed in between"
        )
    return Plan(version, before, entries, checks, committed, git(root, "rev-parse", "HEAD"))


def must_still_be(commit: str, root: Path) -> None:
    """Raise ValueError where the checkout is no longer at that commit, to the byte: a person or a job works there."""
    now = git(root, "rev-parse", "HEAD")
    if now != commit or records.clean_tree(root) != records.tree_of(root, commit):
        state = f"is at {now[:12]}" if now != commit else "has changes"
        raise ValueError(
            f"the checkout must stay at {commit[:12]}, as committed, while a release is made, but {state} by now; no"
            " tag was made; type it again: it says what is in the way"
        )


def last(root: Path, changelog: str) -> str:
    """The highest version that a tag or the changelog has; empty where there is none."""
    tags = [tag[1:] for tag in git(root, "tag", "--list").split() if re.fullmatch(r"v\d+\.\d+\.\d+", tag)]
    return max([*tags, *released(changelog)], key=numbers, default="")


def staged(name: str, root: Path) -> Path:
    """Where a release writes a file before it takes the other's place."""
    return root / f".{name}.new"


def take_back(version: str, root: Path) -> None:
    """Take back what a killed release has written and not committed: only where it is that, to the byte."""
    for name in WRITTEN:  # a name that nobody else has, and perhaps only half of its text
        staged(name, root).unlink(missing_ok=True)
    changed = [line[3:] for line in git(root, "status", "--porcelain").splitlines()]
    if changed and {*changed} <= {*WRITTEN} and all(_as_released(name, version, root) for name in changed):
        git(root, "checkout", "--quiet", "HEAD", "--", *changed)


def must_be_a_release(version: str, root: Path) -> None:
    """Raise ValueError where the last commit is called so and holds more, or something else: that is not checked."""
    changed = git(root, "diff", "--name-only", "HEAD^", "HEAD").splitlines()
    others = [name for name in changed if name not in WRITTEN]
    if odd := others or [name for name in WRITTEN if not _as_released(name, version, root, "HEAD^")]:
        raise ValueError(
            f'the commit "{subject(version)}" must hold what a release writes and no more, but it'
            f" {'also holds' if others else 'has another'} {', '.join(odd[:5])}; type: git reset --soft HEAD^, then git"
            f" checkout HEAD -- {' '.join(WRITTEN)} (git show ORIG_HEAD has what you wrote there: an entry goes under"
            " [Unreleased]); commit what is left, make test, and type it again"
        )


def new_texts(version: str, before: str, day: str, root: Path, base: str = "HEAD") -> dict[str, str]:
    """What the commit of a release writes, above `base`."""
    text = git(root, "show", f"{base}:{FILE}") + "\n"
    return {FILE: cut(text, version, day, source(root), before), VERSION: f"{version}\n"}


def subject(version: str) -> str:
    """Of a release's commit."""
    return f"Release {version}"


def _as_released(name: str, version: str, root: Path, base: str = "HEAD") -> bool:
    text = (root / name).read_text()
    day = released(text).get(version, "") if name == FILE else ""
    before = last(root, git(root, "show", f"{base}:{FILE}"))
    return text == new_texts(version, before, day, root, base)[name]


def _next(number: tuple[int, ...]) -> str:
    return f"{number[0]}.{number[1] + 1}.0"
