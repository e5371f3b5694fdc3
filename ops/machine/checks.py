"""What Microstep needs of a machine: judges what `doctor` found, and says what to type."""

from __future__ import annotations

import re

from checkout.ownership import stop_other_names, why_another_name
from checkout.settings import CLUSTER, beside
from pipelines.places import LONE
from stack_id import TYPE

from machine.findings import Engine, Finding, Machine
from machine.landing import judge_landing
from machine.values import judge_values

GIB = 2**30

PYTHON = (3, 11)
ENGINE = (25, 0)  # the first with health checks that are quick at the start
COMPOSE = (2, 24)
LEAST_MEMORY, GOOD_MEMORY = 4 * GIB, 8 * GIB  # the servers take 1.5 GiB, two steps up to 2 GiB each
LEAST_DISK, GOOD_DISK = 8 * GIB, 20 * GIB  # the images take 6 GiB
_EMPTY_DATA = "find data/ -mindepth 1 -not -name .gitignore -delete; rm -rf .restoring .restore-*"
_THEN = " (throws away its half; then make restore again)"
THROW_AWAY = f"docker compose down --volumes --remove-orphans; {_EMPTY_DATA}{_THEN}"
"""How to begin anew where the volumes are this checkout's; `make restore` has looked. What the head of several machines
has besides are orphans to compose as it is typed, and hold volumes."""
THROW_FILES_AWAY = f"{_EMPTY_DATA}{_THEN}"
"""The same where the volumes are another checkout's, and stay."""
HIGHEST_PORT = 65_535
BASES = ("debian:trixie-slim", "python:3.13-slim-trixie", "postgres:17", "maildev/maildev:3.0.0")
BROKER = "valkey/valkey:8.1"
"""What the head of several machines needs besides."""


def judge_demo(machine: Machine) -> list[Finding]:
    """What `make demo` needs."""
    version = ".".join(map(str, machine.python))
    newer = "install Python 3.11 or newer, or name one: make demo PYTHON=/path/to/python3.12"
    venv = f"sudo apt install python{version}-venv"
    return [
        Finding("python", version, "" if machine.python >= PYTHON else newer),
        Finding("python's venv", "here" if machine.has_venv else "not here", "" if machine.has_venv else venv),
        *judge_files(machine),
    ]


def judge_file(machine: Machine) -> Finding:
    """A file that no step can read keeps every DAG from being there: a wait for them would say less."""
    remedy = "an editor, and mend it; every key and its rules: docs/configuration.md" if machine.wrong else ""
    return Finding("pipeline.toml", machine.wrong or "can be read", remedy)


def judge_files(machine: Machine) -> list[Finding]:
    """The same where pipelines/ has files: one that is wrong has no DAGs, and all others go on."""
    if machine.migrating:
        return [Finding("migration", f"that to {machine.migrating} was not finished", "make migrate")]
    if not machine.pipelines:
        return [judge_file(machine)]
    good = len(machine.pipelines) - sum(file.startswith("pipelines/") for file in machine.wrong_pipelines)
    remedy = "an editor, and mend it; every key and its rules: docs/configuration.md"
    return [
        Finding("pipelines/", f"{good} of {len(machine.pipelines)} can be read", "" if good else remedy),
        *(Finding(file, wrong, remedy, needed=file == LONE) for file, wrong in machine.wrong_pipelines.items()),
    ]


def judge_stack(machine: Machine, engine: Engine) -> list[Finding]:
    """What `make up` needs; only what can be known while the engine is silent."""
    findings = [judge_engine(engine)]
    if not findings[0].lacks:
        init_remedy = "" if engine.init else "install tini as docker-init beside the engine, or type: sudo make docker"
        findings += [
            judge_version("compose", engine.compose, COMPOSE),
            judge_version("buildx", engine.buildx, (0, 10)),
            Finding("first process for containers", "here" if engine.init else "not here", init_remedy),
            judge_amount("memory", engine.memory, LEAST_MEMORY, GOOD_MEMORY, "give the engine more memory"),
            *(judge_base(image, engine.images) for image in bases(machine)),
            judge_others(engine.others),
            *judge_name(engine),
            judge_volumes(engine.foreign_volumes),
            *judge_landing(machine, engine),
        ]
    findings += [judge_settings(machine, engine)]
    findings += judge_values(machine.settings, machine.names, machine.known, engine.cpus)
    findings += [*judge_typed(machine), judge_home(machine), *judge_files(machine)]
    if machine.restoring:
        # what cannot be asked whose its volumes are is not told to delete them
        known = not findings[0].lacks and not engine.others and not engine.foreign_volumes
        anew = THROW_AWAY if known else THROW_FILES_AWAY
        findings.append(Finding("restore", f"that of {machine.restoring} was not finished", anew))
    findings.append(
        judge_amount("free disk", machine.free_disk, LEAST_DISK, GOOD_DISK, "docker system df shows what fills it")
    )
    findings += [judge_port(name, port, machine.taken - engine.published) for name, port in machine.ports.items()]
    closed = ", ".join(machine.closed_files)
    # these alone: .env and secrets/ are in the checkout, too
    opened = f"chmod o+rX {' '.join(machine.closed_files)}" if closed else ""
    findings.append(Finding("files for containers", f"closed: {closed}" if closed else "readable", opened))
    return findings


def judge_others(others: tuple[str, ...]) -> Finding:
    """Another checkout's stack of the same name is not ours to replace."""
    if not others:
        return Finding("stack on the engine", "this checkout's, or none")
    moved = "was that folder moved here? then: docker compose down --remove-orphans"
    remedy = f"make -C {others[0]} down ({moved}; to have both, each with a stack of its own: {beside()})"
    return Finding("stack on the engine", f"belongs to {', '.join(others)}", remedy)


def judge_name(engine: Engine) -> list[Finding]:
    """A stack of ours, or its volumes, under another name: a second one would work in the same data/."""
    name = "MICROSTEP_PROJECT"
    if engine.names:
        return [Finding(name, why_another_name(engine.names), stop_other_names(engine.names))]
    if engine.volumes_of_data:
        state, _, remedy = engine.volumes_of_data.removeprefix(f"{name}: ").partition(TYPE)
        return [Finding(name, state, remedy)]
    return []


def judge_volumes(foreign: str) -> Finding:
    """Those of a checkout that is down are not ours to start on."""
    subject = "volumes of the stack"
    if not foreign:
        return Finding(subject, "this checkout's, or none")
    state, _, remedy = foreign.partition(TYPE)
    return Finding(subject, state, f"{remedy} (to have both, each with a stack of its own: {beside()})")


def judge_settings(machine: Machine, engine: Engine) -> Finding:
    """Only compose knows what .env says; without it nothing is guessed."""
    if not machine.unreadable:
        return Finding(".env", "as docker compose reads it")
    state = f"cannot be read: {machine.unreadable}"
    # without compose something else lacks, and is told with what to type
    there = engine.command and bool(engine.compose)
    return Finding(
        ".env", state, "open .env and put that line right" if there else "make doctor again, with compose", needed=there
    )


def judge_typed(machine: Machine) -> list[Finding]:
    """Compose's own variable names another stack for what is typed, make does not go by it."""
    if not machine.typed_project:
        return []
    state = f"docker compose, as you type it, uses the name {machine.typed_project}; make does not"
    remedy = (
        "unset COMPOSE_PROJECT_NAME; sed -i /COMPOSE_PROJECT_NAME/d .env (MICROSTEP_PROJECT names the stack for both)"
    )
    return [Finding("COMPOSE_PROJECT_NAME", state, remedy, needed=False)]


def judge_home(machine: Machine) -> Finding:
    """Steps mount data/ from there, and all else is mounted from this checkout: they must be one."""
    name = "MICROSTEP_HOST_ROOT"
    if not machine.home:
        return Finding(name, "not set: this checkout")
    if machine.home_is_here or machine.elsewhere:
        return Finding(name, machine.home)
    forget = f"sed -i /{name}/d .env" if machine.home_from == ".env" else f"unset {name}"
    state = (
        f"is {machine.home} by {machine.home_from}, this checkout is {machine.root}: Airflow's steps would write there"
    )
    elsewhere = (
        "an engine on another machine sees this checkout there? then: echo MICROSTEP_ENGINE_ELSEWHERE=true >> .env"
    )
    return Finding(name, state, f"{forget} ({elsewhere})")


def judge_engine(engine: Engine) -> Finding:
    """An engine must be there, run, be ours to use, and be new enough."""
    if not engine.command:
        return Finding(
            "engine", "no docker command", "sudo make docker (on Debian), or install Docker Engine 25 or newer"
        )
    if "permission denied" in engine.trouble.lower():
        return Finding(
            "engine", "no right to use its socket", "sudo usermod -aG docker $USER, then log out and in again"
        )
    if engine.trouble:
        start = "sudo systemctl start docker, or sudo make docker where Debian's engine came from there"
        return Finding("engine", f"does not answer: {engine.trouble}", start)
    return judge_version("engine", engine.version, ENGINE)


def judge_version(subject: str, version: str, least: tuple[int, int]) -> Finding:
    """Compares the first two numbers of a version; none at all means that the thing is not there."""
    numbers = tuple(map(int, re.findall(r"\d+", version)[:2]))
    wanted = ".".join(map(str, least))
    return Finding(subject, version or "not here", "" if numbers >= least else f"install {subject} {wanted} or newer")


def judge_amount(subject: str, amount: int, least: int, good: int, remedy: str) -> Finding:
    """Below `least` it does not work, below `good` it may become tight."""
    state = f"{amount / GIB:.1f} GiB"
    if amount >= good:
        return Finding(subject, state)
    return Finding(subject, f"{state}, better {good // GIB} GiB", remedy, needed=amount < least)


def bases(machine: Machine) -> tuple[str, ...]:
    """The images that others make and this stack is made from."""
    return (*BASES, BROKER) if machine.settings.get(CLUSTER) else BASES


def judge_base(image: str, here: tuple[str, ...]) -> Finding:
    """A base that is not here is pulled; without a registry it can be built."""
    if image in here:
        return Finding(image, "here")
    return Finding(image, "not here yet", "make bases (pulls it, or builds it where no registry answers)", needed=False)


def judge_port(name: str, port: int, taken: frozenset[int]) -> Finding:
    """A port of ours must be free on 127.0.0.1, or the stack's own."""
    if port not in taken:
        return Finding(f"port {port}", "free")
    other = port + 10_000 if port + 10_000 < HIGHEST_PORT else port - 10_000
    return Finding(f"port {port}", "another program listens there", f"echo {name}={other} >> .env")
