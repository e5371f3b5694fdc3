"""Whether a processed day was made by what `pipeline.toml` says now: every step that reads one asks here."""

from __future__ import annotations

import logging
from typing import Any

from contract.config import GROUP, Config
from contract.datasets.dataset import Dataset
from contract.errors import DataError

log = logging.getLogger("processed")

_JUDGES = ("min", "max", "values", "missing")
"""Rules of a column that only decide which rows are rejected."""


def misfit(day: Dataset, config: Config, *, grouped: bool = False) -> str | None:
    """How a processed day differs from what `pipeline.toml` asks for, in words; None if it fits.

    These must be the same: target, task, positive class and classes, key, group and test_fraction, missing values, the
    type of each column that a step reads, and the spelling of columns whose text tells rows apart. `grouped`: the
    reader also needs to know which entity each row belongs to.
    """
    settings, there = day.manifest.settings, {field.name for field in day.manifest.schema}
    if "table" in settings:
        table = settings["table"] | settings.get("numbers", {}) | {"timezone": settings.get("timezone")}
        then, now = _rules(table, settings["columns"], config), rules(config)
        if different := next((name for name in now if then.get(name) != now[name]), None):
            return (
                f"was made with {different} {_shown(then.get(different))}, pipeline.toml has {_shown(now[different])}"
            )
    if lacking := [name for name in config.kept if name not in there]:
        return f"was made without the column {lacking[0]}, which pipeline.toml: columns.{lacking[0]} asks for"
    if grouped and GROUP not in there:
        return "was made by an earlier version, which did not record the entity of each row"
    return None


def check(day: Dataset, config: Config, *, grouped: bool = False) -> None:
    """Raise DataError for a processed day that does not fit, with the way out."""
    if reason := misfit(day, config, grouped=grouped):
        name = day.path.name
        raise DataError(f"processed/{name}: {reason}; make it again: preprocess --day {name}")


def other_rules(day: Dataset, config: Config) -> list[str]:
    """The keys of pipeline.toml whose rules rejected other rows of a day; that makes no accepted row wrong."""
    settings, target = day.manifest.settings, config.table.target
    columns = {column["name"]: column for column in settings.get("columns", ())}
    kept = settings.get("table", {}).get("on_new_category") == "score" and config.table.on_new_category == "reject"
    closed = any(config.columns[name].values is not None for name in config.features)
    return (["table.on_new_category"] if kept and closed else []) + [
        f"columns.{name}.{rule}"
        for name, column in config.columns.items()
        if name in columns
        for rule in _JUDGES
        if (name, rule) != (target, "values") and _plain(columns[name].get(rule)) != _plain(getattr(column, rule))
    ]


def rules(config: Config) -> dict[str, Any]:
    """What a processed day must have been made by, for each key of pipeline.toml."""
    columns = [
        {
            "name": name,
            "type": column.type,
            "role": column.role,
            "values": column.values,
            "unit": column.unit,
            "format": column.format,
        }
        for name, column in config.columns.items()
    ]
    names = ("target", "task", "positive", "key", "group", "test_fraction", "missing_values")
    table = {name: getattr(config.table, name) for name in names}
    marks = {name: getattr(config.source, name, None) for name in ("decimal", "thousands")}
    return _rules(table | marks | {"timezone": config.schedule.timezone}, columns, config)


def _rules(table: dict[str, Any], columns: list[dict[str, Any]], config: Config) -> dict[str, Any]:
    """What decides about the rows that today's steps read, for each key of pipeline.toml."""
    by_name = {column["name"]: column for column in columns}
    # what an earlier version did not have yet was what its default says today
    found = {f"table.{name}": table.get(name) for name in ("target", "task", "positive", "key", "test_fraction")}
    found["table.group"] = table.get("group") or table.get("key")
    found["table.missing_values"] = sorted(table.get("missing_values") or ())
    found |= {"source.decimal": table.get("decimal") or ".", "source.thousands": table.get("thousands")}
    target = config.table.target
    if config.table.key is None:
        # rows are told apart by all that a model may see, so a feature more or less moves them to the other part
        apart = {name for name in by_name if by_name[name].get("role", "feature") == "feature"}
        found["the features"] = sorted(apart - {table.get("key"), target})
    found[f"columns.{target}.values"] = sorted(by_name.get(target, {}).get("values") or ())
    for name in dict.fromkeys([config.key, config.group, target, *config.kept]):
        if name in config.columns:
            found[f"columns.{name}.type"] = by_name.get(name, {}).get("type")
            found[f"columns.{name}.unit"] = by_name.get(name, {}).get("unit")
            if config.table.key is None or name in (config.key, config.group):
                # a word is written as the list has it, and its text says whose the row is
                found[f"columns.{name}.values"] = sorted(by_name.get(name, {}).get("values") or ())
            if config.columns[name].type == "datetime":
                found[f"columns.{name}.format"] = by_name.get(name, {}).get("format") or "iso"
                found["schedule.timezone"] = table.get("timezone")
    return found


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, list | tuple) else value


def _shown(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(repr, value)) or "none"
    return "none" if value is None else str(value)
