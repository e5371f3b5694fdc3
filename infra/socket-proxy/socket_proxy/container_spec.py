"""What a step's container may be: the body of `create`, built anew from the few values that a caller decides.

The engine reads JSON loosely: keys in any case, the last of two, escapes. So nothing here looks for what is dangerous.
The body is read strictly, the nine values that differ from step to step are taken out of it and checked, the whole body
is built from them, and what came must be equal to it. The engine gets the one that was built.
"""

import json
import re
from typing import Any, NoReturn

from socket_proxy.settings import Settings

REGISTRY_NETWORK = "microstep-steps"
SQL_NETWORK = "microstep-sql"
REGISTRY_LOGIN = "microstep_registry"
"""Begin of the names of the volumes with each step's log-in to MLflow."""
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
    """Returns the body to send instead of `raw` for the container `name`, microstep-<step>-<day>.

    Raises ValueError with what differs from a step's container.
    """
    requested = read(raw)
    step, day = re.fullmatch(r"microstep-([a-z]+)-([0-9-]{10})", name).groups()  # type: ignore[union-attr]  # judged before
    host = _object(requested, "HostConfig")
    user = _matching(requested, "User", "[1-9][0-9]{0,9}:[0-9]{1,10}")
    if max(int(number) for number in user.split(":")) > _LARGEST_ID:
        raise ValueError(f"User: must be numbers up to {_LARGEST_ID}, got {user!r}")
    labels = _object(requested, "Labels")
    networks = ["none", SQL_NETWORK] if step == "generate" else [REGISTRY_NETWORK if step in WITH_REGISTRY else "none"]
    memory = _number(host, "Memory", _LEAST_MEMORY, settings.memory)
    built: dict[str, Any] = {
        "Image": f"microstep-{step}",
        "Cmd": _command(requested.get("Cmd"), step, day),
        "User": user,
        "Env": _environment(requested.get("Env"), step),
        "Labels": {
            ROOT_LABEL: settings.root,
            "microstep.step": step,
            "microstep.day": day,
            **{f"microstep.{key}": _matching(labels, f"microstep.{key}", rule) for key, rule in _LABELS.items()},
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
            "NetworkMode": _one_of(host, "NetworkMode", networks),
            "Mounts": _mounts(host.get("Mounts"), step, settings),
            "Memory": memory,
            "MemorySwap": memory,
            "NanoCpus": _number(host, "NanoCpus", 1, round(settings.cpus * 1e9)),
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
    _compare(requested, built, "")
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
        wanted = [f"{key}={_matching(dict([_pair(label)]), key, _WORD)}" for key, label in pairs]
    else:
        raise ValueError(
            f"filters: must be a list of the labels {', '.join(keys)} and {own}, or without the first,"
            f" got {text[:200]!r}"
        )
    built = {"label": [*wanted, own]}
    _compare(requested, built, "filters: ")
    return json.dumps(built)


def read(raw: bytes) -> dict[str, Any]:
    """Reads a JSON object of which there is one reading only; else ValueError."""

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        unique = dict(pairs)
        if len(unique) < len(pairs):
            keys = [key for key, _ in pairs]
            twice = next(key for key in keys if keys.count(key) > 1)
            raise ValueError(f"the key {twice!r} is given twice")
        return unique

    def no_number(word: str) -> NoReturn:
        raise ValueError(f"{word} is no number of JSON")

    try:
        requested = json.loads(raw.decode("utf-8"), object_pairs_hook=once, parse_constant=no_number)
    except RecursionError:
        raise ValueError("the body is nested too deeply") from None
    if not isinstance(requested, dict):
        raise ValueError(f"the body must be a JSON object, not {type(requested).__name__}")
    return requested


def _command(requested: object, step: str, day: str) -> list[str]:
    arguments = _strings(requested)
    answer, day_option = arguments[:-2], arguments[-2:]
    rules = _ANSWER if step == "validate" else ()
    # an answer is a command, who gave it, and perhaps why
    allowed = not answer or (
        2 <= len(answer) <= len(rules)
        and all(re.fullmatch(rule, argument, re.DOTALL) for rule, argument in zip(rules, answer, strict=False))
    )
    if not allowed or day_option != ["--day", day]:
        rule = f"must be ['--day', '{day}'], for validate after a person's answer"
        raise ValueError(f"Cmd: {rule}, got {requested!r:.200}")
    return arguments


def _environment(requested: object, step: str) -> list[str]:
    fixed = ["MICROSTEP_DATA_ROOT=/data", "MICROSTEP_CONFIG=/config/pipeline.toml", "MICROSTEP_LOG_FORMAT=text"]
    fixed += ["MLFLOW_TRACKING_URI=http://mlflow:5000"] if step in WITH_REGISTRY else []
    variables = _strings(requested)
    image = [variable for variable in variables if re.fullmatch("MICROSTEP_IMAGE=sha256:[0-9a-f]{64}", variable)]
    if len(image) != 1 or sorted(variables) != sorted(fixed + image):
        raise ValueError(f"Env: must be {fixed} and MICROSTEP_IMAGE=<id>, each once, got {requested!r:.500}")
    return variables


def _mounts(requested: object, step: str, settings: Settings) -> list[dict[str, object]]:
    def bind(source: str, target: str, *, fixed: bool) -> dict[str, object]:
        return {"Type": "bind", "Source": f"{settings.root}/{source}", "Target": target, "ReadOnly": fixed}

    mounts = [bind("data", "/data", fixed=False), bind("pipeline.toml", "/config/pipeline.toml", fixed=True)]
    if step in WITH_REGISTRY:
        volume = f"{REGISTRY_LOGIN}-{step}"
        mounts.append({"Type": "volume", "Source": volume, "Target": "/run/registry", "ReadOnly": True})
    # the last is there when the step needs a secret
    if isinstance(requested, list) and len(requested) > len(mounts) and step in ("generate", *WITH_REGISTRY):
        secrets = "secrets/sql" if step == "generate" else "secrets/models"
        mounts.append(bind(secrets, "/run/secrets", fixed=True))
    return mounts


def _compare(requested: object, built: object, path: str) -> None:
    """Raises ValueError with the first path at which two values differ, in kind or in content."""
    if isinstance(requested, dict) and isinstance(built, dict):
        for key in [*requested, *built]:
            if key not in built:
                raise ValueError(f"{path}{key}: is no part of a step's container; leave it out")
            if key not in requested:
                raise ValueError(f"{path}{key}: is missing; a step's container has {built[key]!r:.200}")
            _compare(requested[key], built[key], f"{path}{key}.")
    elif isinstance(requested, list) and isinstance(built, list) and len(requested) == len(built):
        for number, (one, other) in enumerate(zip(requested, built, strict=True)):
            _compare(one, other, f"{path}{number}.")
    elif type(requested) is not type(built) or requested != built:
        raise ValueError(f"{path.rstrip('.')}: must be {built!r:.200}, got {requested!r:.200}")


def _object(requested: dict[str, Any], key: str) -> dict[str, Any]:
    if not isinstance(value := requested.get(key), dict):
        raise ValueError(f"{key}: must be a JSON object, got {value!r:.200}")
    return value


def _strings(requested: object) -> list[str]:
    """The list, if it is one of strings; otherwise an empty one, which no rule allows."""
    return requested if isinstance(requested, list) and all(isinstance(item, str) for item in requested) else []


def _matching(requested: dict[str, Any], key: str, rule: str) -> str:
    value = requested.get(key)
    if not isinstance(value, str) or not re.fullmatch(rule, value):
        raise ValueError(f"{key}: must match {rule}, got {value!r:.200}")
    return value


def _number(requested: dict[str, Any], key: str, least: int, most: int) -> int:
    value = requested.get(key)
    if type(value) is not int or not least <= value <= most:
        raise ValueError(f"{key}: must be a whole number from {least} to {most}, got {value!r:.200}")
    return value


def _one_of(requested: dict[str, Any], key: str, allowed: list[str]) -> str:
    if (value := requested.get(key)) not in allowed:
        raise ValueError(f"{key}: must be {' or '.join(allowed)}, got {value!r:.200}")
    return str(value)


def _pair(label: object) -> tuple[str, str]:
    key, _, value = str(label).partition("=")
    return key, value
