"""Stands for the docker command where hundreds of runs of the real stack are impossible: an engine kept in a folder.

It knows containers by their labels, volumes with files in them, and of compose what the operator's commands say to it;
what it does not know it refuses. tests/end_to_end/test_operator.py holds the same sequences against the real engine.
In the environment: MODEL (the folder), MODEL_KILL (number:when:signal: before or after that call, all who take part in
the command get the signal).
"""

import fcntl
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import uuid
from pathlib import Path

STATE = Path(os.environ["MODEL"])
PROJECT = "com.docker.compose.project"
SERVICES = ("postgres", "mlflow", "airflow-apiserver", "airflow-scheduler", "airflow-dag-processor", "airflow-triggerer")
VOLUMES = ("secrets", "postgres", "mlflow-artifacts", "airflow-logs", "airflow-mails")


def containers():
    return {path.stem: json.loads(path.read_text()) for path in sorted((STATE / "containers").glob("*.json"))}


def put(container):
    path = STATE / "containers" / f"{uuid.uuid4().hex[:12]}.json"
    path.write_text(json.dumps(container))


def remove(each):
    (STATE / "containers" / f"{each}.json").unlink(missing_ok=True)


def matches(container, wanted):
    label, _, value = wanted.removeprefix("label=").partition("=")
    labels = container["labels"]
    return label in labels and (not value or labels[label] == value)


def ps(words):
    """Lists, in the template that was asked for."""
    filters, form, every, words = [], "{{.ID}}", False, list(words)
    while words:
        name, _, value = words.pop(0).partition("=")
        if name in ("--filter", "--format"):
            value = value or words.pop(0)
        match name:
            case "--filter":
                filters.append(value)
            case "--format":
                form = value
            case "--all":
                every = True
            case "--quiet":
                form = "{{.ID}}"
            case _:
                refuse(f"ps {name}")
    for each, container in containers().items():
        if not (every or container["running"]) or not all(matches(container, wanted) for wanted in filters):
            continue
        line = form.replace("{{.ID}}", each).replace("{{.Names}}", container["name"]).replace("{{.Ports}}", "")
        print(re.sub(r'{{\.Label "([^"]+)"}}', lambda m, c=container: c["labels"].get(m[1], ""), line))
        if not every and container.get("ends") and container["labels"]["microstep.root"] == os.getcwd():
            remove(each)  # a step of the asker has ended when it is looked for again


def project():
    """The containers of the project."""
    return {each: found for each, found in containers().items() if found["labels"].get(PROJECT) == "microstep"}


def compose(words):
    """What compose does with the project."""
    words = list(words)
    if words[0] == "--project-directory":
        document = json.load(sys.stdin)
        place = Path(words[words.index("--env-file") + 1] if "--env-file" in words else Path(words[1]) / ".env")
        lines = place.read_text().splitlines() if place.exists() else []
        said = dict(line.split("=", 1) for line in lines if "=" in line and not line.startswith("#"))
        wanted = document["services"]["settings"]["environment"]
        document["services"]["settings"]["environment"] = {
            name: os.environ.get(name, said.get(name, "")) for name in wanted
        }
        print(json.dumps(document))
        return
    command, rest = words[0], words[1:]
    match command:
        case "version":
            print("2.26.1")
        case "build" | "logs":
            pass
        case "ps":
            for each, found in project().items():
                if found["service"] == rest[-1] and found["running"]:
                    print(each)
        case "up":
            for name in VOLUMES:
                folder = STATE / "volumes" / f"microstep_{name}"
                if not folder.exists():
                    folder.mkdir()
                    (folder / "made").write_text(f"{name} {uuid.uuid4()}")
            named = [word for word in rest if not word.startswith("--") and not word.isdigit()] or SERVICES
            there = {found["service"]: each for each, found in project().items()}
            for service in named:
                if service in there:
                    remove(there[service])
                labels = {PROJECT: "microstep", f"{PROJECT}.working_dir": os.getcwd()}
                put({"name": f"microstep-{service}-1", "service": service, "running": True, "labels": labels})
        case "stop":
            for each, found in project().items():
                (STATE / "containers" / f"{each}.json").write_text(json.dumps(found | {"running": False}))
        case "down":
            for each in project():
                remove(each)
            if "--volumes" in rest:
                for name in VOLUMES:
                    shutil.rmtree(STATE / "volumes" / f"microstep_{name}", ignore_errors=True)
        case "exec":
            execute(rest[2:] if rest[0] == "-T" else rest[1:], rest[1] if rest[0] == "-T" else rest[0])
        case "run":
            print("validate: nothing is old" if "prune" in rest else "done")
        case _:
            refuse(f"compose {command}")


def execute(command, service):
    """A command in a service that must be at work."""
    if not any(found["service"] == service and found["running"] for found in project().values()):
        sys.exit(f"service {service!r} is not running")
    base = STATE / "volumes" / "microstep_postgres"
    match command[0]:
        case "pg_dump":
            print("PGDMP", command[-1], (base / "made").read_text())
        case "pg_restore":
            text = sys.stdin.read()
            if "--list" not in command:
                (base / command[-1].removeprefix("--dbname=")).write_text(text)
        case "airflow" if command[1:3] == ["pools", "get"]:
            print("pool slots description\nsteps 2 containers")
        case "cat":
            print(json.dumps({"admin": "x"}))


def run(words):
    """A helper beside a volume: tar, and nothing else."""
    [mount] = [word.removeprefix("--volume=") for word in words if word.startswith("--volume=")]
    folder = STATE / "volumes" / mount.partition(":")[0]
    tail = words[words.index("tar") :]
    folder.mkdir(exist_ok=True)
    sys.exit(subprocess.run([str(folder) if word == "/volume" else word for word in tail], check=False).returncode)


def refuse(what):
    sys.exit(f"the model does not know: {what}")


def kill_if_asked(when):
    """End all who take part in the command, this process too."""
    number, moment, name = os.environ["MODEL_KILL"].split(":")
    if (STATE / "calls").read_text() == "x" * int(number) and moment == when:
        os.killpg(0, signal.Signals[name])


def main(words):
    with (STATE / "calls").open("a") as calls:
        fcntl.flock(calls, fcntl.LOCK_EX)
        calls.write("x")
    kill_if_asked("before")
    match words:
        case ["compose", *rest]:
            compose(rest)
        case ["ps", *rest]:
            ps(rest)
        case ["rm", "--force", *ids]:
            for each in ids:
                remove(each)
        case ["volume", "ls", *_]:
            print(*sorted(path.name for path in (STATE / "volumes").iterdir()), sep="\n")
        case ["volume", "create", *rest]:
            (STATE / "volumes" / rest[-1]).mkdir(exist_ok=True)
        case ["run", *rest]:
            run(rest)
        case ["info", *_]:
            print(json.dumps({"ServerVersion": "26.1.5", "MemTotal": 2**35, "InitCommit": {"ID": "x"}}))
        case ["buildx", *_]:
            print("buildx 0.13.1")
        case ["image", *_]:
            print("python:3.13-slim-trixie\npostgres:17\nmaildev/maildev:3.0.0")
        case _:
            refuse(" ".join(words))
    kill_if_asked("after")


main(sys.argv[1:])
