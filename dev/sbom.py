"""What is in each image: a CycloneDX list per image, the licences, and what is known to be vulnerable in it.

The advisories are OSV's for PyPI, from a stored archive that MICROSTEP_OSV names (all.zip of the ecosystem PyPI): this
program asks nobody. Without one it says that nothing was checked. Debian's packages are listed, not checked.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import zipfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.model.license import DisjunctiveLicense
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

sys.path.append(str(Path(__file__).resolve().parents[1] / "ops"))
from checkout.steps import steps

IMAGES = ("airflow", "mlflow", "pages", "gateway", "socket-proxy", *steps())
WITHOUT_PYTHON = ("pages", "gateway")
# runs inside the image, with nothing but the standard library
LOOK = """
import importlib.metadata as m, json
def licence(d):
    classes = [c.split("::")[-1].strip() for c in d.get_all("Classifier") or () if c.startswith("License ::")]
    lines = (d.get("License") or "").splitlines()
    return d.get("License-Expression") or (classes or lines or ["not declared"])[0]
# what has no name is no package: MLflow's image has entry points of ours, in a folder of their own
named = [d for d in m.distributions() if d.metadata and d.metadata["Name"]]
print(json.dumps([["pypi", d.metadata["Name"], d.version, licence(d.metadata)] for d in named]))
"""


@dataclass(frozen=True)
class Package:
    """Something installed in an image."""

    kind: str
    """`pypi` or `deb`."""
    name: str
    version: str
    licence: str


def contents(image: str, tag: str = "") -> list[Package]:
    """The packages of an image, without two of the same; `tag`: of a release, else what was built last."""
    name = f"{image}:{tag}" if tag else image
    debian = inside(name, "dpkg-query", "-W", "-f", "${Package} ${Version}\\n").splitlines()
    found = {Package("deb", name, version, "see /usr/share/doc") for name, version in map(str.split, debian)}
    if image not in WITHOUT_PYTHON:
        found |= {Package(*package) for package in json.loads(inside(name, "python", "-c", LOOK))}
    return sorted(found, key=lambda package: (package.kind, package.name.lower()))


def inside(image: str, program: str, *arguments: str) -> str:
    """What a program of an image prints."""
    command = ["docker", "run", "--rm", "--network=none", f"--entrypoint={program}", f"microstep-{image}", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def bill(image: str, packages: list[Package], version: str | None = None) -> str:
    """The image's packages as CycloneDX 1.6 JSON."""
    bom = Bom()
    root = Component(
        name=f"microstep-{image}", type=ComponentType.CONTAINER, bom_ref=f"microstep-{image}", version=version
    )
    bom.metadata.component = root
    for package in packages:
        purl = PackageURL("deb", "debian", package.name, package.version)
        if package.kind == "pypi":
            purl = PackageURL("pypi", None, canonicalize_name(package.name), package.version)
        licences = [DisjunctiveLicense(name=package.licence)] if package.kind == "pypi" else []
        component = Component(
            name=package.name, version=package.version, purl=purl, licenses=licences, bom_ref=str(purl)
        )
        bom.components.add(component)
        bom.register_dependency(root, [component])
    return str(JsonV1Dot6(bom).output_as_string(indent=1))


def advisories(archive: Path, packages: set[tuple[str, str]]) -> Iterator[tuple[str, str, str, str]]:
    """(package, version, advisory, summary) of each of the packages that OSV's archive knows to be vulnerable."""
    with zipfile.ZipFile(archive) as stored:
        for entry in stored.namelist():
            advisory = json.loads(stored.read(entry))
            if advisory.get("withdrawn"):
                continue
            for affected in advisory.get("affected", ()):
                package = affected.get("package", {})
                if package.get("ecosystem") != "PyPI":
                    continue
                for name, version in packages:
                    if canonicalize_name(package["name"]) == name and is_affected(version, affected):
                        yield name, version, advisory["id"], advisory.get("summary", "")


def is_affected(version: str, affected: dict) -> bool:  # type: ignore[type-arg]  # as JSON has it
    """Whether OSV means a version: by its list, or between `introduced` and `fixed` or `last_affected`."""
    if version in affected.get("versions", ()):
        return True
    try:
        installed = Version(version)
        for span in affected.get("ranges", ()):
            if span.get("type") != "ECOSYSTEM":
                continue
            inside = False
            for event in span["events"]:
                if "introduced" in event and installed >= Version(event["introduced"]):
                    inside = True
                if "fixed" in event and installed >= Version(event["fixed"]):
                    inside = False
                if "last_affected" in event and installed > Version(event["last_affected"]):
                    inside = False
            if inside:
                return True
    except InvalidVersion:
        return False
    return False


def main() -> int:
    """Write the lists; 1 when something is known to be vulnerable."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=Path, default=Path("sbom"), help="where the lists go")
    parser.add_argument("--tag", default="", help="of the images of a release (default: those that were built last)")
    args = parser.parse_args()
    folder = args.folder
    folder.mkdir(parents=True, exist_ok=True)
    licences: Counter[str] = Counter()
    installed: set[tuple[str, str]] = set()
    for image in IMAGES:
        packages = contents(image, args.tag)
        listed = bill(image, packages, args.tag or None)
        (folder / f"{image}.cdx.json").write_text(f"{listed}\n", encoding="utf-8")
        python = [package for package in packages if package.kind == "pypi"]
        installed |= {(canonicalize_name(package.name), package.version) for package in python}
        licences.update(package.licence for package in python)
        print(f"microstep-{image:14} {len(python):4} Python packages, {len(packages) - len(python):4} of Debian")
    print("\nlicences of the Python packages, by how many images have one:")
    for licence, count in licences.most_common():
        print(f"{count:5}  {licence[:80]}")
    archive = os.environ.get("MICROSTEP_OSV")
    if not archive:
        print(f"\nvulnerabilities: not checked, {len(installed)} packages; set MICROSTEP_OSV to OSV's all.zip for PyPI")
        return 0
    known = sorted(set(advisories(Path(archive), installed)))
    for name, version, advisory, summary in known:
        print(f"{name} {version}: {advisory} {summary}")
    print(f"\nvulnerabilities: {len(known)} known in {len(installed)} packages, by {archive}")
    return 1 if known else 0


if __name__ == "__main__":
    sys.exit(main())
