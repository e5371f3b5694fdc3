"""The reference of pipeline.toml: each key as a heading, with its type from the classes that read the file.

What a key means is written in docs/configuration.md, in tables that `tests/test_docs.py` holds against the code.
"""

from __future__ import annotations

import datetime
import re
import types
import typing
from collections.abc import Iterator

import msgspec

from contract.config import Config
from contract.config.model import Candidate, Costs, Range

_ROW = re.compile(r"^\| `([\w.]+)` \| (.+?) \| (.*) \|$")
_HEAD = re.compile(r"^\| key(?: of a candidate)? \| default \| meaning \|\n\|[-| ]+\n((?:\|.*\n)+)", re.MULTILINE)
_PLAIN = {
    str: "text",
    int: "whole number",
    float: "number",
    bool: "`true` or `false`",
    datetime.date: "date",
    datetime.time: "time of day",
    Costs: "table of `false_positive` and `false_negative`, both numbers",
    Range: "range",
    typing.Any: "value",
}
_PLURAL = {"text": "texts", "number": "numbers", "whole number": "whole numbers", "date": "dates", "value": "values"}


def with_a_heading_for_each_key(text: str) -> str:
    """docs/configuration.md with its tables of keys as sections, so that the search leads to the very key."""
    types_of = dict(_keys())
    seen: set[str] = set()

    def sections(table: re.Match[str]) -> str:
        return "\n".join(_section(line, types_of, seen) for line in table[1].splitlines())

    return _HEAD.sub(sections, text)


def _section(line: str, types_of: dict[str, str], seen: set[str]) -> str:
    row = _ROW.match(line)
    assert row, f"docs/configuration.md: a row must be | `key` | default | meaning |, got {line}"
    key, default, meaning = row.groups()
    heading = f"### `{key}`" if key in seen else f"### `{key}` {{ #{key} }}"
    seen.add(key)
    given = "must be given" if default == "—" else f"default: {default}"
    # the type has listed the other values already
    meaning = re.sub(r'^or `"\w+"`: ', "", meaning.strip().replace(r"\|", "|"))
    return f"{heading}\n\n{types_of[key]}, {given}\n{{ .kind }}\n\n{meaning[:1].upper()}{meaning[1:]}\n"


def _keys() -> Iterator[tuple[str, str]]:
    """Each key of pipeline.toml with its type in words."""
    for table, kind in typing.get_type_hints(Config).items():
        yield from _keys_of(table, kind)


def _keys_of(name: str, kind: typing.Any) -> Iterator[tuple[str, str]]:
    if typing.get_origin(kind) is dict:  # [columns.NAME]
        kind, name = typing.get_args(kind)[1], f"{name}.NAME"
    for struct in typing.get_args(kind) or (kind,):
        for key, key_type in typing.get_type_hints(struct).items():
            if key.startswith("_") or typing.get_origin(key_type) is typing.ClassVar:
                continue
            inner = typing.get_args(key_type)[0] if typing.get_origin(key_type) is tuple else key_type
            table = isinstance(inner, type) and issubclass(inner, msgspec.Struct)
            if not table or inner is Candidate:
                yield f"{name}.{key}", words(key_type)
            if table:
                yield from _keys_of(f"{name}.{key}", inner)


def words(kind: typing.Any) -> str:
    """A type as somebody says it who writes TOML."""
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin is typing.Literal:
        return " or ".join(f'`"{value}"`' for value in arguments)
    if origin in {types.UnionType, typing.Union}:
        return " or ".join(words(each) for each in arguments if each is not type(None))
    if origin in {tuple, list}:
        inner = words(arguments[0])
        many = arguments[-1] is Ellipsis or origin is list
        return f"{'list' if many else 'pair'} of {_PLURAL.get(inner, f'{inner}s')}"
    if origin is dict:
        inner = words(arguments[1])
        return f"table of {_PLURAL.get(inner, inner)}"
    return _PLAIN.get(kind, "table")
