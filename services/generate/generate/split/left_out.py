"""Rows that go to no day: listed, reported, and refused where they are too many."""

from __future__ import annotations

import argparse
import logging
import os
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import msgspec

from contract.config import Config
from contract.errors import DataError
from generate.files.table_file import TableFile

_SHOWN = 300
"""Characters of a row in a message."""

log = logging.getLogger("generate")


@dataclass
class LeftOut:
    """The rows of a file that go to no day, and what is said about them."""

    path: Path
    """Where they are listed."""
    rows: int = 0
    read: int = 0
    """All rows of the file, these among them."""
    early: int = 0
    """Rows of days before the first one."""
    first: str = ""

    @classmethod
    def of(cls, folder: Path, name: str) -> LeftOut:
        """For a file of that name, listed in a folder."""
        return cls(folder / f"left-out-{name}.jsonl")

    def add(self, file: IO[bytes], row: int, rule: str, text: object) -> None:
        """One more for the list, with its place in the table from 1."""
        line = msgspec.json.encode({"row": row, "rule": rule, "value": text})
        self.rows, self.first = self.rows + 1, self.first or line.decode()[:_SHOWN]
        file.write(line + b"\n")


def tell(table: TableFile, left: LeftOut, config: Config, kept: Path, args: argparse.Namespace) -> None:
    """Say which rows go to no day, and keep a list of them. Raises DataError where they are too many."""
    if left.early:
        log.warning(
            "%s: %s rows are of days before schedule.first_day %s and are left out; to bring them in, write an earlier "
            "first_day into pipeline.toml",
            table.name,
            f"{left.early:,}",
            config.schedule.first_day,
        )
    if not left.rows:
        return
    allowed, rows = config.table.max_rejected_fraction, left.rows
    if rows > allowed * left.read:
        column = f" in {args.by!r}" if args.by else ""
        raise DataError(
            f"{table.name}: {rows:,} of {left.read:,} rows cannot be read or have no date{column} "
            f"({rows / left.read:.1%}), table.max_rejected_fraction allows {allowed:.1%}; the first: {left.first}; "
            "mend them, name a day for those without a date by --undated, or another column by --by"
        )
    os.replace(left.path, kept)
    log.warning(
        "%s: %s of %s rows go to no day, listed in %s; the first: %s",
        table.name,
        f"{rows:,}",
        f"{left.read:,}",
        kept,
        left.first,
    )
