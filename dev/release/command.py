"""Make a release: shown first, done after a yes, on this machine alone. Nothing is pushed.

The commit with version and changelog, the images with their labels, a list of what is in each, and last the tag: what
has the tag is whole. One that is killed before is gone on with by the same command.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

from checkout.compose import docker
from checkout.ending import CONFIGURATION, UNAVAILABLE, USAGE, end_tidily_when_asked_to, refuse
from checkout.labels import labels
from checkout.one_at_a_time import one_at_a_time
from checkout.settings import ROOT, environment

from release.records import git
from release.state import WRITTEN, Plan, must_still_be, new_texts, plan, staged, subject

FOLDER = "releases"
PROJECT = "microstep"
BUILDING = "microstep-release"
COMPOSE = ("docker", "compose", "--file", "docker-compose.yml", "--file", "docker-compose.celery.yml")


def needed() -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The suites that must have passed, and those that take hours and are run when asked for."""
    listed = subprocess.run([ROOT / "dev" / "test", "--list"], capture_output=True, text=True, check=True).stdout
    suites = [line.split("\t") for line in listed.splitlines()]
    return tuple(name for name, long in suites if not long), tuple(name for name, long in suites if long)


def shown(release: Plan, long: tuple[str, ...]) -> str:
    """What will be done."""
    others = ", ".join(f"{name}: {release.checks.get(name, 'not run')}" for name in long)
    passed = sum(word == "passed" for word in release.checks.values())
    commit = "is there" if release.committed else f"{' and '.join(WRITTEN)}, {len(release.entries)} entries"
    return f"""Release {release.version} (the last one: {release.before or "none"})
  checks   {passed} passed on this state; asked for by name only: {others or "none"}
  commit   "{subject(release.version)}": {commit}
  images   {PROJECT}-*:{release.version}, with labels
  lists    {FOLDER}/{release.version}/: images.json, and what is in each image (CycloneDX)
  tag      v{release.version}, on this machine; nothing is pushed"""


def commit(release: Plan, root: Path = ROOT) -> str:
    """Write version and changelog, and commit them on what was looked at; the id of the commit."""
    must_still_be(release.head, root)
    day = datetime.now(UTC).date().isoformat()
    for name, text in new_texts(release.version, release.before, day, root).items():
        new = staged(name, root)
        new.write_text(text)
        os.replace(new, root / name)
    subprocess.run(
        ["git", "commit", "--quiet", "--message", subject(release.version), "--", *WRITTEN], cwd=root, check=True
    )
    made, below = git(root, "rev-parse", "HEAD", "HEAD^").split()
    if below != release.head:
        raise ValueError(
            f"the release's commit must be on {release.head[:12]}, which was checked, but {below[:12]} came between; no"
            " tag was made; type: git reset --keep HEAD^, make test, and type it again"
        )
    return made


def make(release: Plan, root: Path = ROOT) -> None:
    """The commit, the images with their lists, and a tag of that commit."""
    made = release.head if release.committed else commit(release, root)
    build(release.version, root)
    must_still_be(made, root)
    message = [f"--message=Microstep {release.version}", "--message=" + "\n".join(release.entries)]
    subprocess.run(["git", "tag", "--annotate", *message, f"v{release.version}", made], cwd=root, check=True)


def build(version: str, root: Path = ROOT) -> None:
    """Build every image with its labels, and list them with what is in them.

    Under a name that no stack has: what one of this machine runs on stays what it is.
    """
    variables = {**environment(), **labels(root), "MICROSTEP_VERSION": version, "COMPOSE_PROJECT_NAME": BUILDING}
    variables["MICROSTEP_CLUSTER_ADDRESS"] = "0.0.0.0"  # noqa: S104 - nothing is started: the gateway is built, too
    subprocess.run([*COMPOSE, "build"], cwd=root, env=variables, check=True)
    asked = [*COMPOSE, "config", "--format", "json"]
    composed = subprocess.run(asked, cwd=root, env=variables, capture_output=True, text=True, check=True).stdout
    built = sorted({part["image"] for part in json.loads(composed)["services"].values() if "build" in part})
    folder = root / FOLDER / version
    folder.mkdir(parents=True, exist_ok=True)
    images = {}
    for image in built:
        name = f"{PROJECT}{image.removeprefix(BUILDING)}:{version}"
        for words in (("tag", image, name), ("rmi", image)):
            subprocess.run(["docker", *words], check=True, capture_output=True)
        about = json.loads(docker("image", "inspect", name).stdout)[0]
        images[name] = {"id": about["Id"], "labels": about["Config"]["Labels"]}
    (folder / "images.json").write_text(json.dumps(images, indent=1) + "\n")
    subprocess.run([sys.executable, root / "dev" / "sbom.py", folder, f"--tag={version}"], cwd=root, check=True)


def main() -> int:
    """Show, ask, do."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--version", required=True, dest="number")
    parser.add_argument("--yes", action="store_true")
    args = parser.parse_args()
    end_tidily_when_asked_to()
    with one_at_a_time():
        must, long = needed()
        try:
            release = plan(args.number, ROOT, needed=must)
        except ValueError as error:
            refuse(USAGE if str(error).startswith("VERSION") else CONFIGURATION, str(error))
        print(shown(release, long), flush=True)
        if not args.yes and not agreed(args.number):
            print("nothing was done")
            return 0
        try:
            make(release)
        except ValueError as error:
            refuse(UNAVAILABLE, str(error))
        except subprocess.CalledProcessError as error:
            words = " ".join(map(str, error.cmd[:3]))
            refuse(UNAVAILABLE, f"{words} … ended with {error.returncode}; {way_out(args.number)}")
    branch = git(ROOT, "branch", "--show-current") or "main"
    print(f"v{args.number} is there. To publish it: git push --follow-tags origin {branch}")
    print(f"To take it back: git tag --delete v{args.number} && git reset --keep HEAD^")
    return 0


def way_out(version: str, root: Path = ROOT) -> str:
    """What to do when something failed."""
    if git(root, "log", "-1", "--format=%s") != subject(version):
        return "mend it, then type it again"
    return (
        "mend it, then type it again: it goes on from there. Where a file of the repository is to be mended, first git"
        " reset --keep HEAD^, then mend and commit it, make test, and type it again"
    )


def agreed(version: str) -> bool:
    """Ask a person; ends this program when there is none."""
    try:
        return input("do it? [y/N] ").strip().lower() == "y"
    except EOFError:
        print()
        refuse(USAGE, f"nobody is there to answer, nothing was done; type: make release VERSION={version} YES=1")


if __name__ == "__main__":
    sys.exit(main())
