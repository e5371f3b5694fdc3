"""What must be so before a machine takes part: each check gives what is wrong and what to type, or nothing."""

from __future__ import annotations

from collections.abc import Mapping
from shlex import quote

from checkout.steps import steps

from cluster.broker_users import queues

FARTHEST = 5.0
"""Seconds between two clocks: a signature is good for 30, and a task's day is taken from a clock."""
IMAGES = ("airflow", "socket-proxy", "gateway", *steps())
"""Those that a machine needs."""


def clock(ahead: float) -> str:
    """By how many seconds this machine's clock is ahead of the head's."""
    if abs(ahead) <= FARTHEST:
        return ""
    way = "ahead of" if ahead > 0 else "behind"
    return (
        f"clock: must be within {FARTHEST:.0f} s of the head's, is {abs(ahead):.0f} s {way} it; have both follow a time"
        " server, say: sudo apt-get install chrony"
    )


def directory(own: Mapping[str, str], stack: str, mark: str, root: str) -> str:
    """Whether data/ is the head's own: the mark alone tells, since a restore brings it back beside a new stack id.

    :param own: what the token says
    :param stack: the id in data/.stack, as it is read here
    :param mark: what lies in data/.machines/, as it is read here
    """
    if mark == own["mark"]:
        return ""
    got = f"the stack id {stack}" if stack != own["stack"] else "not what the head wrote there for this machine"
    got = "no stack id" if not stack else got
    return (
        f"data/: must be the same directory on every machine, but {root}/data has {got}; mount the file system that the"
        f" head has at {root} at the same path here (a copy is not enough); where it is mounted, this token is an old"
        f" one: on the head make token NAME={own['machine']} ADDRESS={own['address']}, then here make worker NEW=1"
    )


def revision(head: str, here: str) -> str:
    """Whether the head runs what lies in the checkout."""
    if "unknown" in (head, here) or head == here:
        return ""
    return f"revision: the head runs {head[:12]}, this checkout is {here[:12]}; type on the head: make up"


def images(head: Mapping[str, str], here: Mapping[str, str], project: str) -> str:
    """Whether the images are the head's own: a build of the same files elsewhere is another one.

    :param head: identity by name, as the head has told; likewise `here`
    """
    if not head:
        return "machines/head.json: the head has not told what it runs; type on the head: make up"
    names = [f"{project}-{part}" for part in IMAGES]
    other = [name for name in names if here.get(name) != head.get(name)]
    if not other:
        return ""
    listed = " ".join(map(quote, other))
    state = ", ".join(f"{name} {'is another one' if name in here else 'is not here'}" for name in other)
    return (
        f"images: must be the head's own, but {state}; type on the head: make up, then docker save {listed}"
        " > machines/images.tar; and here: docker load < machines/images.tar"
    )


def asked_queues(machine: str, wanted: tuple[str, ...]) -> str:
    """Whether the broker lets a machine take from the queues of its file."""
    allowed, own = queues(machine), f"host.{machine}"
    if own in wanted and set(wanted) <= set(allowed):
        return ""
    return (
        f"MICROSTEP_QUEUES: must be some of {','.join(allowed)}, {own} among them (it is about this machine alone), got"
        f" {','.join(wanted) or 'none'}; an editor: machines/{machine}.env"
    )
