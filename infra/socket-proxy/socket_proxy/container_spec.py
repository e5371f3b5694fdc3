"""What a step's container may be: the body of `create`, built anew from the few values that a caller decides.

The engine reads JSON loosely: keys in any case, the last of two, escapes. So nothing here looks for what is dangerous.
The body is read strictly, the ten values that differ from step to step are taken out of it and checked, the whole body
is built from them, and what came must be equal to it. The engine gets the one that was built.
"""

import json
import re
from typing import Any

from socket_proxy.settings import Settings
from socket_proxy.strict_json import compare, number_at, object_at, one_of_at, read, strings, text_at

WITH_REGISTRY = ("train", "validate", "predict")
ROOT_LABEL = "microstep.root"
"""The label of a step's container with the checkout that it belongs to: others may use the same engine."""

_LARGEST_ID = 2**31 - 1
_LEAST_MEMORY = 6 * 1024**2
_WORD = "[A-Za-z0-9_.~:+-]{1,250}"
_LABELS = {"dag": _WORD, "run": _WORD, "task": _WORD, "try": "[0-9]{1,6}"}
_ANSWER = ("approve|refuse", "--by=.{1,200}", "--why=.{0,4000}")
"""Arguments that `validate` may be given before --day: a person's answer about a challenger."""


def build(raw: bytes, name: str, settings: Settings) -> bytes:
    """Returns the body to send instead of `raw` for the container `name`, <project>-[<pipeline>.]<step>-<day>.

    What is mounted follows from the pipeline in that name. Raises ValueError with what differs from a step's container.
    """
    requested = read(raw)
    parts = re.fullmatch(r".+-(?:([a-z0-9_]+)\.)?([a-z0-9_]+)-([0-9-]{10})", name)
    pipeline, step, day = parts.groups(default="")  # type: ignore[union-attr]  # judged before
    settings.must_have(pipeline)
    host = object_at(requested, "HostConfig")
    user = text_at(requested, "User", f"[1-9][0-9]{{0,9}}:[0-9]{{1,10}}{'|0:0' if settings.rootless else ''}")
    if max(int(number) for number in user.split(":")) > _LARGEST_ID:
        raise ValueError(f"User: must be numbers up to {_LARGEST_ID}, got {user!r}")
    labels = object_at(requested, "Labels")
    of_the_stack = f"{settings.project}-sql" if step == "generate" else f"{settings.project}-steps"
    networks = [of_the_stack] if step in WITH_REGISTRY else ["none", of_the_stack] if step == "generate" else ["none"]
    memory = number_at(host, "Memory", _LEAST_MEMORY, settings.memory)
    built: dict[str, Any] = {
        "Image": f"{settings.project}-{step}",
        "Cmd": _command(requested.get("Cmd"), step, day),
        "User": user,
        "Env": _environment(requested.get("Env"), step),
        "Labels": {
            ROOT_LABEL: settings.root,
            **({"microstep.pipeline": pipeline} if pipeline else {}),
            "microstep.step": step,
            "microstep.day": day,
            **{f"microstep.{key}": text_at(labels, f"microstep.{key}", rule) for key, rule in _LABELS.items()},
        },
        "ExposedPorts": {},
        "Tty": False,
        "OpenStdin": False,
        "StdinOnce": False,
        "AttachStdin": False,
        "AttachStdout": True,
        "AttachStderr": True,
        "NetworkDisabled": False,
        "HostConfig": {
            "NetworkMode": one_of_at(host, "NetworkMode", networks),
            "Mounts": _mounts(host.get("Mounts"), pipeline, step, settings),
            "Memory": memory,
            "MemorySwap": memory,
            "NanoCpus": number_at(host, "NanoCpus", 1, round(settings.cpus * 1e9)),
            "CpuShares": 1024,
            "PidsLimit": 512,
            "Init": True,
            "ReadonlyRootfs": True,
            "CapDrop": ["ALL"],
            "SecurityOpt": ["no-new-privileges"],
            "Tmpfs": {"/tmp": "rw,nosuid,nodev,noexec,size=512m,mode=1777"},  # noqa: S108 - inside the container
            "PortBindings": {},
            "Ulimits": [],
            "LogConfig": {"Type": "local", "Config": {"max-size": "1g", "max-file": "2", "compress": "false"}},
        },
    }
    compare(requested, built, "")
    return json.dumps(built).encode()


def filters(text: str, settings: Settings) -> str:
    """Returns the filters of a list of containers, written anew.

    Raises ValueError unless it is a list of one run's containers, or of those of all runs, of this checkout alone.
    """
    requested = read(text.encode())
    labels = requested.get("label")
    keys, own = ("microstep.dag", "microstep.run"), f"{ROOT_LABEL}={settings.root}"
    if labels == [keys[1], own]:
        wanted = [keys[1]]
    elif isinstance(labels, list) and len(labels) == len(keys) + 1:
        pairs = zip(keys, labels, strict=False)
        wanted = [f"{key}={text_at(dict([_pair(label)]), key, _WORD)}" for key, label in pairs]
    else:
        raise ValueError(
            f"filters: must be a list of the labels {', '.join(keys)} and {own}, or without the first,"
            f" got {text[:200]!r}"
        )
    built = {"label": [*wanted, own]}
    compare(requested, built, "filters: ")
    return json.dumps(built)


def _command(requested: object, step: str, day: str) -> list[str]:
    arguments = strings(requested)
    unforced = arguments[:-1] if arguments[-1:] == ["--force"] else arguments
    answer, day_option = unforced[:-2], unforced[-2:]
    rules = _ANSWER if step == "validate" else ()
    # an answer is a command, who gave it, and perhaps why
    allowed = not answer or (
        2 <= len(answer) <= len(rules)
        and all(re.fullmatch(rule, argument, re.DOTALL) for rule, argument in zip(rules, answer, strict=False))
    )
    if not allowed or day_option != ["--day", day]:
        rule = f"must be ['--day', '{day}'], perhaps with --force, for validate after a person's answer"
        raise ValueError(f"Cmd: {rule}, got {requested!r:.200}")
    return arguments


def _environment(requested: object, step: str) -> list[str]:
    fixed = ["MICROSTEP_DATA_ROOT=/data", "MICROSTEP_CONFIG=/config/pipeline.toml", "MICROSTEP_LOG_FORMAT=text"]
    fixed += ["MLFLOW_TRACKING_URI=http://mlflow:5000"] if step in WITH_REGISTRY else []
    variables = strings(requested)
    image = [variable for variable in variables if re.fullmatch("MICROSTEP_IMAGE=sha256:[0-9a-f]{64}", variable)]
    if len(image) != 1 or sorted(variables) != sorted(fixed + image):
        raise ValueError(f"Env: must be {fixed} and MICROSTEP_IMAGE=<id>, each once, got {requested!r:.500}")
    return variables


def _mounts(requested: object, pipeline: str, step: str, settings: Settings) -> list[dict[str, object]]:
    def bind(source: str, target: str, *, fixed: bool) -> dict[str, object]:
        return {"Type": "bind", "Source": f"{settings.root}/{source}", "Target": target, "ReadOnly": fixed}

    own = f"/{pipeline}" if pipeline else ""
    file = f"pipelines/{pipeline}.toml" if pipeline else "pipeline.toml"
    mounts = [bind(f"data{own}", "/data", fixed=False), bind(file, "/config/pipeline.toml", fixed=True)]
    if step in WITH_REGISTRY:
        volume = f"{settings.project}_registry-{step}"  # its own log-in to MLflow
        mounts.append({"Type": "volume", "Source": volume, "Target": "/run/registry", "ReadOnly": True})
    # the last is there when the step needs a secret
    if isinstance(requested, list) and len(requested) > len(mounts) and step in ("generate", *WITH_REGISTRY):
        secrets = "secrets/sql" if step == "generate" else "secrets/models"
        mounts.append(bind(secrets + own, "/run/secrets", fixed=True))
    return mounts


def _pair(label: object) -> tuple[str, str]:
    key, _, value = str(label).partition("=")
    return key, value
