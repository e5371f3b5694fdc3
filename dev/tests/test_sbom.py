import json
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
import sbom
from checkout.steps import steps
from sbom import Package, advisories, bill, is_affected

ROOT = Path(__file__).parents[2]


def spans(*events):
    return {"ranges": [{"type": "ECOSYSTEM", "events": list(events)}]}


@pytest.mark.parametrize(
    ("version", "affected", "expected"),
    [
        ("1.2", {"versions": ["1.2"]}, True),
        ("1.2", spans({"introduced": "0"}, {"fixed": "1.3"}), True),
        ("1.3", spans({"introduced": "0"}, {"fixed": "1.3"}), False),
        ("1.10", spans({"introduced": "1.9"}, {"last_affected": "1.10"}), True),
        ("1.11", spans({"introduced": "1.9"}, {"last_affected": "1.10"}), False),
        ("2.1", spans({"introduced": "0"}, {"fixed": "1.3"}, {"introduced": "2.0"}, {"fixed": "2.2"}), True),
        ("odd!", spans({"introduced": "0"}), False),
        ("1.0", {"ranges": [{"type": "GIT", "events": [{"introduced": "0"}]}]}, False),
    ],
)
def test_a_version_is_affected_as_osv_says(version, affected, expected):
    assert is_affected(version, affected) == expected


def test_a_stored_archive_finds_the_package_by_its_normal_name_and_passes_over_the_withdrawn(tmp_path):
    known = {"affected": [{"package": {"ecosystem": "PyPI", "name": "Foo_Bar"}, "versions": ["1.0"]}]}
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        archive.writestr("A.json", json.dumps({"id": "A", "summary": "bad", **known}))
        archive.writestr("B.json", json.dumps({"id": "B", "withdrawn": "2026-01-01T00:00:00Z", **known}))
    packages = {("foo-bar", "1.0"), ("other", "1.0")}
    assert list(advisories(tmp_path / "all.zip", packages)) == [("foo-bar", "1.0", "A", "bad")]


def test_the_list_of_an_image_is_cyclonedx_with_a_purl_for_each_package():
    document = json.loads(bill("train", [Package("pypi", "Foo_Bar", "1.0", "MIT"), Package("deb", "bash", "5.2", "x")]))
    assert document["bomFormat"] == "CycloneDX"
    assert document["metadata"]["component"]["name"] == "microstep-train"
    assert sorted(component["purl"] for component in document["components"]) == [
        "pkg:deb/debian/bash@5.2",
        "pkg:pypi/foo-bar@1.0",
    ]


def test_an_image_without_python_is_listed_by_its_debian_packages(monkeypatch):
    asked = []

    def inside(image, program, *_):
        asked.append((image, program))
        return "nginx 1.26\nlibc6 2.41\n" if program == "dpkg-query" else '[["pypi", "Numpy", "2.0", "BSD"]]'

    monkeypatch.setattr(sbom, "inside", inside)
    assert [package.name for package in sbom.contents("pages")] == ["libc6", "nginx"]
    assert [package.name for package in sbom.contents("train")] == ["libc6", "nginx", "Numpy"]
    assert asked == [("pages", "dpkg-query"), ("train", "dpkg-query"), ("train", "python")]


def test_entry_points_of_ours_are_no_package():
    """Those by which MLflow finds its guard: they have neither name nor version."""
    assert list((ROOT / "infra/mlflow").glob("*.dist-info"))
    command = [sys.executable, "-W", "ignore", "-c", sbom.LOOK]
    done = subprocess.run(
        command, env={"PYTHONPATH": str(ROOT / "infra/mlflow")}, check=True, capture_output=True, text=True
    )
    names = [name for _, name, _, _ in json.loads(done.stdout)]
    assert "pytest" in names
    assert None not in names


def test_every_image_of_the_stack_is_listed():
    texts = "".join(file.read_text() for file in ROOT.glob("docker-compose*.yml"))
    composed = set(re.findall(r"image: \$\{COMPOSE_PROJECT_NAME\}-([a-z-]+)", texts))
    assert composed <= set(sbom.IMAGES)
    assert set(sbom.IMAGES) - composed <= {*steps()} | {"airflow"}
