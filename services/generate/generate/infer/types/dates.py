"""The forms that people write dates in, found by the values of all rows."""

from __future__ import annotations

import re
from functools import cache

ISO = (
    r"^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])"
    r"([T ]([01]\d|2[0-3]):[0-5]\d(:[0-5]\d([.,]\d+)?)?(Z|[+-]\d\d:?\d\d)?)?$"
)
LIKE_ISO = r"^\d{4}-\d\d-\d\d"
"""The shape of such a date."""
# not \p{L}, whose ranges take 20 milliseconds to compile for each batch
_LETTER = r"[^\d\s.,/-]"
_SHORT = (
    r"(?:jan|f[e\x{e9}][bv]|m[a\x{e4}]r|mrz|mrt|a[pv]r|ma[iy]|mei|jui?[nl]|aug|ao\x{fb}|sep|o[kc]t|nov|d[e\x{e9}][cz])"
)
_MONTH = rf"(?:{_SHORT}|ene|gen|abr|mag|giu|lug|ago|set|out|ott|di[ck]){_LETTER}{{0,7}}\.?"
LOOKS_LIKE_ONE = (
    r"^(?:[^\d\s.,/-]{2,10}\.?,? )?\d{1,4}[./ -]+(?:\d{1,2}|[^\d\s.,/-]{3,9}\.?)[./ -]+\d{2,4}\b"
    # 22 de noviembre de 2026, November 22nd, 2026; 22. Nov; Mrz 26
    rf"|^(?i:(?:{_LETTER}{{2,10}}\.?,? )?(?:\d{{1,2}}(?:\.|er)? ?(?:de )?)?{_MONTH}[,/' -]+"
    rf"(?:del? )?(?:\d{{1,2}}(?:st|nd|rd|th)?,? )?\d{{4}}(?:\b|T))"
    rf"|^(?i:\d{{1,2}}[. -]+{_MONTH}(?:[/' -]+\d\d)?$|{_SHORT}{_LETTER}?\.?[/' -]+\d\d$)"
    # Q4/2026, 2026-KW48, 4. Quartal 2026
    r"|^(?i:[qw]|kw|cw) ?\d{1,2}[ /-]*\d{2,4}$|^\d{4}[ /-]*(?i:[qwhs]|kw|cw) ?\d{1,2}(?:$|-\d\b)"
    r"|^\d[ ./-]*(?i:q|quartal)[ /-]*\d{2,4}$|\d(?:\x{5e74}|\x{b144})"
)
"""What people take for a date, though no format that is known reads it: a quarter, a week, other languages."""
NEVER = r"^0+[-/.]0+[-/.]0+( 0+:0+(:0+)?)?$"
"""How databases write that there is none."""

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
    "%p": r"(?i:[ap]m|[ap]\. ?m\.)",
    "%z": r"(?:Z|[+-]\d\d:?\d\d)",
    "%Z": r"(?:UTC|GMT)",
    "%j": r"(?:00[1-9]|0[1-9]\d|[12]\d\d|3[0-5]\d|36[0-6])",
    "%G": r"(?:19|20|21)\d\d",
    "%V": r"(?:0[1-9]|[1-4]\d|5[0-3])",
    "%u": r"[1-7]",
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
    *(
        "%b %d, %Y",
        "%b %d %Y",
        "%d %b %Y",
        "%d. %b %Y",
        "%d-%b-%Y",
        "%d-%b-%y",
        "%d %b %y",
        "%d/%b/%Y",
        "%d/%b/%y",
        "%d.%b.%Y",
    ),
    *("%d%b%Y", "%d%b%y", "%b. %d, %Y", "%d %b, %Y", "%Y-%b-%d", "%Y %b %d", "%Y/%b/%d", "%b %Y", "%b-%Y", "%b-%y"),
    *("%b %y", "%Y-%b", "%Y %b", "%b, %Y"),
)
_HAN = ("%Y年%m月%d日", "%Y年%m月")
_WEEKS = ("%G-W%V", "%G-W%V-%u", "%GW%V", "%GW%V%u", "%G-%V-%u")
_ORDINAL = ("%Y-%j",)
_MONTHLY = ("%Y-%m", "%Y/%m", "%m/%Y", "%m.%Y", "%m-%Y")
COMPACT = ("%Y%m%d", "%Y%m%d%H%M%S", "%Y%m%d%H%M", "%Y%m")
NAMED_COMPACT = ("%d%m%Y", "%Y%j", "%y%m%d", "%d%m%y", "%m%d%y")
"""Digits that are days only where the column's name says so."""
_DATES = (
    *(order.format(mark) for mark in "/.- " for order in _ORDERS),
    *(name.replace("%b", month) for name in _NAMED for month in ("%b", "%B")),
    *_MONTHLY,
    *_HAN,
    *_WEEKS,
    *_ORDINAL,
    *COMPACT,
    *NAMED_COMPACT,
)
_CLOCKS = ("%H:%M:%S", "%H:%M", "%I:%M:%S %p", "%I:%M %p", "%I:%M:%S%p", "%I:%M%p", "%H:%M:%S.%f", "%H%M%S", "%H.%M")
# the time that stands behind a date, with what is between them; its zone
_PACKED = re.compile("%[Yymd]%[md]")
_LONGEST = 80
"""Characters: a browser adds the name of its time zone."""
_TAIL = re.compile(
    r"(?P<joint>T|,? (?:- |at )?| {2}|[:_-])"
    r"(?P<clock>\d{1,2}[:.]\d\d(?::\d\d(?:\.\d{1,6})?)?(?: ?[apAP](?:[mM]|\. ?[mM]\.))?|(?<=[T_-])\d{6})"
    r"(?P<gap> ?(?:GMT(?=[+-]))?)(?P<zone>Z|UTC|GMT|[+-]\d\d:?\d\d)?(?: \([^()]+\))?$"
)
_WEEKDAY = re.compile(r"^(?P<day>[A-Za-z]{3,9})(?P<gap>,? )(?=[\dA-Za-z])")
_CTIMES = ("%a %b %d %Y %H:%M:%S GMT%z", "%a %b %d %H:%M:%S %Y", "%a %b %d %H:%M:%S %Z %Y", "%a %b %d %H:%M:%S %z %Y")


def formats_of(value: str) -> list[str]:
    """The formats of strptime that a text has; those that `iso` reads are none."""
    if not any(character.isdigit() for character in value) or len(value) > _LONGEST or re.match(ISO, value):
        return []
    for form in _CTIMES:
        if re.fullmatch(pattern(form), value):
            return [form]
    clocks = [clock for clock in _CLOCKS[:7] if re.fullmatch(pattern(clock), value)]
    if clocks:
        return clocks
    head, tails = value, [""]
    if (match := _TAIL.search(value)) is not None:
        clock = [form for form in _CLOCKS if re.fullmatch(pattern(form), match["clock"])]
        zone = (
            match["gap"] + ("%Z" if match["zone"].isalpha() and match["zone"] != "Z" else "%z") if match["zone"] else ""
        )
        head, tails = value[: match.start()], [f"{match['joint']}{form}{zone}" for form in clock]
    start = ""
    if (match := _WEEKDAY.match(head)) is not None and match["day"].lower() in _weekdays():
        start = f"{'%a' if len(match['day']) == 3 else '%A'}{match['gap']}"
        head = head[match.end() :]
    if not _any_date().fullmatch(head):
        return []
    return [f"{start}{form}{tail}" for form in _DATES if re.fullmatch(pattern(form), head) for tail in tails]


def other_order(name: str) -> str:
    """The format with day and month in each other's place."""
    return name.replace("%d", "\0").replace("%m", "%d").replace("\0", "%m")


def differ(name: str, other: str) -> bool:
    """Whether two formats read a text as different days: `May` is the month in both of `%b` and `%B`."""
    return _short(name) != _short(other)


def rank(name: str) -> tuple[bool, int]:
    """The lower, the sooner a format is taken of those that fit as well."""
    # 11/22/2026 09:00 PM is written where the month comes first
    american = "%p" in name and "%d/%m" in name
    date = next((number for number, form in enumerate(("iso", *_DATES)) if name.startswith(form)), len(_DATES) + 1)
    return american, date


def _short(name: str) -> str:
    return name.replace("%B", "%b").replace("%A", "%a")


def order_of(name: str) -> tuple[str, str]:
    """What tells numbers of a day from others, their mark or %Y and it, and their order; empty where words tell it."""
    name = "%Y-%m-%d" if name == "iso" else name
    match = re.match(r"(?:%[aA]\W*)?(%[dmy]|%Y(?=(\W?)%[dm]\2%[dm]))(\W?)(%[dm])", name)
    if match is None:
        return "", ""
    # four digits are the year for certain, so that no order behind them says anything of the others
    return (match[1] if match[1] == "%Y" else "") + match[3], match[1] + match[4]


def is_clock(name: str) -> bool:
    """Whether a format is of a time of day alone."""
    return name in _CLOCKS


@cache
def _any_date() -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{pattern(form)})" for form in _DATES))


@cache
def _weekdays() -> frozenset[str]:
    return frozenset(name for day in _DAYS for name in (day.lower(), day[:3].lower()))


@cache
def pattern(name: str) -> str:
    """What a text of a format is. Without marks between them digits are padded, or 2026111 would be a date."""
    if name == "iso":
        return ISO
    parts = _PARTS | _PADDED if _PACKED.search(name) or name == "%m.%Y" else _PARTS
    # strptime reads the letters between them in either case
    text = re.sub(r"%[A-Za-z]|.", lambda match: parts.get(match[0]) or f"(?i:{re.escape(match[0])})", name)
    comment = r"(?: ?\([^()]+\))?" if name.endswith("%z") else ""
    return f"^{text}{comment}$"
