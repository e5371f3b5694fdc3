"""The new step's image, built as compose says and run on the real engine; left out with its reason where there is none."""

import json
import os
import shutil
import subprocess

import pytest
from checkout.steps import FIVE
from conformance.images import OWNER, give_to_owner, missing
from conftest import NAME

PROJECT, DAY = "microstepgrowth", "2026-01-05"
LABELS = {
    "MICROSTEP_REVISION": "0" * 40,
    "MICROSTEP_VERSION": "1.2.0",
    "MICROSTEP_CREATED": "2026-01-01T00:00:00Z",
    "MICROSTEP_SOURCE": "https://git.example/microstep",
}


def lacks():
    """Why nothing can be built and run here."""
    if shutil.which("docker") is None:
        return "no docker command: make docker"
    if subprocess.run(["docker", "info"], capture_output=True, check=False).returncode != 0:
        return "no Docker engine answers: make docker"
    return ""


def leave_out(reason):
    (pytest.fail if os.environ.get("MICROSTEP_TEST_ALL") == "1" else pytest.skip)(reason)


@pytest.fixture(scope="module")
def image(grown):
    """The checkout with the step's image built."""
    if reason := lacks():
        leave_out(reason)
    (grown.root / ".env").write_text(f"MICROSTEP_PROJECT={PROJECT}\nMICROSTEP_USER={OWNER[0]}:{OWNER[1]}\n")
    try:
        grown.type("docker", "compose", "build", "--quiet", NAME, **LABELS)
        yield grown
    finally:
        # `run` has made the stack's networks and volumes
        grown.type("docker", "compose", "down", "--volumes")
        subprocess.run(["docker", "rmi", "--force", f"{PROJECT}-{NAME}"], capture_output=True, check=False)
        (grown.root / ".env").unlink()  # the checkout is other tests', too


def test_it_does_a_day_and_finds_it_up_to_date_afterwards(image):
    root, data = image.root, image.root / "data"
    for step, path in (("generate", "libs/contract:libs/analysis"), ("preprocess", "libs/contract")):
        options = ("--day", DAY, "--data-root", "data", "--config", "pipeline.toml")
        image.python(step, "-m", step, *options, PYTHONPATH=f"{path}:services/{step}")
    give_to_owner(data)
    (root / "pipeline.toml").chmod(0o644)
    run = ("docker", "compose", "run", "--rm", NAME, "--day", DAY)
    said = image.type(*run)
    made, made_from = (
        json.loads((data / place / DAY / "manifest.json").read_text()) for place in (f"derived/{NAME}", "processed")
    )
    assert f"derived/{NAME}/{DAY}: {made['counts']['rows_out']:,} rows" in said
    assert made["step"] == NAME
    assert made["counts"]["rows_out"] == made_from["counts"]["rows_out"] > 1900
    assert [source["path"] for source in made["inputs"]] == [f"processed/{DAY}"]
    assert f"derived/{NAME}/{DAY}: up to date" in image.type(*run)


def test_it_says_which_version_of_what_it_is(image):
    asked = ("docker", "image", "inspect", "--format", "{{json .Config.Labels}}", f"{PROJECT}-{NAME}")
    labels = {
        name.rpartition("image.")[2]: value
        for name, value in json.loads(image.type(*asked)).items()
        if name.startswith("org.opencontainers.")
    }
    assert labels == {
        "title": f"microstep-{NAME}",
        "revision": "0" * 40,
        "version": "1.2.0",
        "created": "2026-01-01T00:00:00Z",
        "source": "https://git.example/microstep",
        "licenses": "Apache-2.0",
    }


def test_it_passes_the_conformance_suite(image):
    """With the images of generate and preprocess as they are on this machine, which make what it reads."""
    if any(map(missing, FIVE[:2])):
        leave_out("the images of generate and preprocess are not built: make build")
    image.type("docker", "tag", f"{PROJECT}-{NAME}", f"microstep-{NAME}")
    try:
        said = image.python("dev", "-m", "pytest", "-q", "tests/conformance", "-k", f"{NAME}] or {NAME}-")
        assert " failed" not in said
        assert int(said.split(" passed")[0].split()[-1]) >= 30
    finally:
        subprocess.run(["docker", "rmi", "--force", f"microstep-{NAME}"], capture_output=True, check=False)
