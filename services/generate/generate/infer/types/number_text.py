"""Numbers as people write them: which there are, and the unit beside them."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from contract.texts.numbers import NumberForm
from generate.infer.types.dates import NEVER
from generate.infer.types.number_forms import unit_of as any_unit
from generate.infer.types.shapes import Shapes, total

INTEGER = r"^[+-]?\d{1,18}$"
NUMBER = r"^[+-]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?$"
WHOLE = r"^[+-]?\d+(\.0*)?$"
"""A whole number, as floats are written, too."""
CODE = r"^-?0\d|^\+\d{8,}$|^[+-]?\d{16,}(\.0*)?$"
"""Digits that name a thing, such as a postal code or an account: a number loses the 0, the + or the last digits."""
LONG_CODE = r"^\+\d{8,}$|^[+-]?\d{16,}"
"""The shape of a code without a 0 before it."""
LIKE_WORD = r"^[^\d]{1,20}$|^#DIV/\d!$|^\d+[-/.]\d+[-/.]\d+"
"""The shape of a word."""
WORD = r"^[^\d]{1,20}$|^#DIV/0!$|" + NEVER
"""No digit, or zeros for a date: what stands where a number is missing, perhaps."""
DRESSED = (
    r"^[$€£¥]?\s?[+-]?\d[\d' \x{a0}\x{202f}]*[.,]\d[\d.,']*\s?\D{0,4}$"
    r"|^[$€£¥]\s?[+-]?\d[\d.,' ]*$|^[+-]?\d[\d.,' ]*\s?[%$€£¥]$"
)
"""A number with marks or a unit that nobody has told of."""

_BELOW_ZERO = r"^\([^()]*9[^()]*\)$|\.9+\s*[-\x{2212}]$"

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


def unit_of(shapes: Shapes, form: NumberForm) -> str | None:
    """The unit that stands beside a column's numbers, where it is a sign or a known one: c12 and t13 are codes."""
    unit = any_unit(shapes, form)
    if unit is None or unit in _MONEY or not any(map(str.isalpha, unit)):
        return unit
    behind = total(shapes.texts, pc.ends_with(shapes.known, unit))
    return unit if unit in _UNITS and 2 * behind > shapes.texts.sum() else None


def plain(text: pa.Array, shapes: Shapes, form: NumberForm) -> pa.Array:
    """Texts of numbers as programs write them; others as they are, or empty."""
    if form != NumberForm() or pc.any(shapes.match(_BELOW_ZERO)).as_py():
        return form.plain(text).fill_null("")
    if not pc.any(pc.match_substring(shapes.known, "\N{MINUS SIGN}")).as_py():
        return text
    return pc.replace_substring(text, "\N{MINUS SIGN}", "-")
