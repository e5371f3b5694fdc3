"""Which columns a file or a query must have, by the names in `[columns]`; values are preprocess's business."""

from __future__ import annotations

import difflib
import logging
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from contract.config import Config
from contract.datasets.manifest import Manifest
from contract.errors import DataError

FILE, ROW = "_file", "_row"
"""Where a row came from: columns that every raw dataset has beside its own."""

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Contents:
    """What a file or a query holds, by its columns; neither: labels that nobody asks for any more."""

    data: bool
    """The rows go to the day's data."""
    target: bool
    """The rows have labels."""


def wanted(config: Config) -> list[str]:
    """The columns of a day's data as they arrive, in the configuration's order: all but the target."""
    key = [config.table.key] if config.table.key and config.table.key not in config.columns else []
    return key + [name for name in config.columns if name != config.table.target]


def differ(where: str, names: Sequence[str]) -> None:
    """Raise DataError when two columns have the same name, or none."""
    if names.count("") > 1:
        places = ", ".join(str(place) for place, name in enumerate(names, 1) if not name)
        raise DataError(f"{where}: columns must have names, got none for those at {places}; name or remove them")
    for name, count in Counter(names).items():
        if count > 1:
            raise DataError(f"{where}: column names must differ, got {name!r} {count} times; rename or remove one")


def check(where: str, names: Sequence[str], config: Config, *, alone: bool) -> Contents:
    """Tell data from labels that come without it (key and target), where these may come `alone`.

    Raises DataError for a wrong set of columns.
    """
    differ(where, names)
    key, target = config.key, config.table.target
    if alone and target in names and not set(names) & set(wanted(config)) - {key}:
        _tell_apart(where, names, config)
    if alone and {key, target} <= set(names) and not set(names) & set(wanted(config)) - {key}:
        contents, known = Contents(data=False, target=True), {key, target}
    else:
        contents, known = Contents(data=True, target=target in names), {*wanted(config), target}
        _complete(where, names, config)
    if extra := [name for name in names if name not in known]:
        if config.table.extra_columns == "refuse":
            raise DataError(
                f"{where}: column {extra[0]!r} must be in [columns] of pipeline.toml, got {_list(extra)} beside them; "
                'add it there, remove it here, or set table.extra_columns = "drop"'
            )
        log.info("%s: columns dropped, as table.extra_columns asks: %s", where, _list(extra))
    return contents


def are_labels_of_before(names: Sequence[str], config: Config, asked: Iterable[tuple[str | None, str | None]]) -> bool:
    """Whether a file that `check` refuses has labels for a former key or target, one of those in `asked`.

    If it also has a column of a model, it holds incomplete rows instead.
    """
    there, now = set(names), {config.key, config.table.target}
    return not now <= there and any(
        key is not None and target in there and key in there and not there & set(config.kept) - {key, target}
        for key, target in asked
        if {key, target} != now
    )


def _tell_apart(where: str, names: Sequence[str], config: Config) -> None:
    """Raise DataError for labels alone where only a number says whose they are: it changes when other rows come."""
    if config.table.key is None:
        raise DataError(
            f"{where}: labels without their rows need table.key, got {_list(names)}: without a key rows are numbered "
            f"as they come, and a number is another row's as soon as other rows come; give the file of the rows the "
            f"column {config.table.target!r}, or set table.key to a column that tells rows apart"
        )


def needed(config: Config) -> list[str]:
    """Those of `wanted` without which no row can be used."""
    return [name for name in wanted(config) if name in {config.table.key, config.group, *config.kept}]


def has_needed(config: Config, data: Manifest) -> bool:
    """Whether raw rows, which may have been read for another question, have what `pipeline.toml` asks for now."""
    return {config.key, *needed(config)} <= {field.name for field in data.schema}


def _complete(where: str, names: Sequence[str], config: Config) -> None:
    for name in needed(config):
        if name not in names:
            close = difflib.get_close_matches(name, set(names) - set(needed(config)), n=1)
            hint = f" (is it {close[0]!r}?)" if close else ""
            raise DataError(
                f"{where}: column {name!r} must be there by pipeline.toml, got {_list(names)}{hint}; "
                "add it to the data, or change pipeline.toml"
            )


def _list(names: Sequence[str], most: int = 12) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(map(repr, names[:most])) + more if names else "none"
