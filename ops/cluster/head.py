"""What `make up` does besides on the head of several machines."""

from __future__ import annotations

import json
import socket
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from checkout.compose import docker
from checkout.ending import CONFIGURATION, refuse
from checkout.settings import CLUSTER

from cluster.inside import IMAGES, LOAD, image, save
from cluster.machine_file import describe_head, others_version
from cluster.names import good_address

SETTINGS = (
    *("User", "ExposedPorts", "Env", "Entrypoint", "Cmd", "Volumes", "WorkingDir"),
    *("StopSignal", "Healthcheck", "Shell"),
)
"""Those of an image that are about what it runs; the others are the builder's own.

Labels as well: a release, fetched tags or another remote change them, and no machine has to be given that.
"""


def must_be_here(address: str, *, elsewhere: bool) -> None:
    """End this program on a machine that is not the head: the checkout is the same directory on all of them."""
    try:
        good_address(address, CLUSTER)
    except ValueError as error:
        refuse(CONFIGURATION, f"{error}; an editor: .env")
    if not elsewhere and not is_ours(address):
        refuse(
            CONFIGURATION,
            f"{CLUSTER}: must be an address of this machine, but {address} is not; on another machine of that head's"
            " stack type: make worker (to have one machine alone, take the line out of .env)",
        )


def is_ours(address: str) -> bool:
    """Whether this machine has an address: to its own one it would talk from that one, and nothing is sent.

    To listen there says less: a kernel may be told to allow that for any address (`ip_nonlocal_bind`, for keepalived).
    """
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect((address, 9))
        except OSError:
            return False
        return str(probe.getsockname()[0]) == address


def images_here() -> dict[str, str]:
    """What is in each image that a machine needs and this engine has, as a hash."""
    found = {}
    for name in map(image, IMAGES):
        done = docker("image", "inspect", name, check=False)
        if done.returncode == 0:
            found[name] = _identity(json.loads(done.stdout)[0])
    return found


def _identity(described: Mapping[str, Any]) -> str:
    """Of layers and settings: the id is the configuration's in one store of an engine, the manifest's in another."""
    # an older engine tells of those that are empty, a newer one leaves them out
    config = {name: value for name, value in described["Config"].items() if name in SETTINGS and value}
    text = json.dumps([described["RootFS"]["Layers"], config], sort_keys=True)
    return f"sha256:{sha256(text.encode()).hexdigest()}"


def tell_the_others(revision: str) -> None:
    """Write down what this head is about to run: from its first task on, a machine with something else starts none."""
    describe_head(revision, images_here())


def name_the_others() -> None:
    """Tell a person which machines have something else."""
    for name in others_version():
        print(f"{name} starts no step until it has this version; here: {save()}; there: {LOAD}, make worker")
