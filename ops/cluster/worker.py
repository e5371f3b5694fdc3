"""On a machine that is not the head, in the same directory: take part, with a token the first time; or end that."""

from __future__ import annotations

import argparse
import getpass
import json
import os
import subprocess
import sys

from archives.archive import create_volume
from checkout.compose import docker, own_steps
from checkout.ending import CONFIGURATION, NOT_PERMITTED, UNAVAILABLE, USAGE, end_tidily_when_asked_to, refuse
from checkout.labels import revision
from checkout.settings import CLUSTER, ELSEWHERE, FILES, ROOT, cluster, environment, project, read
from make_secrets import STEPS

from cluster import checks
from cluster.ask_head import REFUSED
from cluster.head import images_here, is_ours
from cluster.inside import accept, ask_head, image
from cluster.machine_file import head, path_of, put, queues_in, take_away
from cluster.token import Token, decode

PORT = 8080
WAIT_SECONDS = "300"
_SERVICE = "com.docker.compose.service=airflow-scheduler"
_AGAIN = "on the head: make token NAME={machine} ADDRESS={address}; then here: make worker NEW=1"


def compose(*words: str, machine: str, head_address: str = "") -> int:
    """`docker compose …` with the files of a worker's machine.

    :param head_address: where .env has none any more, as when the head is one machine again
    """
    files = [f"--env-file={name}" for name in (".env", str(path_of(machine)))]
    variables = {name: text for name, text in environment().items() if name != FILES}
    if head_address and not cluster():
        variables[CLUSTER] = head_address
    command = ["docker", "compose", "--file=docker-compose.worker.yml", *files, *words]
    return subprocess.run(command, cwd=ROOT, env=variables, check=False).returncode


def identity() -> dict[str, str]:
    """Whose machine this is, as the token said; empty before the first. Ends this program where the image lacks."""
    there = docker("volume", "ls", "--quiet", f"--filter=name=^{project()}_secrets$").stdout.strip()
    if not there:
        return {}
    if docker("image", "inspect", name := image("airflow"), check=False).returncode:
        refuse(
            CONFIGURATION,
            f"{name}: is the head's image, and not here; type on the head: docker save {name} > machines/images.tar"
            " and here: docker load < machines/images.tar",
        )
    return json.loads(docker(*accept("show")).stdout)  # type: ignore[no-any-return]


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


def must_be_free(address: str) -> None:
    """End this program where the stack's head is, or the address is not this machine's."""
    label = f"label=com.docker.compose.project={project()}"
    if docker("ps", "--all", "--quiet", f"--filter={label}", f"--filter=label={_SERVICE}").stdout.strip():
        refuse(
            CONFIGURATION, f"the head of {project()} is on this engine, and works by itself; type make worker elsewhere"
        )
    if read()[ELSEWHERE] == "true":
        return  # the engine's machine cannot be asked
    if not is_ours(address):
        refuse(
            CONFIGURATION,
            f"ADDRESS: must be one of this machine's, but {address} is not; on the head: make token with the"
            " right ADDRESS; then here: make worker NEW=1",
        )


def must_fit(own: dict[str, str]) -> None:
    """End this program with all that is wrong here and can be seen without the head."""
    mark = ROOT / "data" / ".machines" / own["machine"]
    texts = [file.read_text(encoding="utf-8").strip() if file.exists() else "" for file in (ROOT / "data/.stack", mark)]
    here = images_here()
    told = head()
    wrong = [
        checks.directory(own, texts[0], texts[1], str(ROOT)),
        checks.revision(told.get("revision", "unknown"), revision()),
        checks.images(told.get("images", {}), here, project()),
    ]
    if found := [words for words in wrong if words]:
        refuse(CONFIGURATION, "\n".join(found))


def must_reach_the_head(own: dict[str, str], address: str) -> None:
    """End this program unless the head answers, takes this machine's certificate, and has the same time."""
    done = docker(*ask_head(address, PORT), check=False)
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
    if wrong := checks.clock(float(done.stdout)):
        refuse(CONFIGURATION, wrong)


def leave(own: dict[str, str]) -> int:
    """End the steps of this engine and all parts; volumes and the token stay."""
    machine = own.get("machine", "")
    if not machine:
        refuse(USAGE, "this machine has no token, so there is nothing to end")
    if not path_of(machine).exists():
        put(machine, own["address"])
    if not (code := compose("stop", machine=machine, head_address=own["head"])):
        if steps := own_steps(at_work=False):
            docker("rm", "--force", *steps, check=False)
        code = compose("down", "--remove-orphans", machine=machine, head_address=own["head"])
    if code:
        print(f"{machine} still takes part: compose has said why; then again: make worker DOWN=1", file=sys.stderr)
        return code
    take_away(machine)
    return 0


def join(args: argparse.Namespace) -> int:
    """Take part, or start again."""
    own, line = identity(), ""
    if args.new or not own:
        line, token = token_of_a_person()
        own = {name: getattr(token, name) for name in ("machine", "address", "head", "stack", "mark")}
    for option, name in (("NAME", "machine"), ("ADDRESS", "address")):
        if (typed := getattr(args, option.lower())) and typed != own[name]:
            refuse(
                USAGE,
                f"{option}: is {typed}, but the token is that of {own['machine']} at {own['address']}; leave it out",
            )
    address = cluster()
    if not address or (args.head or address) != address:
        refuse(
            CONFIGURATION,
            f"{CLUSTER}: must be the head's address{f', {args.head}' if args.head else ''}, but .env in {ROOT} has"
            f" {address or 'none'}; .env is the same file on every machine: is the head's directory mounted here?",
        )
    must_be_free(own["address"])
    must_fit(own)
    if line:
        for name in ("secrets", "worker", *(f"registry-{step}" for step in STEPS)):
            create_volume(name)
        # before the new secrets are there: whatever stops this program later, the next `make worker` makes all anew
        end_all_parts()
        docker(*accept(), input=line)
    must_reach_the_head(own, address)
    file = put(own["machine"], own["address"])
    if wrong := checks.asked_queues(own["machine"], queues_in(file)):
        refuse(CONFIGURATION, wrong)
    if code := compose("up", "--detach", "--wait", f"--wait-timeout={WAIT_SECONDS}", machine=own["machine"]):
        show = f"docker compose --file docker-compose.worker.yml --env-file .env --env-file machines/{file.name}"
        print(f"not all parts are healthy; type: {show} ps --all, then the same with logs PART", file=sys.stderr)
        return code
    print(f"{own['machine']} takes tasks from {', '.join(queues_in(file))}; its settings: machines/{file.name}")
    return 0


def main() -> int:
    """Returns the exit code of compose, or ends with what is wrong."""
    end_tidily_when_asked_to()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--head", default="", help="its address; must be that of .env")
    parser.add_argument("--name", default="", help="of this machine; must be that of its token")
    parser.add_argument("--address", default="", help="of this machine; must be that of its token")
    parser.add_argument("--new", action="store_true", help="ask for a token, though there is one")
    parser.add_argument("--down", action="store_true", help="take part no more; volumes and the token stay")
    args = parser.parse_args()
    os.umask(0o022)
    return leave(identity()) if args.down else join(args)


if __name__ == "__main__":
    sys.exit(main())
