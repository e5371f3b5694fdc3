#!/usr/bin/env python3
"""Tells, before anything starts, what this machine lacks for Microstep, and what to type for each.

Ends with 0 when nothing that is needed lacks, else with 1.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import re
import shutil
import socket
import stat
import subprocess
import sys
from pathlib import Path

from checkout.compose import HELPER, is_rootless
from checkout.ownership import other_names, volumes_mark, why_not_ours, why_others_are_ours
from checkout.settings import (
    ELSEWHERE,
    HOME,
    NO_PROXY,
    RESTORING,
    ROOT,
    SOCKET,
    USER,
    UnreadableError,
    names_in_file,
    names_that_are_read,
    ports,
    project,
    read,
    same_directory,
    typed_project,
)
from machine.checks import judge_demo, judge_stack
from machine.findings import Engine, Finding, Machine
from pipeline_file import what_is_wrong, what_is_wrong_in
from pipelines.places import MIGRATING, file_of, names

READ_BY_CONTAINERS = (
    "pipeline.toml",
    "pipelines",
    "machines",
    "ops/cluster",
    "ops/make_secrets.py",
    "ops/stack_id.py",
    "infra/postgres/databases.sh",
)


def ask_engine() -> Engine:
    """Asks the docker command; never raises."""
    if shutil.which("docker") is None:
        return Engine(command=False)
    info = docker("info", "--format", "{{json .}}")
    answer = json.loads(info.stdout) if info.stdout.startswith("{") else {}
    trouble = " ".join(answer.get("ServerErrors") or []) or ("" if answer.get("ServerVersion") else info.stderr.strip())
    label = "com.docker.compose.project"
    names = other_names() if not trouble else ()
    own = "".join(
        docker("ps", "--filter", f"label={label}={name}", "--format", "{{.Ports}}").stdout
        for name in (project(), *names)
    )
    form = f'{{{{.Label "{label}.working_dir"}}}}'
    directories = docker("ps", "--all", "--filter", f"label={label}={project()}", "--format", form).stdout.splitlines()
    images = tuple(docker("image", "ls", "--format", "{{.Repository}}:{{.Tag}}").stdout.split())
    # the image that looks into a volume is not pulled for a question
    looked_into = not trouble and HELPER in images
    mark = volumes_mark() if looked_into else None
    return Engine(
        trouble=trouble,
        version=answer.get("ServerVersion", ""),
        compose=docker("compose", "version", "--short").stdout.strip(),
        buildx=first_version(docker("buildx", "version").stdout),
        init=answer.get("InitCommit", {}).get("ID") != "N/A",
        memory=answer.get("MemTotal", 0),
        cpus=answer.get("NCPU", 0),
        images=images,
        published=frozenset(int(port) for port in re.findall(r"127\.0\.0\.1:(\d+)->", own)),
        others=tuple(sorted({directory for directory in directories if directory and not same_directory(directory)})),
        names=names,
        foreign_volumes=why_not_ours(mark) if mark is not None else "",
        volumes_of_data=why_others_are_ours(mark) if looked_into else "",
        rootless=is_rootless(answer),
        limits=bool(answer.get("MemoryLimit", True) and answer.get("CpuCfsQuota", True)),
        cgroups=answer.get("CgroupVersion", "2"),
        socket=docker("context", "inspect", "--format={{.Endpoints.docker.Host}}")
        .stdout.strip()
        .partition("unix://")[2],
    )


def clients_no_proxy() -> str:
    """The names that the docker client's configuration keeps out of a proxy that it has for all engines."""
    folder = Path(os.environ.get("DOCKER_CONFIG") or Path.home() / ".docker")
    try:
        proxies = json.loads((folder / "config.json").read_text(encoding="utf-8"))["proxies"]["default"]
        return str(proxies.get("noProxy", ""))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return ""  # none, or one that docker itself will complain of


def docker(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Runs the docker command; what it says is read, not its exit code."""
    return subprocess.run(["docker", *arguments], capture_output=True, text=True, timeout=30, check=False)


def first_version(text: str) -> str:
    """Returns the first version in a text."""
    match = re.search(r"\d+\.\d+[.\d]*", text)
    return match.group() if match else ""


def look_at_machine() -> Machine:
    """Looks at the machine itself."""
    settings, unreadable, wanted, typed = {}, "", {}, ""
    try:
        settings = read()
        typed = typed_project()
        wanted = ports(settings)
    except (UnreadableError, ValueError) as error:
        unreadable = str(error)
    home, pipelines = settings.get(HOME, ""), names()
    files = [file_of(name).relative_to(ROOT).as_posix() for name in pipelines]
    return Machine(
        root=str(ROOT),
        wrong="" if pipelines else what_is_wrong(),
        pipelines=pipelines,
        wrong_pipelines=what_is_wrong_in(pipelines) if pipelines else {},
        migrating=(ROOT / MIGRATING).read_text(encoding="utf-8").strip() if (ROOT / MIGRATING).exists() else "",
        home=home,
        home_is_here=same_directory(home),
        home_from="the environment" if HOME in os.environ else ".env",
        elsewhere=settings.get(ELSEWHERE) == "true",
        unreadable=unreadable,
        settings=settings,
        names=names_in_file(),
        known=names_that_are_read(),
        typed_project=typed if typed != project() else "",
        user=settings.get(USER, ""),
        socket=settings.get(SOCKET, ""),
        no_proxy=settings.get(NO_PROXY, ""),
        clients_no_proxy=clients_no_proxy(),
        restoring=RESTORING.read_text(encoding="utf-8").strip() if RESTORING.exists() else "",
        python=sys.version_info[:2],
        has_venv=importlib.util.find_spec("ensurepip") is not None,
        free_disk=shutil.disk_usage(ROOT).free,
        closed_files=tuple(name for name in (*READ_BY_CONTAINERS, *files) if not open_to_all(ROOT / name)),
        ports=wanted,
        taken=frozenset(port for port in wanted.values() if listens(port)),
    )


def listens(port: int) -> bool:
    """Tells whether a program listens there."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def open_to_all(path: Path) -> bool:
    """Tells whether every user may read this file or folder: containers have users of their own."""
    wanted = stat.S_IROTH | (stat.S_IXOTH if path.is_dir() else 0)
    return path.exists() and path.stat().st_mode & wanted == wanted


def lines(finding: Finding) -> str:
    """One line, and below it what to type."""
    look = f"{finding.subject}: {finding.state}"
    if not finding.remedy:
        return f"  ok     {look}"
    return f"  {'lacks ' if finding.lacks else 'note  '} {look}\n         type: {finding.remedy}"


def main() -> int:
    """Prints what was found; 1 when something needed lacks."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", choices=["demo", "up"], help="check only what `make demo` or `make up` needs")
    only = parser.parse_args().only
    machine = look_at_machine()
    groups: dict[str, list[Finding]] = {}
    if only != "up":
        groups["make demo"] = judge_demo(machine)
    if only != "demo":
        groups["make up"] = judge_stack(machine, ask_engine())
    for name, findings in groups.items():
        print(name, *map(lines, findings), sep="\n")
    lacks = sum(finding.lacks for findings in groups.values() for finding in findings)
    if lacks:
        print(f"{lacks} thing{'s' * (lacks > 1)} must be put right first", file=sys.stderr)
    return 1 if lacks else 0


if __name__ == "__main__":
    sys.exit(main())
