"""On a machine that is not the head, in the same directory: take part, with a token the first time; or end that."""

from __future__ import annotations

import argparse
import getpass
import json
import os
import subprocess
import sys
from functools import partial

from archives.archive import create_volume
from checkout.compose import docker, own_steps
from checkout.ending import CONFIGURATION, USAGE, end_tidily_when_asked_to, refuse
from checkout.settings import CLUSTER, FILES, ROOT, cluster, environment, project
from make_secrets import STEPS

from cluster.accept import ANOTHERS
from cluster.checks import (
    as_started,
    must_be_free,
    must_be_no_head,
    must_be_this_checkout,
    must_fit,
    must_reach_the_head,
)
from cluster.inside import LOAD, accept, image, save
from cluster.machine_file import FITS, OWN, path_of, put, sign, take_away, version
from cluster.token import Token, decode

WAIT_SECONDS = "300"


def compose(
    *words: str, machine: str, head_address: str = "", fits: str = "", read: bool = False
) -> subprocess.CompletedProcess[str]:
    """`docker compose …` with the files of a worker's machine.

    :param head_address: where .env has none any more, as when the head is one machine again
    :param fits: the version of the head that is started here; the file says the one of what runs
    :param read: what it prints is for this program, not for a person
    """
    files = [f"--env-file={name}" for name in (".env", str(path_of(machine)))]
    # the machine's own file says those: a shell's would win against it
    variables = {name: text for name, text in environment().items() if name not in (FILES, *OWN)}
    if head_address and not cluster():
        variables[CLUSTER] = head_address
    if fits:
        variables[FITS] = fits
    command = ["docker", "compose", "--file=docker-compose.worker.yml", *files, *words]
    return subprocess.run(command, cwd=ROOT, env=variables, check=False, text=True, capture_output=read)


def identity() -> dict[str, str]:
    """Whose machine this is, as the token said; empty before the first. Ends this program where the image lacks."""
    there = docker("volume", "ls", "--quiet", f"--filter=name=^{project()}_secrets$").stdout.strip()
    if not there:
        return {}
    if docker("image", "inspect", name := image("airflow"), check=False).returncode:
        refuse(
            CONFIGURATION,
            f"{name}: is the head's image, and not here; type on the head: {save([name])} and here: {LOAD}",
        )
    own: dict[str, str] = json.loads(docker(*accept("show")).stdout)
    if home := own.get(ANOTHERS):
        refuse(
            CONFIGURATION,
            f"the volumes of {project()} on this engine are those of a stack that was up here, in {home}, with its"
            " databases: a machine's secrets would be written over its own. To keep it, take part with another engine;"
            f" to throw it away, in {home}: docker compose down --volumes --remove-orphans",
        )
    return own


def token_of_a_person() -> tuple[str, Token]:
    """Read from standard input; nobody sees it being typed. Ends this program when it is none."""
    if sys.stdin.isatty():
        line = getpass.getpass("token (from make token on the head; it is not shown): ")
    else:
        line = sys.stdin.readline()
    try:
        return line, decode(line)
    except ValueError as error:
        refuse(USAGE, str(error))


def end_all_parts() -> None:
    """Have no part of this stack here: what runs has read the secrets of an earlier token, perhaps of another name."""
    label = "--filter=label=com.docker.compose"
    # the second: a step's container has the project's label, too, from its image, and the worker takes it up again
    ours = (f"{label}.project={project()}", f"{label}.oneoff=False")
    if there := docker("ps", "--all", "--quiet", *ours).stdout.split():
        docker("stop", *there, check=False)
        docker("rm", "--force", *there)


def leave(own: dict[str, str]) -> int:
    """End the steps of this engine and all parts; volumes and the token stay."""
    machine = own.get("machine", "")
    if not machine:
        refuse(USAGE, "this machine has no token, so there is nothing to end")
    if not path_of(machine).exists():
        put(machine, own["address"], version())
    if not (code := compose("stop", machine=machine, head_address=own["head"]).returncode):
        if steps := own_steps(at_work=False):
            docker("rm", "--force", *steps, check=False)
        code = compose("down", "--remove-orphans", machine=machine, head_address=own["head"]).returncode
    if code:
        print(f"{machine} still takes part: compose has said why; then again: make worker DOWN=1", file=sys.stderr)
        return code
    take_away(machine)
    return 0


def join(args: argparse.Namespace) -> int:
    """Take part, or start again."""
    must_be_no_head()
    address = cluster()
    if not address or (args.head or address) != address:
        refuse(
            CONFIGURATION,
            f"{CLUSTER}: must be the head's address{f', {args.head}' if args.head else ''}, but .env in {ROOT} has"
            f" {address or 'none'}; .env is the same file on every machine: is the head's directory mounted here?",
        )
    must_be_this_checkout()
    before, line = identity(), ""
    own = before
    if args.new or not own:
        line, token = token_of_a_person()
        own = {name: getattr(token, name) for name in ("machine", "address", "head", "stack", "mark")}
    for option, name in (("NAME", "machine"), ("ADDRESS", "address")):
        if (typed := getattr(args, option.lower())) and typed != own[name]:
            refuse(
                USAGE,
                f"{option}: is {typed}, but the token is that of {own['machine']} at {own['address']}; leave it out",
            )
    must_be_free(own["address"])
    fits = must_fit(own)
    with sign(own["machine"]) as seen:
        if line:
            take(line, before, own)
        must_reach_the_head(own, address, seen)
    file, start = put(own["machine"], own["address"]), partial(compose, machine=own["machine"], fits=fits)
    queues = as_started(own["machine"], start("config", "--format=json", read=True))
    if code := start("up", "--detach", "--wait", f"--wait-timeout={WAIT_SECONDS}").returncode:
        show = f"docker compose --file docker-compose.worker.yml --env-file .env --env-file machines/{file.name}"
        print(f"not all parts are healthy; type: {show} ps --all, then the same with logs PART", file=sys.stderr)
        return code
    put(own["machine"], own["address"], fits)
    print(f"{own['machine']} takes tasks from {', '.join(queues)}; its settings: machines/{file.name}")
    return 0


def take(line: str, before: dict[str, str], own: dict[str, str]) -> None:
    """Put a new token's secrets where this machine's parts read them."""
    for name in ("secrets", "worker", *(f"registry-{step}" for step in STEPS)):
        create_volume(name)
    # before the new secrets are there: whatever stops this program later, the next `make worker` makes all anew
    end_all_parts()
    if before and before["machine"] != own["machine"]:
        take_away(before["machine"])  # nobody waits for who has another name by now
    docker(*accept(), input=line)


def main() -> int:
    """Returns the exit code of compose, or ends with what is wrong."""
    end_tidily_when_asked_to()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--head", default="", help="the head's address; must be the one in .env")
    parser.add_argument("--name", default="", help="this machine's name; must be the one in its token")
    parser.add_argument("--address", default="", help="this machine's address; must be the one in its token")
    parser.add_argument("--new", action="store_true", help="ask for a new token although there is one")
    parser.add_argument("--down", action="store_true", help="stop taking part; volumes and the token are kept")
    args = parser.parse_args()
    os.umask(0o022)
    return leave(identity()) if args.down else join(args)


if __name__ == "__main__":
    sys.exit(main())
