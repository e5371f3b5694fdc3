"""Where the records of a CSV text end, and which of its lines are none.

A quote that is not closed, or not doubled, makes a reader take the rows after it for a part of one value. So each
quote is looked at: it must stand beside a delimiter, a line end, or another quote. A record over several lines must
have as many fields as the header, and its lines must not be rows by themselves. Where that does not hold, its first
line alone is set aside, and reading goes on with the next one: no other row is lost.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from generate.files.dialect import Dialect, lines_of

Positions = npt.NDArray[np.intp]

STRAY = "a quote inside a field must be doubled, and each one closed"
SWALLOWED = "a quote takes lines that are rows by themselves for a part of one value"
_NUMBER = re.compile(r"[+-]?[\d.,:/-]+")
_LINE_END, _RETURN = 10, 13


class _MoreNeeded(Exception):
    """A record goes on after the text that is there."""


@dataclass
class Records:
    """Complete records, and lines that are none; each has its place."""

    dialect: Dialect
    width: int
    parts: list[bytes] = field(default_factory=list)
    """Complete records in order; a line that is none stands as one that has too many fields."""
    spoiled: dict[str, tuple[bytes, str]] = field(default_factory=dict)
    """Lines that are no records, with the rule that they break, by what stands in their place."""

    def mark(self, line: bytes, rule: str) -> bytes:
        """What stands in the place of a line that is none."""
        mark = f"\x1e{len(self.spoiled)}" + self.dialect.delimiter * self.width
        self.spoiled[mark] = line, rule
        return mark.encode()


def take_records(text: bytes, records: Records, *, last: bool, longest: int) -> bytes:
    """Put the complete records of a text into `records`, and give what is left of it.

    The text begins with a record. `last`: nothing comes after it; `longest`: a record has at most so many bytes.
    """
    quote = records.dialect.quote.encode()
    end = len(text) if last else text.rfind(b"\n") + 1
    if not quote or quote not in text or _without_doubt(text, end, records.dialect):
        records.parts.append(text[:end])
        return text[end:]
    marks = _Marks(text, records.dialect, records.width, last=last)
    start = 0
    while (event := marks.event(start)) is not None:
        record = marks.record_start(start, event)
        records.parts.append(text[start:record])
        try:
            start = record + _judged(text, record, records, last=last)
        except _MoreNeeded:
            if len(text) - record < longest:
                return text[record:]
            start = record + _set_aside(text, record, records, STRAY)
    end = len(text) if last else marks.record_start(start, len(text))
    records.parts.append(text[start:end])
    return text[end:]


def _without_doubt(text: bytes, end: int, dialect: Dialect) -> bool:
    """Whether each quote opens or closes a field of one line, up to a line end: most files have no others.

    `_Marks` would find no doubt, either, but at twice the cost.
    """
    if dialect.escape or not end or text[end - 1] != _LINE_END:
        return False
    content = np.frombuffer(text, np.uint8, end)
    quotes = np.flatnonzero(content == ord(dialect.quote))
    if len(quotes) % 2:
        return False
    opening, closing = quotes[::2], quotes[1::2]
    before, behind = content[opening[1:] - 1], content[closing + 1]
    edges = (ord(dialect.delimiter), _LINE_END, _RETURN)
    if len(quotes) and opening[0] and content[opening[0] - 1] not in edges:
        return False
    if not all(np.logical_or.reduce([side == edge for edge in edges]).all() for side in (before, behind)):
        return False
    lines = np.flatnonzero(content == _LINE_END)
    return not (np.searchsorted(quotes, lines) % 2).any()


def _judged(text: bytes, start: int, records: Records, *, last: bool) -> int:
    """Read one record strictly and put it, or its first line as one that is none, into `records`; gives its bytes."""
    lines: list[bytes] = []

    def texts() -> Iterator[str]:
        for line in lines_of(text, start):
            if not last and not line.endswith(b"\n"):
                break
            lines.append(line)
            yield line.decode("latin-1")  # only the marks matter, and they are ASCII
        if not last:
            raise _MoreNeeded

    try:
        fields = next(records.dialect.reader(texts(), strict=True), [])
    except csv.Error:
        return _set_aside(text, start, records, STRAY)
    if len(lines) > 1:
        if len(fields) < records.width or any(value.strip() for value in fields[records.width :]):
            return _set_aside(text, start, records, STRAY)
        if _rows_by_themselves(lines, records):
            # where the quote began and where it ended, not what lies between
            between = [
                records.mark(lines[0], SWALLOWED) + b"\n",
                *lines[1:-1],
                records.mark(lines[-1], SWALLOWED) + b"\n",
            ]
            records.parts += between
            return sum(map(len, lines))
    records.parts.append(b"".join(lines))
    return len(records.parts[-1])


def _set_aside(text: bytes, start: int, records: Records, rule: str) -> int:
    line = next(lines_of(text, start))
    records.parts.append(records.mark(line, rule) + b"\n")
    return len(line)


def _rows_by_themselves(lines: list[bytes], records: Records) -> bool:
    """Whether each line of a record has all fields, and numbers where the first has numbers."""
    rows = [line.decode("latin-1").rstrip("\r\n").split(records.dialect.delimiter) for line in lines]
    if any(len(row) != records.width for row in rows):
        return False
    quoted = next((index for index, value in enumerate(rows[0]) if records.dialect.quote in value), 0)
    strip = f"{records.dialect.quote} \t"
    rows = [[value.strip(strip) for value in row] for row in rows]
    columns = list(zip(*rows, strict=True))
    columns.pop(quoted)
    # one must be a sign of it: numbers in all lines, or else something in all lines of three fields and more
    signs = [column for column in columns if all(column)]
    numbers = [column for column in signs if all(map(_NUMBER.fullmatch, column))]
    same = all(_alike(column) for column in columns)
    # where the first field is a word, several words are a text that goes on
    goes_on = quoted > 0 and " " not in rows[0][0] and any(" " in row[0] for row in rows)
    return same and bool(numbers or (signs and records.width > 2)) and not goes_on


def _alike(values: tuple[str, ...]) -> bool:
    return len({_NUMBER.fullmatch(value) is None for value in values if value}) < 2


class _Marks:
    """The quotes and line ends of a text, as numpy finds them all at once."""

    def __init__(self, text: bytes, dialect: Dialect, width: int, *, last: bool) -> None:
        if dialect.escape:
            text = re.sub(re.escape(dialect.escape.encode()) + b".", b"xx", text, flags=re.DOTALL)
        # a line end before and behind, so that each byte has neighbours
        padded = np.frombuffer(b"\n" + text + b"\n", np.uint8)
        self._bytes = padded[1:-1]
        self._delimiter, self._width, self._last = ord(dialect.delimiter), width, last
        self._quotes = np.flatnonzero(self._bytes == ord(dialect.quote))
        self._lines = np.flatnonzero(self._bytes == _LINE_END)
        edges = np.zeros(256, dtype=bool)
        edges[[self._delimiter, _LINE_END, _RETURN]] = True
        double = np.diff(self._quotes) == 1
        self._opens, self._closes = edges[padded[self._quotes]], edges[padded[self._quotes + 2]]
        self._opens[1:] |= double
        self._closes[:-1] |= double
        self._known: dict[int, tuple[Positions, Positions]] = {}

    def event(self, start: int) -> int | None:
        """Where the first doubt is in the records from `start` on, at which one begins; None where there is none."""
        events, _ = self._of(start)
        index = int(np.searchsorted(events, start))
        if index < len(events):
            return int(events[index])
        count = len(self._quotes) - int(np.searchsorted(self._quotes, start))
        return int(self._quotes[-1]) if self._last and count % 2 else None

    def record_start(self, start: int, before: int) -> int:
        """Where the last record begins of those that begin before a place."""
        _, ends = self._of(start)
        index = int(np.searchsorted(ends, before))
        return max(start, int(ends[index - 1]) + 1) if index else start

    def _of(self, start: int) -> tuple[Positions, Positions]:
        """The doubts, and the ends of records, where a record begins at `start`: its first quote opens a field."""
        first = int(np.searchsorted(self._quotes, start)) % 2
        if first not in self._known:
            self._known[first] = self._doubts(first)
        return self._known[first]

    def _doubts(self, first: int) -> tuple[Positions, Positions]:
        closing = np.arange(len(self._quotes)) % 2 != first
        wrong = self._quotes[~np.where(closing, self._closes, self._opens)]
        inside = np.searchsorted(self._quotes, self._lines) % 2 != first
        ends = self._lines[~inside]
        if not inside.any():
            return wrong, ends
        delimiters = np.flatnonzero(self._bytes == self._delimiter)
        in_line = np.diff(np.searchsorted(delimiters, self._lines), prepend=0)
        whole = self._lines[inside & (in_line == self._width - 1)]
        outside = delimiters[np.searchsorted(self._quotes, delimiters) % 2 == first]
        in_record = np.diff(np.searchsorted(outside, ends), prepend=0)
        several = np.diff(np.searchsorted(self._lines[inside], ends), prepend=0) > 0
        ragged = ends[several & (in_record != self._width - 1)]
        return np.unique(np.concatenate([wrong, whole, ragged])), ends
