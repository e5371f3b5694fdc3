"""What `make up` does besides on the head of several machines."""

from __future__ import annotations

import socket

from checkout.compose import docker
from checkout.ending import CONFIGURATION, refuse
from checkout.settings import CLUSTER

from cluster.checks import IMAGES
from cluster.inside import image
from cluster.machine_file import describe_head
from cluster.names import good_address


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
    """Whether this machine has an address."""
    with socket.socket() as probe:
        try:
            probe.bind((address, 0))
        except OSError:
            return False
    return True


def images_here() -> dict[str, str]:
    """The id of each image that a machine needs and this engine has."""
    found = {}
    for name in map(image, IMAGES):
        if identity := docker("image", "inspect", "--format={{.Id}}", name, check=False).stdout.strip():
            found[name] = identity
    return found


def tell_the_others(revision: str) -> None:
    """Write down what this head runs, where every machine reads it."""
    describe_head(revision, images_here())
