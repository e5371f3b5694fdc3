"""How the rows of a table are best put into days, from the table itself: by which column, and into how many."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from shlex import quote

import pyarrow as pa

from contract.texts.dates import DateForm
from contract.visible import visible
from generate.split.calendar import Calendar, DayReader

WINDOW_DAYS = 28
WINDOW_ROWS = 2_000
"""A window should hold so many rows, where the table has them."""
_DAY_ROWS = 20
"""Rows of a day of a table without dates: with fewer, a hash leaves days empty."""
_DENSE = 0.5
"""The share of the span's days that must have rows: else dates are too sparse for a pipeline that works day by day."""
_UNDATED = 0.05
# what a row says of itself rather than when it came, and what changes or is only planned when it comes
_BIRTH = re.compile(r"(?i:birth|born|dob($|_)|geburt|geb[_.]?dat|naissance|nacimiento)")
_LATER = re.compile(
    r"(?i:updat|modif|chang|last|expir|due|until|valid|(^|[_\s.-])(end|to|bis)($|[_\s.-])|deliver|close)"
)


@dataclass(frozen=True)
class Proposal:
    """What to give to `generate split`, and what follows from it for pipeline.toml."""

    rows: int
    by: str | None = None
    """A column of dates."""
    days: int | None = None
    """Into so many days; None for each row to its own date."""
    first_day: date | None = None
    """The first of the dates, if each row goes to its own date."""
    window_days: int = WINDOW_DAYS
    span: int = 0
    """Days from the first date to the last one, both counted; `gaps` of them have no row."""
    gaps: int = 0
    filled: int = 0
    """Days of the last window that have rows, where each row goes to its own date."""
    weekdays: tuple[int, ...] = tuple(range(7))
    """Those that have rows, as `date.weekday` counts them."""

    @property
    def days_in_window(self) -> int:
        """How many days with rows a training has at most."""
        return self.filled if self.days is None else min(self.days, self.window_days)

    @property
    def options(self) -> str:
        """As a shell takes them."""
        by = "" if self.by is None else f"--by {quote(self.by)}"
        days = "" if self.days is None else f"--days {self.days}"
        return visible(f"{by} {days}".strip())

    @property
    def why(self) -> str:
        """The reason, in words."""
        if self.by is None:
            return "no column says when a row came: rows go to days by their key"
        found = f"{self.by!r} says when a row came: {self.span - self.gaps:,} days with rows of {self.span:,}"
        return found if self.days is None else f"{found}, too thin for days of their own: rows keep their order"


def calendars_of(
    columns: Mapping[str, str], batches: Iterable[pa.RecordBatch], missing: Sequence[str], timezone: str
) -> dict[str, Calendar]:
    """The calendar of each column of dates; `columns`: their formats. Reads all batches, also where there is none."""
    readers = {name: DayReader(DateForm(form, timezone), missing) for name, form in columns.items()}
    calendars = {name: Calendar() for name in columns}
    for batch in batches:
        for name, calendar in calendars.items():
            calendar.add(readers[name].days(batch.column(name)))
    return calendars


def propose(rows: int, calendars: Mapping[str, Calendar]) -> Proposal:
    """What suits a table of so many rows, by the calendars of its columns of dates in their order."""
    good = [
        name
        for name, calendar in calendars.items()
        if len(calendar.rows) > 1 and calendar.undated <= _UNDATED * rows and not _BIRTH.search(name)
    ]
    good.sort(key=lambda name: _LATER.search(name) is not None)
    if good:
        return _by(good[0], rows, calendars[good[0]])
    return Proposal(rows, days=_days(rows, WINDOW_DAYS))


def at_most(proposal: Proposal, most: int) -> Proposal:
    """The same with so many days at most, none of them without a row."""
    if proposal.by is not None and proposal.days is None and proposal.span <= most and not proposal.gaps:
        return proposal
    with_rows = most if proposal.by is None else min(most, proposal.span - proposal.gaps)
    return Proposal(proposal.rows, proposal.by, _days(proposal.rows, with_rows), span=proposal.span, gaps=proposal.gaps)


def _by(name: str, rows: int, calendar: Calendar) -> Proposal:
    first, last = calendar.span()
    span, gaps = last - first + 1, calendar.gaps()
    if span - gaps < _DENSE * span or span < 2:
        days = _days(rows, min(WINDOW_DAYS, span - gaps))
        return Proposal(rows, name, days, span=span, gaps=gaps)
    window, held = 0, 0
    while window < span and (window < WINDOW_DAYS or held < WINDOW_ROWS):
        held += calendar.rows[last - window]
        window += 1
    window, weekdays = max(window, WINDOW_DAYS), tuple(calendar.weekdays())
    filled = sum(last - window < day <= last for day in calendar.rows)
    return Proposal(rows, name, None, date.fromordinal(first), window, span, gaps, filled, weekdays)


def _days(rows: int, most: int) -> int:
    return max(1, min(most, max(2, rows // _DAY_ROWS)))
