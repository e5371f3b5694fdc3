"""`[source]` of `pipeline.toml`: where a day's rows come from; and what every table of it has in common."""

from __future__ import annotations

import re
from typing import Literal

import msgspec

_QUOTED = re.compile(r"""'(?:[^']|'')*'|"(?:[^"]|"")*"|\$(\w*)\$.*?\$\1\$|--[^\n]*|/\*.*?\*/""", re.DOTALL)


class Section(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A table of `pipeline.toml`."""


class Synthetic(Section, frozen=True, tag="synthetic", tag_field="kind"):
    """Seeded data, for trying the pipeline out."""

    rows: int = 2000
    """Per day."""
    seed: int = 7
    drift: float = 0.0
    """Shift of the drifting columns per day after schedule.first_day, in standard deviations."""
    missing: float = 0.03
    """Fraction of values that are missing."""
    broken: float = 0.002
    """Fraction of rows that break a rule."""

    def __post_init__(self) -> None:
        at_least("rows", self.rows, 1)
        fraction("missing", self.missing)
        fraction("broken", self.broken)


class Files(Section, frozen=True, tag="files", tag_field="kind"):
    """What lies in `inbox/<day>/`."""

    delimiter: str = ","
    """Between the fields of a CSV file."""
    quote: str = '"'
    escape: str | None = None
    encoding: str = "utf-8"
    """The encoding of text files without a byte order mark, by Python's name."""
    skip_lines: int = 0
    sheet: str | None = None
    decimal: Literal[".", ","] = "."
    thousands: str | None = None
    allow_empty: bool = False
    """A folder that is complete without a row is a day without rows."""

    def __post_init__(self) -> None:
        marks = (self.delimiter, self.quote or "\0", self.escape or "\1")
        if len(set(marks)) < len(marks) or not all(
            len(mark) == 1 and mark.isascii() and mark not in "\r\n" for mark in marks
        ):
            raise ValueError(f"delimiter, quote and escape must be ASCII characters that differ, got {marks}")
        if self.thousands is not None and (
            self.thousands not in tuple(".,'\u2019_ ") or self.thousands == self.decimal
        ):
            raise ValueError(f"thousands must be one of . , ' \u2019 _ or a blank, not decimal, got {self.thousands!r}")
        at_least("skip_lines", self.skip_lines, 0)
        try:
            "".encode(self.encoding)
        except LookupError:
            raise ValueError(f"encoding must be one of Python's, such as cp1252, got {self.encoding!r}") from None


class Sql(Section, frozen=True, tag="sql", tag_field="kind"):
    """Queries against a database; its URL is a secret and comes from a file."""

    query: str
    """Gives the day's rows; `:day` is the day."""
    target_query: str | None = None
    """Gives key and target, when the labels are in a table of their own."""
    allow_empty: bool = False
    """A query without rows means a day without rows; otherwise it means that they are not there yet."""

    def __post_init__(self) -> None:
        if not asks_for_day(self.query):
            raise ValueError(f"query must use :day, got {self.query!r}")


Source = Synthetic | Files | Sql


def at_least(name: str, value: float, least: float) -> None:
    """Raise ValueError when a value is too small."""
    if not value >= least:
        raise ValueError(f"{name} must be at least {least:g}, got {value:g}")


def fraction(name: str, value: float) -> None:
    """Raise ValueError when a value is not in 0..1."""
    if not 0 <= value <= 1:
        raise ValueError(f"{name} must be between 0 and 1, got {value:g}")


def asks_for_day(query: str) -> bool:
    """Whether a query uses `:day` as a parameter: not in a text, a name in quotes, a comment."""
    return re.search(r"(?<![:\w\\]):day\b", _QUOTED.sub(" ", query)) is not None  # `::day` is a cast
