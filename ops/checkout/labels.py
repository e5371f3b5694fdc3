"""What images say about themselves: version, revision, time and source. Compose takes it from the environment.

Two builds of one commit say the same: nothing here is taken from the clock.
"""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path
from urllib.parse import urlsplit

from checkout.settings import ROOT

VERSION = "VERSION"
"""The one place with the version: that of the last release."""
BUILT_FROM = ("airflow", "infra", "libs", "services")
"""What goes into images that know their revision. All else, pipeline.toml first of all, is the user's to change."""


def labels(root: Path = ROOT) -> dict[str, str]:
    """The variables by which compose labels what it builds."""
    commit, time = _last_change(root)
    here = revision(root)
    return {
        "MICROSTEP_REVISION": here,
        "MICROSTEP_VERSION": version(root, here),
        "MICROSTEP_CREATED": time if commit else "",
        "MICROSTEP_SOURCE": source(root),
    }


def revision(root: Path = ROOT) -> str:
    """Returns the last commit that changed what images are built from, marked when files differ from it.

    "unknown" outside git.
    """
    commit, _ = _last_change(root)
    dirty = "-dirty" if _git(root, "status", "--porcelain", "--", *BUILT_FROM) else ""
    return f"{commit}{dirty}" if commit else "unknown"


def version(root: Path = ROOT, commit: str = "") -> str:
    """That of the release; with `+` and the commit where images are built from what came after it.

    A commit that changes no image changes nothing here either. A release does, and so do tags that are fetched: images
    get other labels, and run the same.
    """
    number = (root / VERSION).read_text(encoding="utf-8").strip()
    commit = commit or revision(root)
    inside = ["git", "merge-base", "--is-ancestor", commit, f"v{number}"]
    released = subprocess.run(inside, cwd=root, capture_output=True, check=False).returncode == 0
    return number if released or commit == "unknown" else f"{number}+{commit[:12]}{commit[40:].replace('-', '.')}"


def source(root: Path = ROOT) -> str:
    """The page of the repository that this one was cloned from, without a log-in; empty where it has none."""
    return page_of(_git(root, "config", "--get", "remote.origin.url"))


def page_of(remote: str) -> str:
    """The page of a repository, by the address that git uses; empty for one on this machine."""
    if found := re.fullmatch(r"(?:ssh://)?[\w.-]+@([\w.-]+)(?::\d+)?[:/](.+?)(?:\.git)?/?", remote):
        return f"https://{found[1]}/{found[2]}"
    address = urlsplit(remote)
    if address.scheme not in ("http", "https") or not address.hostname:
        return ""
    port = f":{address.port}" if address.port else ""
    return f"{address.scheme}://{address.hostname}{port}{address.path.rstrip('/').removesuffix('.git')}"


def _last_change(root: Path) -> tuple[str, str]:
    """The last commit that changed what images are built from, and its time in UTC."""
    words = ("log", "-1", "--date=format-local:%Y-%m-%dT%H:%M:%SZ", "--format=%H %cd")
    commit, _, time = _git(root, *words, "--", *BUILT_FROM).partition(" ")
    return commit, time


def _git(root: Path, *words: str) -> str:
    done = subprocess.run(
        ["git", *words], cwd=root, capture_output=True, text=True, check=False, env={**os.environ, "TZ": "UTC"}
    )
    return done.stdout.strip()
