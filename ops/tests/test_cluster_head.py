"""What the head tells of its images: the same on each engine that has loaded them."""

import json
import subprocess

import pytest
from cluster import head

CLASSIC = {
    "Id": "sha256:0c",  # of the configuration
    "RootFS": {"Type": "layers", "Layers": ["sha256:1", "sha256:2"]},
    "Config": {
        "Hostname": "",
        "User": "50000:0",
        "AttachStdin": False,
        "ExposedPorts": {"8080/tcp": {}},
        "Env": ["PATH=/usr/bin"],
        "Cmd": ["airflow"],
        "Image": "sha256:03",
        "Volumes": None,
        "WorkingDir": "",
        "Entrypoint": None,
        "OnBuild": None,
        "Labels": {"org.opencontainers.image.revision": "a"},
        "ArgsEscaped": True,
    },
}
"""As an engine says it that keeps images as it always has."""
CONTAINERDS = {
    "Id": "sha256:77",  # of the manifest
    "Descriptor": {"digest": "sha256:77"},
    "RootFS": CLASSIC["RootFS"],
    "Config": {
        name: CLASSIC["Config"][name] for name in ("Cmd", "Env", "ExposedPorts", "User", "Labels", "ArgsEscaped")
    },
}
"""The same image, as a newer engine says it that keeps images in containerd's store."""


@pytest.fixture
def identity(monkeypatch):
    """What stands for an image that an engine describes so."""

    def of(described):
        def docker(*words, **more):
            said, code = (json.dumps([described]), 0) if words[-1] == "microstep-train" else ("[]\n", 1)
            return subprocess.CompletedProcess(words, code, said, "")

        monkeypatch.setattr(head, "docker", docker)
        monkeypatch.setattr(head, "image", lambda part: f"microstep-{part}")
        (one,) = head.images_here().items()
        assert one[0] == "microstep-train"
        return one[1]

    return of


def test_an_image_is_the_same_in_either_store_of_an_engine(identity):
    assert CLASSIC["Id"] != CONTAINERDS["Id"]
    assert identity(CLASSIC) == identity(CONTAINERDS)


@pytest.mark.parametrize(
    "other",
    [
        {"RootFS": {"Type": "layers", "Layers": ["sha256:1", "sha256:3"]}},
        {"RootFS": {"Type": "layers", "Layers": ["sha256:2", "sha256:1"]}},
        {"Config": {**CLASSIC["Config"], "User": "0:0"}},
        {"Config": {**CLASSIC["Config"], "Cmd": ["sh"]}},
        {"Config": {**CLASSIC["Config"], "Env": ["PATH=/usr/bin", "MICROSTEP_REVISION=b"]}},
    ],
    ids=["another file", "another order", "another user", "another command", "another revision"],
)
def test_another_image_is_another_one(identity, other):
    assert identity(CLASSIC) != identity({**CLASSIC, **other})


def test_an_image_that_only_says_another_version_is_the_same(identity):
    labels = {"org.opencontainers.image.version": "1.2.0", "org.opencontainers.image.source": "https://git.example/m"}
    assert identity(CLASSIC) == identity({**CLASSIC, "Config": {**CLASSIC["Config"], "Labels": labels}})
