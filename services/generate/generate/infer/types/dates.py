"""The forms that people write dates in, found by the values of all rows."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from functools import cache

import pyarrow as pa
import pyarrow.compute as pc

ISO = (
    r"^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])"
    r"([T ]([01]\d|2[0-3]):[0-5]\d(:[0-5]\d([.,]\d+)?)?(Z|[+-]\d\d:?\d\d)?)?$"
)
LIKE_ISO = r"^\d{4}-\d\d-\d\d"
"""The shape of such a date."""
LOOKS_LIKE_ONE = r"^\d{1,4}[./ -]+(?:\d{1,2}|\p{L}{3,9}\.?)[./ -]+\d{2,4}\b"
"""What people take for a date, though no format that is known reads it."""
NEVER = r"^0+[-/.]0+[-/.]0+( 0+:0+(:0+)?)?$"
"""How databases write that there is none."""

SAMPLED = 200
"""Distinct values of the first rows that formats are found by; all values are then counted."""
_MOST_FORMATS = 12

_MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]
_DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
# what each directive matches; stricter than strptime, to which 26 is a year and 2026113 a date
_PARTS = {
    "%d": r"(?:0?[1-9]|[12]\d|3[01])",
    "%m": r"(?:0?[1-9]|1[0-2])",
    "%Y": r"(?:(?:1[6-9]|20|21)\d\d|9999)",
    "%y": r"\d\d",
    "%H": r"(?:[01]?\d|2[0-3])",
    "%I": r"(?:0?[1-9]|1[0-2])",
    "%M": r"[0-5]\d",
    "%S": r"[0-5]\d",
    "%f": r"\d{1,6}",
    "%p": r"(?i:[ap]m)",
    "%z": r"(?:Z|[+-]\d\d:?\d\d)",
    "%Z": r"(?:UTC|GMT)",
    "%b": f"(?i:{'|'.join(name[:3] for name in _MONTHS)})",
    "%B": f"(?i:{'|'.join(_MONTHS)})",
    "%a": f"(?i:{'|'.join(name[:3] for name in _DAYS)})",
    "%A": f"(?i:{'|'.join(_DAYS)})",
}
_PADDED = {"%d": r"(?:0[1-9]|[12]\d|3[01])", "%m": r"(?:0[1-9]|1[0-2])", "%H": r"(?:[01]\d|2[0-3])"}

# of two that fit all values the first is taken: day before month, which most of the world writes
_ORDERS = (
    "%d{0}%m{0}%Y",
    "%m{0}%d{0}%Y",
    "%Y{0}%m{0}%d",
    "%d{0}%m{0}%y",
    "%m{0}%d{0}%y",
    "%y{0}%m{0}%d",
    "%Y{0}%d{0}%m",
)
_NAMED = (
    *("%b %d, %Y", "%b %d %Y", "%d %b %Y", "%d. %b %Y", "%d-%b-%Y", "%d-%b-%y", "%d %b %y", "%d/%b/%Y", "%d.%b.%Y"),
    *("%d%b%Y", "%d%b%y", "%b. %d, %Y", "%d %b, %Y", "%Y-%b-%d", "%Y %b %d", "%Y/%b/%d", "%b %Y", "%b-%Y", "%b-%y"),
    *("%b %y", "%Y-%b", "%Y %b", "%b, %Y"),
)
_HAN = ("%Y年%m月%d日", "%Y年%m月")
_MONTHLY = ("%Y-%m", "%Y/%m", "%m/%Y", "%m.%Y", "%m-%Y")
COMPACT = ("%Y%m%d", "%Y%m%d%H%M%S", "%Y%m%d%H%M", "%Y%m")
_DATES = (
    *(order.format(mark) for mark in "/.- " for order in _ORDERS),
    *(name.replace("%b", month) for name in _NAMED for month in ("%b", "%B")),
    *_MONTHLY,
    *_HAN,
    *COMPACT,
)
_CLOCKS = ("%H:%M:%S", "%H:%M", "%I:%M:%S %p", "%I:%M %p", "%I:%M:%S%p", "%I:%M%p", "%H:%M:%S.%f", "%H%M%S", "%H.%M")
# the time that stands behind a date, with what is between them; its zone
_TAIL = re.compile(
    r"(?P<joint>T|,? (?:- |at )?| {2})"
    r"(?P<clock>\d{1,2}[:.]\d\d(?::\d\d(?:\.\d{1,6})?)?(?: ?[apAP][mM])?|(?<=T)\d{6})"
    r"(?P<gap> ?)(?P<zone>Z|UTC|GMT|[+-]\d\d:?\d\d)?$"
)
_WEEKDAY = re.compile(r"^(?P<day>[A-Za-z]{3,9})(?P<gap>,? )(?=[\dA-Za-z])")
_CTIMES = ("%a %b %d %H:%M:%S %Y", "%a %b %d %H:%M:%S %Z %Y", "%a %b %d %H:%M:%S %z %Y")


@dataclass
class DateFormats:
    """The formats that a column's values may have, with how many have each."""

    matched: Counter[str] = field(default_factory=Counter)
    seen: int = 0
    """Values that were looked at."""
    begun: bool = False

    def add(self, distinct: pa.Array, times: pa.Array) -> None:
        """Count the next values, each with its number of rows."""
        if not self.begun and len(distinct):
            self.begun = True
            step = max(1, len(distinct) // SAMPLED)
            found: Counter[str] = Counter()
            for value in distinct.take(pa.array(range(0, len(distinct), step))).to_pylist():
                found.update(formats_of(value))
            for name, _ in found.most_common(_MOST_FORMATS):
                self.matched[name] = 0
        self.seen += pc.sum(times).as_py() or 0
        for name in self.matched:
            match = pc.match_substring_regex(distinct, _pattern(name))
            if pc.any(match).as_py():
                hits = distinct.filter(match)
                if "%f" not in name:  # which Arrow does not read
                    match = pc.replace_with_mask(
                        match, match, pc.is_valid(pc.strptime(hits, name, "s", error_is_null=True))
                    )
                self.matched[name] += pc.sum(times.filter(match)).as_py() or 0

    def best(self, least: float) -> tuple[str, ...]:
        """The formats that at least so many values have: the best one first, then those that are no worse."""
        good = [name for name, count in self.matched.items() if count and count >= least]
        if not good:
            return ()
        most = max(self.matched[name] for name in good)
        return tuple(sorted((name for name in good if self.matched[name] == most), key=_rank))


def formats_of(value: str) -> list[str]:
    """The formats of strptime that a text has; those that `iso` reads are none."""
    if not any(character.isdigit() for character in value) or len(value) > 40 or re.match(ISO, value):
        return []
    for form in _CTIMES:
        if re.fullmatch(_pattern(form), value):
            return [form]
    clocks = [clock for clock in _CLOCKS[:7] if re.fullmatch(_pattern(clock), value)]
    if clocks:
        return clocks
    head, tails = value, [""]
    if (match := _TAIL.search(value)) is not None:
        clock = [form for form in _CLOCKS if re.fullmatch(_pattern(form), match["clock"])]
        zone = (
            match["gap"] + ("%Z" if match["zone"].isalpha() and match["zone"] != "Z" else "%z") if match["zone"] else ""
        )
        head, tails = value[: match.start()], [f"{match['joint']}{form}{zone}" for form in clock]
    start = ""
    if (match := _WEEKDAY.match(head)) is not None and match["day"].lower() in _weekdays():
        start = f"{'%a' if len(match['day']) == 3 else '%A'}{match['gap']}"
        head = head[match.end() :]
    return [f"{start}{form}{tail}" for form in _DATES if re.fullmatch(_pattern(form), head) for tail in tails]


def other_order(name: str) -> str:
    """The format with day and month in each other's place."""
    return name.replace("%d", "\0").replace("%m", "%d").replace("\0", "%m")


def orders_differ(formats: tuple[str, ...]) -> bool:
    """Whether the data cannot tell the day from the month."""
    return len(formats) > 1 and other_order(formats[0]) in formats


def _rank(name: str) -> tuple[bool, int]:
    # 11/22/2026 09:00 PM is written where the month comes first
    american = "%p" in name and "%d/%m" in name
    date = next((number for number, form in enumerate(_DATES) if name.startswith(form)), len(_DATES))
    return american, date


@cache
def _weekdays() -> frozenset[str]:
    return frozenset(name for day in _DAYS for name in (day.lower(), day[:3].lower()))


@cache
def _pattern(name: str) -> str:
    """What a text of a format is. Without marks between them digits are padded, or 2026111 would be a date."""
    parts = _PARTS | _PADDED if name.startswith("%Y%m") or name == "%m.%Y" else _PARTS
    text = re.sub(r"%[A-Za-z]|.", lambda match: parts.get(match[0]) or re.escape(match[0]), name)
    return f"^{text}$"
