"""Stands for the docker command where hundreds of runs of the real stack are impossible: an engine kept in a folder.

It knows containers by their labels, volumes with files in them, and of compose what the operator's commands say to it;
what it does not know it refuses. tests/end_to_end/test_operator_sequence.py holds the same sequences against the real engine.
In the environment: MODEL (the folder), MODEL_KILL (number:when:signal: before or after that call, all who take part in
the command get the signal).
"""

import fcntl
import json
import os
import re
import signal
import sys
from pathlib import Path

STATE = Path(os.environ["MODEL"])
PROJECT = "com.docker.compose.project"
STACK = os.environ.get("COMPOSE_PROJECT_NAME", "microstep")
SERVICES = (
    "postgres",
    "mlflow",
    "airflow-apiserver",
    "airflow-scheduler",
    "airflow-dag-processor",
    "airflow-triggerer",
    "pages",
)
VOLUMES = ("secrets", "postgres", "mlflow-artifacts", "airflow-logs", "airflow-mails")


def containers():
    return {path.stem: json.loads(path.read_text()) for path in sorted((STATE / "containers").glob("*.json"))}


def put(container):
    path = STATE / "containers" / f"{os.urandom(6).hex()}.json"
    path.write_text(json.dumps(container))


def remove(container_id):
    (STATE / "containers" / f"{container_id}.json").unlink(missing_ok=True)


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
    for container_id, container in containers().items():
        if not (every or container["running"]) or not all(matches(container, wanted) for wanted in filters):
            continue
        line = form.replace("{{.ID}}", container_id).replace("{{.Names}}", container["name"]).replace("{{.Ports}}", "")
        print(re.sub(r'{{\.Label "([^"]+)"}}', lambda m, c=container: c["labels"].get(m[1], ""), line))
        if not every and container.get("ends") and container["labels"]["microstep.root"] == str(Path.cwd()):
            remove(container_id)  # a step of the asker has ended when it is looked for again


def project():
    """The containers of the project that compose has started."""
    own = {
        container_id: container
        for container_id, container in containers().items()
        if container["labels"].get(PROJECT) == STACK
    }
    return {
        container_id: container
        for container_id, container in own.items()
        if f"{PROJECT}.working_dir" in container["labels"]
    }


def settings(words):
    """The values of variables, as `compose config` says them; the model's .env has plain lines only."""
    document = json.load(sys.stdin)
    file = Path(words[words.index("--env-file") + 1] if "--env-file" in words else Path(words[1]) / ".env")
    lines = file.read_text(encoding="utf-8", errors="surrogateescape").splitlines() if file.exists() else []
    settings_in_file = dict(line.split("=", 1) for line in lines if "=" in line and not line.startswith("#"))
    wanted = document["services"]["settings"]["environment"]
    document["services"]["settings"]["environment"] = {
        name: os.environ.get(name, settings_in_file.get(name, "")) for name in wanted
    }
    typed = os.environ.get("MICROSTEP_PROJECT") or settings_in_file.get("MICROSTEP_PROJECT") or "microstep"
    document["name"] = os.environ.get("COMPOSE_PROJECT_NAME") or re.sub("[^a-z0-9_-]", "", typed.lower())
    print(json.dumps(document))


def look(words):
    for container_id, container in project().items():
        if "--all" in words or (container["service"] == words[-1] and container["running"]):
            print(container_id)


def one_shot(words):
    """`compose run`: the service `checkout` by its own script, every other one by its word alone."""
    if "checkout" in words:
        hold()
    print("validate: nothing is old" if "prune" in words else "done")


def hold():
    """Make the volumes that are not there, and run the service `checkout`, by its own script."""
    import subprocess  # with shutil half the time of a call, of which a command makes twenty

    for name in VOLUMES:
        folder = STATE / "volumes" / f"{STACK}_{name}"
        if not folder.exists():
            folder.mkdir()
            (folder / "made").write_text(f"{name} {os.urandom(16).hex()}")
    script = [sys.executable, "ops/stack_id.py", "data", str(STATE / "volumes" / f"{STACK}_secrets"), str(Path.cwd())]
    if code := subprocess.run(script, check=False).returncode:
        sys.exit(code)


def up(words):
    if "--no-deps" not in words:
        hold()
    named = [word for word in words if not word.startswith("--") and not word.isdigit()] or SERVICES
    there = {container["service"]: container_id for container_id, container in project().items()}
    for service in named:
        if service in there:
            remove(there[service])
        place = {"working_dir": Path.cwd(), "config_files": Path.cwd() / "docker-compose.yml"}
        labels = {PROJECT: STACK} | {f"{PROJECT}.{key}": str(path) for key, path in place.items()}
        put({"name": f"{STACK}-{service}-1", "service": service, "running": True, "labels": labels})


def stop(_words):
    for container_id, container in project().items():
        (STATE / "containers" / f"{container_id}.json").write_text(json.dumps(container | {"running": False}))


def down(words):
    import shutil

    for container_id in project():
        remove(container_id)
    if "--volumes" in words:
        for name in VOLUMES:
            shutil.rmtree(STATE / "volumes" / f"{STACK}_{name}", ignore_errors=True)


def compose(words):
    """What compose does with the project."""
    command, rest = words[0], words[1:]
    known = {
        "--project-directory": lambda rest: settings(words),
        "version": lambda rest: print("2.26.1"),
        "build": lambda rest: None,
        "ps": look,
        "up": up,
        "stop": stop,
        "down": down,
        "exec": lambda rest: execute(rest[2:], rest[1]),
        "run": one_shot,
    }
    known.get(command, lambda rest: refuse(f"compose {command}"))(rest)


def execute(command, service):
    """A command in a service that must be at work."""
    if not any(container["service"] == service and container["running"] for container in project().values()):
        sys.exit(f"service {service!r} is not running")
    base = STATE / "volumes" / f"{STACK}_postgres"
    match command[0]:
        case "pg_dump":
            print("PGDMP", command[-1], (base / "made").read_text())
        case "pg_restore":
            text = sys.stdin.read()
            if "--list" not in command:
                (base / command[-1].removeprefix("--dbname=")).write_text(text)
        case "airflow" if command[1:3] == ["pools", "get"]:
            print("pool slots description\nsteps 2 containers")
        case "python" if command[2] == "microstep_mlflow.prune":
            print(f"model files that are needed: {json.load(sys.stdin)}")
        case "cat":
            print("admin:{PLAIN}y" if command[1].endswith("/pages/users") else json.dumps({"admin": "x"}))


def run(words):
    """A helper beside a volume: tar, or a line of sh."""
    import subprocess

    [mount] = [word.removeprefix("--volume=") for word in words if word.startswith("--volume=")]
    folder = STATE / "volumes" / mount.partition(":")[0]
    tail = words[words.index("sh" if "sh" in words else "tar") :]
    folder.mkdir(exist_ok=True)
    done = subprocess.run([word.replace("/volume", str(folder)) for word in tail], check=False)
    if done.returncode:
        sys.exit(done.returncode)


def volume(words):
    if words[0] == "create":
        (STATE / "volumes" / words[-1]).mkdir(exist_ok=True)
    elif words[0] == "rm":
        import shutil

        for name in words[2:]:
            shutil.rmtree(STATE / "volumes" / name, ignore_errors=words[1] == "--force")
    else:
        print(*sorted(path.name for path in (STATE / "volumes").iterdir()), sep="\n")


def image(words):
    if words[0] == "prune":
        print("deleted: sha256:0\n\nTotal reclaimed space: 12MB")
    else:
        print("python:3.13-slim-trixie\npostgres:17\nmaildev/maildev:3.0.0")


def refuse(call):
    sys.exit(f"the model does not know: {call}")


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
    known = {
        "compose": compose,
        "ps": ps,
        "rm": lambda rest: [remove(container_id) for container_id in rest[1:]],
        "volume": volume,
        "run": run,
        "info": lambda rest: print('{"ServerVersion": "26.1.5", "MemTotal": 32000000000, "InitCommit": {"ID": "x"}}'),
        "buildx": lambda rest: print("buildx 0.13.1"),
        "context": lambda rest: print("unix:///var/run/docker.sock"),
        "image": image,
    }
    known.get(words[0], lambda rest: refuse(" ".join(words)))(words[1:])
    kill_if_asked("after")


signal.signal(signal.SIGINT, signal.SIG_DFL)  # the real command, too, ends without a traceback
main(sys.argv[1:])
