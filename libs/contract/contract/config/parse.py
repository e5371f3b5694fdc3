"""Read `pipeline.toml` into a Config, with errors that name the file, the key, the rule and the value."""

from __future__ import annotations

import re
import tomllib
import typing
from collections.abc import Collection
from datetime import date
from pathlib import Path
from typing import Any

import msgspec

from contract.config import Config
from contract.config import data as sections
from contract.config import model as model_sections
from contract.config import source as sources
from contract.errors import ConfigError, MissingInput, did_you_mean

SOURCES: dict[str, type[sources.Section]] = {
    "synthetic": sources.Synthetic,
    "files": sources.Files,
    "sql": sources.Sql,
}
SECTIONS: dict[str, type[sources.Section]] = {
    "pipeline": sections.Pipeline,
    "table": sections.Table,
    "training": model_sections.Training,
    "decision": model_sections.Decision,
    "gate": model_sections.Gate,
    "drift": model_sections.Drift,
    "predictions": sections.Predictions,
    "schedule": sections.Schedule,
    "alerts": sections.Alerts,
}

_TOML = (
    'mend that line: key = value, texts in quotes ("yes"), lists in brackets (["no", "yes"]), true and false in lower '
    'case, each key and each table once, names that have more than letters and digits in quotes: [columns."net (EUR)"]'
)
_KINDS = {
    "int": "a whole number",
    "float": "a number",
    "str": 'a text, in quotes ("yes")',
    "bool": "true or false",
    "array": 'a list, in brackets (["no", "yes"])',
    "object": "a table",
    "date": "a day, as 2026-01-31",
}
_SAVE = "save it again as UTF-8, or convert it: iconv -f CP1252 -t UTF-8 (from UTF-16: -f UTF-16)"


def load(path: Path) -> Config:
    """The configuration in a file.

    Raises MissingInput when there is no file, ConfigError for whatever is wrong inside.
    """
    return config_of(str(path), read(path))


def read(path: Path) -> bytes:
    """The bytes of the file. Raises MissingInput when there is none."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise MissingInput(f"{path}: no configuration there; give --config or mount it") from None
    except IsADirectoryError:
        raise ConfigError(
            f"{path}: must be a file, is a directory; Docker makes one where the file to mount was not there: remove "
            "it, and mount the right path"
        ) from None


def config_of(name: str, content: bytes) -> Config:
    """The configuration in the bytes of a file that messages call by `name`. Raises ConfigError."""
    text = text_of(name, content)
    try:
        return parse(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{name}: {_no_toml(text, str(error))}") from None
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"{name}: {error}") from None


def _no_toml(text: str, message: str) -> str:
    """What the parser met, with the line that it was in, and what to do about it."""
    parts = re.fullmatch(r"(?s)(.*) \(at (?:line (\d+), column (\d+)|end of document)\)", message)
    if parts is None:
        return f"must be TOML, is not: {message}; {_TOML}"
    lines = text.splitlines()
    what = parts[1][:1].lower() + parts[1][1:]
    if parts[2] is None:
        return f"must be TOML, is not: {what} at its end: a quote or a bracket before it is not closed; {_TOML}"
    number = int(parts[2])
    line = lines[number - 1].strip() if number <= len(lines) else ""
    return f"line {number}, column {parts[3]}: must be TOML, is not: {what}, got {line!r}; {_TOML}"


def text_of(name: str, content: bytes) -> str:
    """The text of a configuration, without the mark that some editors put before it. Raises ConfigError."""
    if b"\0" in content:
        raise ConfigError(f"{name}: must be UTF-8, this looks like UTF-16; {_SAVE}")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ConfigError(f"{name}: must be UTF-8, is not (line {line}: {error}); {_SAVE}") from None


def parse(raw: dict[str, Any]) -> Config:
    """The configuration in TOML's plain values. Raises ValueError that names key, rule and value."""
    if not raw:
        raise ValueError("must have settings, has none; where pipelines/ has files, name one: MICROSTEP_PIPELINE=name")
    _known("", raw, {*SECTIONS, "source", "columns"})
    tables = {name: _section(name, raw[name], kind) for name, kind in SECTIONS.items() if name in raw}
    for name in ("source", "table", "columns", "training", "schedule"):
        if name not in raw:
            raise ValueError(f"[{name}] must be there")
    columns = {
        name: _section(f"columns.{name}", column, sections.Column)
        for name, column in _table("columns", raw["columns"]).items()
    }
    return Config(source=_source(raw["source"]), columns=columns, **tables)


def _source(raw: Any) -> Any:
    kind = _table("source", raw).get("kind")
    _one_of("source.kind", kind, SOURCES)
    assert isinstance(kind, str)
    _of_other_kinds(kind, raw)
    return _section("source", raw, SOURCES[kind], extra=frozenset({"kind"}))


def _of_other_kinds(kind: str, raw: dict[str, Any]) -> None:
    """Raise ValueError for keys that go with another kind of source: who changes the kind leaves them behind."""
    keys = {word: source.__struct_fields__ for word, source in SOURCES.items()}
    for other, others in keys.items():
        if left := [key for key in raw if key in others and key not in keys[kind]]:
            known = ", ".join(keys[kind])
            raise ValueError(
                f'source.{left[0]} must go with source.kind = "{other}", got kind = "{kind}"; remove '
                f'{", ".join(left)}: keys of "{kind}" are {known}'
            )


def _section(name: str, raw: Any, kind: type[sources.Section], extra: frozenset[str] = frozenset()) -> Any:
    _known(name, _table(name, raw), {*kind.__struct_fields__, *extra})
    if name == "training":
        candidates = raw.get("candidates")
        for index, candidate in enumerate(candidates if isinstance(candidates, list) else ()):
            named = f"training.candidates[{index}]"
            if "encode" in _table(named, candidate):
                _section(f"{named}.encode", candidate["encode"], model_sections.Encode)
            _section(named, candidate, model_sections.Candidate)
    try:
        return msgspec.convert(raw, kind)
    except msgspec.ValidationError as error:
        # only now: to resolve the hints of every table would cost as much as all the rest of reading
        for key, hint in typing.get_type_hints(kind).items():
            if typing.get_origin(hint) is typing.Literal and key in raw:
                _one_of(f"{name}.{key}", raw[key], typing.get_args(hint))
        raise ValueError(_explain(name, raw, str(error))) from None


def _table(name: str, raw: Any) -> dict[str, Any]:
    if not isinstance(raw, dict):
        raise ValueError(f"{name} must be a table, got {raw!r}")
    return raw


def _one_of(name: str, value: Any, words: Collection[str]) -> None:
    if value not in words:
        raise ValueError(f"{name} must be one of {', '.join(words)}, got {value!r}{did_you_mean(value, words)}")


def _known(section: str, raw: dict[str, Any], known: Collection[str]) -> None:
    for key in raw:
        if key not in known:
            name = f"{section}.{key}" if section else f"[{key}]"
            hint = did_you_mean(key, known) or f"; known are {', '.join(sorted(known))}"
            raise ValueError(f"{name} is not a known key{hint}")


def _explain(section: str, raw: Any, message: str) -> str:
    """Turn msgspec's "Expected `int`, got `str` - at `$.folds`" into "training.folds must be a whole number, got …"."""
    parts = re.fullmatch(r"(?s)(.*?)(?: - at `(?:key in )?\$(.*)`)?", message)
    assert parts is not None
    text, key = parts[1], section + (parts[2] or "")
    if missing := re.fullmatch(r"Object missing required field `(.*)`", text):
        return f"{key}.{missing[1]} must be given"
    if kinds := re.fullmatch(r"Expected `(.*)`, got `(.*)`|Invalid RFC3339 encoded (date)", text):
        expected = [_KINDS.get(kind, kind) for kind in (kinds[1] or kinds[3]).split(" | ") if kind != "null"]
        return f"{key} must be {' or '.join(expected)}, got {_at(raw, parts[2] or '', kinds[2] or 'str')}"
    if text[0].isupper():
        return f"{key}: {text[0].lower()}{text[1:]}".replace("`", "")
    return f"{key}.{text}"  # a rule of contract.config.data, which begins with the key


def _at(value: Any, path: str, kind: str) -> str:
    """The value at msgspec's path, or its kind where the path does not tell which of several it is."""
    try:
        for name, index in re.findall(r"\.(\w+)|\[(.*?)\]", path):
            value = value[name or int(index)]
    except ValueError:
        return kind
    return str(value) if isinstance(value, date) else repr(value)
