"""Which files of `inbox/labels/` are to be read: one answer for a run and for its dry run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from contract.config import Config
from contract.datasets.manifest import PLANNED
from contract.layout import Layout
from generate.files.open_table import is_table
from generate.inbox import state_of
from generate.labels import record
from generate.labels.search import rows_by_day


def to_read(
    layout: Layout, known: Mapping[str, record.Done], rows: dict[str, str], asked: record.Asked
) -> Iterator[Path]:
    """The files that are new or changed, or were read for other rows, another key or another target than now.

    :param known: what was done with each file
    :param rows: the identity of each day's rows
    """
    for path in sorted(layout.labels.iterdir()):
        if path.is_file() and is_table(path.name) and not path.name.startswith((".", "_")):
            before = known.get(path.name)
            if before is None or not before.holds(state_of(path), rows, asked):
                yield path


def foreseen(layout: Layout, config: Config) -> list[str]:
    """The names of the files that a run would read after writing the rows that a dry run counts as written."""
    rows = {day: data.manifest.identity for day, data in rows_by_day(layout, config.key).items()}
    for path, manifest in PLANNED.items():
        if path == layout.raw_data(manifest.day) and config.key in [field.name for field in manifest.schema]:
            rows[manifest.day] = ""  # whatever they will be, no file was read for them
    asked = (config.table.key, config.table.target)
    return [layout.name(path) for path in to_read(layout, record.read(layout.spread), rows, asked)]
