"""JSON that has one reading only, and values taken out of it with a rule each; each function raises ValueError."""

import json
import re
from typing import Any, NoReturn


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


def compare(requested: object, built: object, path: str) -> None:
    """Raises ValueError with the first path at which two values differ, in kind or in content."""
    if isinstance(requested, dict) and isinstance(built, dict):
        for key in [*requested, *built]:
            if key not in built:
                raise ValueError(f"{path}{key}: is no part of a step's container; leave it out")
            if key not in requested:
                raise ValueError(f"{path}{key}: is missing; a step's container has {built[key]!r:.200}")
            compare(requested[key], built[key], f"{path}{key}.")
    elif isinstance(requested, list) and isinstance(built, list) and len(requested) == len(built):
        for number, (one, other) in enumerate(zip(requested, built, strict=True)):
            compare(one, other, f"{path}{number}.")
    elif type(requested) is not type(built) or requested != built:
        raise ValueError(f"{path.rstrip('.')}: must be {built!r:.200}, got {requested!r:.200}")


def object_at(requested: dict[str, Any], key: str) -> dict[str, Any]:
    """The object below a key."""
    if not isinstance(value := requested.get(key), dict):
        raise ValueError(f"{key}: must be a JSON object, got {value!r:.200}")
    return value


def strings(requested: object) -> list[str]:
    """The list, if it is one of strings; otherwise an empty one, which no rule allows."""
    return requested if isinstance(requested, list) and all(isinstance(item, str) for item in requested) else []


def text_at(requested: dict[str, Any], key: str, rule: str) -> str:
    """The text below a key, which must match a regular expression as a whole."""
    value = requested.get(key)
    if not isinstance(value, str) or not re.fullmatch(rule, value):
        raise ValueError(f"{key}: must match {rule}, got {value!r:.200}")
    return value


def number_at(requested: dict[str, Any], key: str, least: int, most: int) -> int:
    """The whole number below a key, within its limits."""
    value = requested.get(key)
    if type(value) is not int or not least <= value <= most:
        raise ValueError(f"{key}: must be a whole number from {least} to {most}, got {value!r:.200}")
    return value


def one_of_at(requested: dict[str, Any], key: str, allowed: list[str]) -> str:
    """The text below a key, which must be one of a few."""
    if (value := requested.get(key)) not in allowed:
        raise ValueError(f"{key}: must be {' or '.join(allowed)}, got {value!r:.200}")
    return str(value)
