"""Numbers as people write them: which there are, and the unit beside them."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from generate.infer.types.dates import NEVER

INTEGER = r"^[+-]?\d{1,18}$"
NUMBER = r"^[+-]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?$"
WHOLE = r"^[+-]?\d+(\.0*)?$"
"""A whole number, as floats are written, too."""
CODE = r"^-?0\d|^\+\d{8,}$|^[+-]?\d{16,}(\.0*)?$"
"""Digits that name a thing, such as a postal code or an account: a number loses the 0, the + or the last digits."""
WORD = r"^[^\d]{1,20}$|^#DIV/0!$|" + NEVER
"""No digit, or zeros for a date: what stands where a number is missing, perhaps."""
DRESSED = (
    r"^[$€£¥]?\s?[+-]?\d[\d' \x{a0}\x{202f}]*[.,]\d[\d.,']*\s?\D{0,4}$"
    r"|^[$€£¥]\s?[+-]?\d[\d.,' ]*$|^[+-]?\d[\d.,' ]*\s?[%$€£¥]$"
)
"""A number with marks or a unit that nobody has told of."""

_MONEY = ("$", "€", "£", "¥", "₹", "US$", "USD", "EUR", "GBP", "CHF", "JPY", "CNY", "INR", "SEK", "NOK", "DKK", "PLN")
_UNITS = (
    *("%", "‰", "°", "°C", "°F", "K", "kg", "g", "mg", "t", "lb", "lbs", "oz", "km", "m", "cm", "mm", "mi", "ft", "in"),
    *(
        "l",
        "ml",
        "h",
        "hr",
        "hrs",
        "min",
        "mins",
        "s",
        "sec",
        "ms",
        "d",
        "day",
        "days",
        "years",
        "yrs",
        "months",
        "kWh",
    ),
    *("Wh", "kW", "W", "MW", "V", "A", "Hz", "kHz", "MHz", "GHz", "TB", "GB", "MB", "KB", "kB", "px", "mph", "km/h"),
    *("bar", "hPa", "Pa", "ppm", "cc", "bhp", "kmpl", "people", "pcs", "Stk", "Tage", "Jahre", "Std"),
)
_DRESS = re.compile(
    r"(?P<before>[^\d\s.,+\N{MINUS SIGN}-]{1,4})?\s*[+\N{MINUS SIGN}-]?\s*"
    r"\d[\d.,'\N{RIGHT SINGLE QUOTATION MARK}\s]*?\s*(?P<behind>[^\d\s.,][^\d\s]{0,5})?"
)
_SAMPLED = 500
_MOST = 0.9


@dataclass(frozen=True)
class NumberStyle:
    """The marks in a table's numbers."""

    decimal: str = "."
    thousands: str | None = None

    def plain(self, text: pa.Array, unit: str | None) -> pa.Array:
        """Texts as programs write numbers, from texts with these marks and a unit."""
        if unit:
            text = pc.utf8_trim_whitespace(pc.replace_substring(text, unit, "", max_replacements=1))
        if self.thousands:
            mark = re.escape(self.thousands)
            text = pc.replace_substring_regex(text, rf"(\d){mark}(\d\d\d)", r"\1\2")
            text = pc.replace_substring_regex(text, rf"(\d){mark}(\d\d\d)", r"\1\2")
        if self.decimal != ".":
            text = pc.replace_substring(text, self.decimal, ".")
        return pc.replace_substring(text, "\N{MINUS SIGN}", "-")


def unit_of(values: pa.Array) -> str | None:
    """The unit that nearly all values with a digit have, if it is a known one."""
    found: Counter[str] = Counter()
    some = [value for value in values.slice(0, 4 * _SAMPLED).to_pylist() if any(map(str.isdigit, value))][:_SAMPLED]
    for value in some:
        if (match := _DRESS.fullmatch(value)) is not None:
            found.update(
                {part for part in match.groups() if part in (_MONEY if part == match["before"] else _MONEY + _UNITS)}
            )
    unit, times = found.most_common(1)[0] if found else (None, 0)
    return unit if times >= _MOST * len(some) else None
