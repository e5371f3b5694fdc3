"""What must be so before a machine takes part: each check gives what is wrong and what to type, or nothing.

`must_…` asks engine, files and head, and ends the program.
"""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Mapping
from pathlib import Path

from checkout.compose import docker
from checkout.ending import CONFIGURATION, NOT_PERMITTED, UNAVAILABLE, refuse
from checkout.labels import revision as revision_here
from checkout.settings import ELSEWHERE, HOME, ROOT, project, read, same_directory
from machine.values import judge_values

from cluster.ask_head import REFUSED, SEEN
from cluster.broker_users import queues
from cluster.head import images_here, is_ours
from cluster.inside import IMAGES, LOAD, ask_head, save
from cluster.machine_file import head, version

FARTHEST = 5.0
"""Seconds between two clocks: a signature is good for 30, and a task's day is taken from a clock."""
PORT = 8080
_SERVICE = "com.docker.compose.service=airflow-scheduler"
_AGAIN = "on the head: make token NAME={machine} ADDRESS={address}; then here: make worker NEW=1"


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
    state = ", ".join(f"{name} {'is another one' if name in here else 'is not here'}" for name in other)
    return (
        f"images: must be the head's own, but {state}; type on the head: make up, then {save(other)}; and here: {LOAD}"
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


def as_started(machine: str, config: subprocess.CompletedProcess[str]) -> tuple[str, ...]:
    """The queues that this machine's worker takes from; ends this program with what in its file nothing works by.

    :param config: what compose makes of .env and machines/NAME.env: it knows quotes, comments and which of two wins
    """
    file = f"machines/{machine}.env"
    if config.returncode:
        refuse(CONFIGURATION, f"{file}, or .env: cannot be read: {config.stderr.strip()}")
    worker = json.loads(config.stdout)["services"]["airflow-worker"]
    words = worker["command"]
    wanted, places = (words[words.index(option) + 1] for option in ("--queues", "--concurrency"))
    taken = tuple(wanted.split(","))
    values = {name: worker["environment"][name] for name in ("MICROSTEP_STEP_MEMORY", "MICROSTEP_STEP_CPUS")}
    cpus = docker("info", "--format={{.NCPU}}", check=False).stdout.strip()
    wrong = [
        asked_queues(machine, taken),
        *(
            f"{found.subject}: {found.state}; an editor: {file} (or .env)"
            for found in judge_values(values, frozenset(), frozenset(), int(cpus) if cpus.isdecimal() else 0)
            if found.subject in values
        ),
    ]
    if not re.fullmatch("[1-9][0-9]{0,2}", places):
        wrong.append(f"MICROSTEP_CONCURRENCY: must be a whole number from 1 to 999, got {places!r}; an editor: {file}")
    if found := [word for word in wrong if word]:
        refuse(CONFIGURATION, "\n".join(found))
    return taken


def must_be_no_head() -> None:
    """End this program where the stack's head is."""
    label = f"label=com.docker.compose.project={project()}"
    if docker("ps", "--all", "--quiet", f"--filter={label}", f"--filter=label={_SERVICE}").stdout.strip():
        refuse(
            CONFIGURATION, f"the head of {project()} is on this engine, and works by itself; type make worker elsewhere"
        )


def must_be_this_checkout() -> None:
    """End this program where .env leads steps to another place: it is one file for all, written on the head."""
    settings = read()
    if settings[HOME] and settings[ELSEWHERE] != "true" and not same_directory(settings[HOME]):
        refuse(
            CONFIGURATION,
            f"{HOME}: is {settings[HOME]}, but this checkout is {ROOT}; the file system that machines share must be"
            " mounted at the same path on each of them: mount it there, and type make worker there",
        )


def must_be_free(address: str) -> None:
    """End this program where the address is not this machine's."""
    if read()[ELSEWHERE] == "true":
        return  # the engine's machine cannot be asked
    if not is_ours(address):
        refuse(
            CONFIGURATION,
            f"ADDRESS: must be one of this machine's, but {address} is not; on the head: make token with the"
            " right ADDRESS; then here: make worker NEW=1",
        )


def must_fit(own: Mapping[str, str]) -> str:
    """The head's version, and this machine's; ends this program with all that is wrong and can be seen here."""
    mark = ROOT / "data" / ".machines" / own["machine"]
    stack, seen = map(_text, (ROOT / "data/.stack", mark))
    here, fits, told = images_here(), version(), head()
    wrong = [
        directory(own, stack, seen, str(ROOT)),
        revision(told.get("revision", "unknown"), revision_here()),
        images(told.get("images", {}), here, project()),
    ]
    if found := [words for words in wrong if words]:
        refuse(CONFIGURATION, "\n".join(found))
    return fits


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        return ""
    except OSError as error:
        refuse(NOT_PERMITTED, f"{file}: cannot be read: {error.strerror}; type make worker as a user who may")


def must_reach_the_head(own: Mapping[str, str], address: str, sign: str) -> None:
    """End this program unless the head answers, takes this machine's certificate, has its time and sees its files.

    :param sign: the name of a file that this machine has just written
    """
    done = docker(*ask_head(address, PORT, sign), check=False)
    if done.returncode == REFUSED:
        again = _AGAIN.format(**own)
        refuse(
            NOT_PERMITTED,
            f"the head at {address} and this machine do not take each other: {done.stderr.strip()}; {again}",
        )
    if done.returncode:
        refuse(
            UNAVAILABLE,
            f"the head does not answer at {address}:{PORT}: {done.stderr.strip()}; is it up, and is that port open"
            " from here? on the head: make up",
        )
    ahead, seen = done.stdout.split()
    wrong = [clock(float(ahead))]
    if seen != SEEN:
        wrong.append(
            f"the checkout: must be the same directory on every machine, but the head does not see what is written into"
            f" {ROOT}/machines here: a copy is not enough; mount the file system that the head has at {ROOT} at the"
            " same path here"
        )
    if found := [words for words in wrong if words]:
        refuse(CONFIGURATION, "\n".join(found))
