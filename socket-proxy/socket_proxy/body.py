"""What a step's container may be: the body of `create`, put together anew from what is a caller's to say.

The engine reads JSON loosely: keys in any case, the last of two, escapes. So nothing here looks for what is dangerous.
The body is read strictly, the nine values that differ from step to step are taken out of it and checked, the whole body
is built from them, and what came must be equal to it. What the engine hears is the one that was built.
"""

import json
import re
from typing import Any, NoReturn

from socket_proxy.house import House

REGISTRY_NETWORK = "microstep-steps"
SQL_NETWORK = "microstep-sql"
REGISTRY_LOGIN = "microstep_registry"
"""Begin of the names of the volumes with each step's log-in to MLflow."""
WITH_REGISTRY = ("train", "validate", "predict")
OWN = "microstep.root"
"""The label of what was made through this proxy, with the checkout that it belongs to."""

_LARGEST_ID = 2**31 - 1
_LEAST_MEMORY = 6 * 1024**2
_WORD = "[A-Za-z0-9_.~:+-]{1,250}"
_LABELS = {"dag": _WORD, "run": _WORD, "task": _WORD, "try": "[0-9]{1,6}"}
_ANSWER = ("approve|refuse", "--by=.{1,200}", "--why=.{0,4000}")
"""Words that `validate` may be given before --day: a person's answer about a challenger."""


def container(raw: bytes, name: str, house: House) -> bytes:
    """Returns the body to send instead of `raw` for the container `name`, microstep-<step>-<day>.

    Raises ValueError with what differs from a step's container.
    """
    said = read(raw)
    step, day = re.fullmatch(r"microstep-([a-z]+)-([0-9-]{10})", name).groups()  # type: ignore[union-attr]  # judged before
    host = _dictionary(said, "HostConfig")
    user = _matching(said, "User", "[1-9][0-9]{0,9}:[0-9]{1,10}")
    if max(int(number) for number in user.split(":")) > _LARGEST_ID:
        raise ValueError(f"User: must be numbers up to {_LARGEST_ID}, got {user!r}")
    labels = _dictionary(said, "Labels")
    networks = ["none", SQL_NETWORK] if step == "generate" else [REGISTRY_NETWORK if step in WITH_REGISTRY else "none"]
    memory = _number(host, "Memory", _LEAST_MEMORY, house.memory)
    built: dict[str, Any] = {
        "Image": f"microstep-{step}",
        "Cmd": _command(said.get("Cmd"), step, day),
        "User": user,
        "Env": _environment(said.get("Env"), step),
        "Labels": {
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
            "Mounts": _mounts(host.get("Mounts"), step, house),
            "Memory": memory,
            "MemorySwap": memory,
            "NanoCpus": _number(host, "NanoCpus", 1, round(house.cpus * 1e9)),
            "CpuShares": 1024,
            "PidsLimit": 512,
            "Init": True,
            "ReadonlyRootfs": True,
            "CapDrop": ["ALL"],
            "SecurityOpt": ["no-new-privileges"],
            "Tmpfs": {"/tmp": "rw,nosuid,nodev,noexec,size=512m,mode=1777"},  # noqa: S108 - inside the container
            "PortBindings": {},
            "Ulimits": [],
            "LogConfig": {"Type": None, "Config": {}},
        },
    }
    _compare(said, built, "")
    built["Labels"][OWN] = house.root
    return json.dumps(built).encode()


def filters(text: str, house: House) -> str:
    """Returns the filters of a list of containers with our own label added.

    Raises ValueError unless it is a list of one run's containers, or of those of all runs.
    """
    said = read(text.encode())
    labels = said.get("label")
    keys = ("microstep.dag", "microstep.run")
    if labels == [keys[1]]:
        wanted = [keys[1]]
    elif isinstance(labels, list) and len(labels) == len(keys):
        pairs = zip(keys, labels, strict=True)
        wanted = [f"{key}={_matching(dict([_pair(label)]), key, _WORD)}" for key, label in pairs]
    else:
        raise ValueError(
            f"filters: must be a list of the labels {', '.join(keys)}, or of {keys[1]} alone, got {text[:200]!r}"
        )
    _compare(said, {"label": wanted}, "filters: ")
    return json.dumps({"label": [*wanted, f"{OWN}={house.root}"]})


def read(raw: bytes) -> dict[str, Any]:
    """Reads a JSON object of which there is one reading only; else ValueError."""

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) < len(pairs):
            keys = [key for key, _ in pairs]
            twice = next(key for key in keys if keys.count(key) > 1)
            raise ValueError(f"the key {twice!r} is given twice")
        return found

    def no_number(word: str) -> NoReturn:
        raise ValueError(f"{word} is no number of JSON")

    try:
        said = json.loads(raw.decode("utf-8"), object_pairs_hook=once, parse_constant=no_number)
    except RecursionError:
        raise ValueError("the body is nested too deeply") from None
    if not isinstance(said, dict):
        raise ValueError(f"the body must be a JSON object, not {type(said).__name__}")
    return said


def _command(said: object, step: str, day: str) -> list[str]:
    words = said if isinstance(said, list) and all(isinstance(word, str) for word in said) else []
    answer, end = words[:-2], words[-2:]
    rules = _ANSWER if step == "validate" else ()
    # an answer is a command, who gave it, and perhaps why
    allowed = not answer or (
        2 <= len(answer) <= len(rules)
        and all(re.fullmatch(rule, word, re.DOTALL) for rule, word in zip(rules, answer, strict=False))
    )
    if not allowed or end != ["--day", day]:
        raise ValueError(f"Cmd: must be ['--day', '{day}'], for validate after a person's answer, got {said!r:.200}")
    return words


def _environment(said: object, step: str) -> list[str]:
    fixed = ["MICROSTEP_DATA_ROOT=/data", "MICROSTEP_CONFIG=/config/pipeline.toml", "MICROSTEP_LOG_FORMAT=text"]
    fixed += ["MLFLOW_TRACKING_URI=http://mlflow:5000"] if step in WITH_REGISTRY else []
    variables = said if isinstance(said, list) and all(isinstance(each, str) for each in said) else []
    image = [each for each in variables if re.fullmatch("MICROSTEP_IMAGE=sha256:[0-9a-f]{64}", each)]
    if len(image) != 1 or sorted(variables) != sorted(fixed + image):
        raise ValueError(f"Env: must be {fixed} and MICROSTEP_IMAGE=<id>, each once, got {said!r:.500}")
    return variables


def _mounts(said: object, step: str, house: House) -> list[dict[str, object]]:
    def bind(source: str, target: str, *, fixed: bool) -> dict[str, object]:
        return {"Type": "bind", "Source": f"{house.root}/{source}", "Target": target, "ReadOnly": fixed}

    mounts = [bind("data", "/data", fixed=False), bind("pipeline.toml", "/config/pipeline.toml", fixed=True)]
    if step in WITH_REGISTRY:
        volume = f"{REGISTRY_LOGIN}-{step}"
        mounts.append({"Type": "volume", "Source": volume, "Target": "/run/registry", "ReadOnly": True})
    # the last is there when the step needs a secret
    if isinstance(said, list) and len(said) > len(mounts) and step in ("generate", *WITH_REGISTRY):
        secrets = "secrets/sql" if step == "generate" else "secrets/models"
        mounts.append(bind(secrets, "/run/secrets", fixed=True))
    return mounts


def _compare(said: object, built: object, where: str) -> None:
    """Raises ValueError with the first place where two values differ, in kind or in content."""
    if isinstance(said, dict) and isinstance(built, dict):
        for key in [*said, *built]:
            if key not in built:
                raise ValueError(f"{where}{key}: is no part of a step's container; leave it out")
            if key not in said:
                raise ValueError(f"{where}{key}: is missing; a step's container has {built[key]!r:.200}")
            _compare(said[key], built[key], f"{where}{key}.")
    elif isinstance(said, list) and isinstance(built, list) and len(said) == len(built):
        for number, (one, other) in enumerate(zip(said, built, strict=True)):
            _compare(one, other, f"{where}{number}.")
    elif type(said) is not type(built) or said != built:
        raise ValueError(f"{where.rstrip('.')}: must be {built!r:.200}, got {said!r:.200}")


def _dictionary(said: dict[str, Any], key: str) -> dict[str, Any]:
    if not isinstance(found := said.get(key), dict):
        raise ValueError(f"{key}: must be a JSON object, got {found!r:.200}")
    return found


def _matching(said: dict[str, Any], key: str, rule: str) -> str:
    found = said.get(key)
    if not isinstance(found, str) or not re.fullmatch(rule, found):
        raise ValueError(f"{key}: must match {rule}, got {found!r:.200}")
    return found


def _number(said: dict[str, Any], key: str, least: int, most: int) -> int:
    found = said.get(key)
    if type(found) is not int or not least <= found <= most:
        raise ValueError(f"{key}: must be a whole number from {least} to {most}, got {found!r:.200}")
    return found


def _one_of(said: dict[str, Any], key: str, allowed: list[str]) -> str:
    if (found := said.get(key)) not in allowed:
        raise ValueError(f"{key}: must be {' or '.join(allowed)}, got {found!r:.200}")
    return str(found)


def _pair(label: object) -> tuple[str, str]:
    key, _, value = str(label).partition("=")
    return key, value
