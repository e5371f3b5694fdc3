"""What the settings of .env must be: most are read late, deep in a container, or make nothing start without a word."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from difflib import get_close_matches

from checkout.settings import CLUSTER, ELSEWHERE, PIPELINE, PORTS, USER
from cluster.names import good_address

from machine.findings import Finding

_UNITS = {"": 1, "b": 1, "k": 2**10, "m": 2**20, "g": 2**30}
_LEAST_MEMORY = 6 * 2**20  # the engine's own for a container
_LEAST_CPUS = 0.01
_TRUTHS = "true or false"
_MAIL = "MICROSTEP_SMTP"


def judge_values(settings: Mapping[str, str], names: frozenset[str], known: frozenset[str], cpus: int) -> list[Finding]:
    """Findings about values that nothing can work by; none for what is good or not set.

    :param names: those of settings that .env has
    :param known: the names of all settings
    :param cpus: the engine's processors, 0 when it does not say
    """
    found = []
    for name, (is_good, wanted) in _rules(cpus or 9999).items():
        text = settings.get(name, "").strip()
        if text and not is_good(text):
            got = "" if name == _MAIL else f", got {text!r}"
            # what make up writes by itself when it is not there
            remedy = f"sed -i /{name}/d .env" if name == USER else f"an editor: {name} in .env, see .env.example"
            found.append(Finding(name, f"must be {wanted}{got}", remedy))
    return [*found, *_same_ports(settings), *(_unknown(name, known) for name in sorted(names - known))]


def _rules(cpus: int) -> dict[str, tuple[Callable[[str], object], str]]:
    """What tells a good value, and what it must be."""

    def words(*good: str) -> Callable[[str], object]:
        return lambda text: text.lower() in good

    def form(pattern: str) -> Callable[[str], object]:
        return lambda text: re.fullmatch(pattern, text, re.DOTALL)

    compose_takes = words("true", "false", "yes", "no", "on", "off", "y", "n")
    return {
        "MICROSTEP_POOL_SLOTS": (form("[1-9][0-9]{0,3}"), "a whole number from 1: with less no step ever runs"),
        "MICROSTEP_PARALLELISM": (form("[1-9][0-9]{0,3}"), "a whole number from 1: with less no task ever runs"),
        "MICROSTEP_STEP_MEMORY": (
            lambda text: _memory(text) >= _LEAST_MEMORY,
            "a whole number with b, k, m or g, from 6m",
        ),
        "MICROSTEP_STEP_CPUS": (
            lambda text: _LEAST_CPUS <= _number(text) <= cpus,
            f"a number of processors from {_LEAST_CPUS} to {cpus}",
        ),
        "MICROSTEP_SCHEDULE": (words("true", "false", "t", "f", "1", "0"), _TRUTHS),
        "MICROSTEP_SQL_INTERNAL": (compose_takes, _TRUTHS),
        PIPELINE: (form("[a-z][a-z0-9_]{0,30}"), "the name of a file in pipelines/, without .toml"),
        ELSEWHERE: (lambda text: text in ("true", "false"), _TRUTHS),
        USER: (form("[0-9]+(:[0-9]+)?"), "numbers, user:group, since containers know no other names"),
        CLUSTER: (_is_address, "an IPv4 address of this machine in the network of the others, such as 10.0.0.11"),
        # or as JSON, since Airflow takes a connection so, too
        _MAIL: (form(r"smtps?://.+|\{.*"), "smtp://host:port or smtp://user:password@host:port"),
    }


def _is_address(text: str) -> bool:
    try:
        return bool(good_address(text))
    except ValueError:
        return False


def _number(text: str) -> float:
    """As the socket proxy reads it; 0 for what it refuses."""
    return float(text) if re.fullmatch(r"[0-9]{1,4}(\.[0-9]{1,9})?", text) else 0.0


def _memory(text: str) -> int:
    """In bytes, as the socket proxy reads it; 0 for what it refuses."""
    found = re.fullmatch(r"([0-9]{1,15})([bkmg]?)", text.lower())
    return int(found[1]) * _UNITS[found[2]] if found else 0


def _same_ports(settings: Mapping[str, str]) -> list[Finding]:
    """Two pages at one port: the second is not there, whatever the first does."""
    taken: dict[str, str] = {}
    found = []
    for name, usual in PORTS.items():
        port = settings.get(name) or str(usual)
        if port in taken:
            found.append(Finding(name, f"is {port}, and so is {taken[port]}", f"an editor: another {name} in .env"))
        taken.setdefault(port, name)
    return found


def _unknown(name: str, known: frozenset[str]) -> Finding:
    meant = get_close_matches(name, known, 1)
    remedy = f"sed -i s/{name}/{meant[0]}/ .env" if meant else f"sed -i /{name}/d .env"
    return Finding(name, "in .env, but no setting of this name is read", remedy, needed=False)
