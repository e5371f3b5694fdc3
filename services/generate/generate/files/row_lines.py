"""Lines of a table that are no rows, though they can be read: blank ones at the end, totals, the header again."""

from __future__ import annotations

import re
from collections.abc import Sequence

from generate.files.dialect import Header

TOTALS = "a line of totals at the end"
HEADER = "the header again"
_TOTAL = re.compile(
    "(grand |sub)?totals?|sums?|(gesamt|zwischen)?summen?|gesamt|insgesamt|total g[e\u00e9]n[e\u00e9]ral|somme|totaal"
    "|totale|suma|\u0438\u0442\u043e\u0433\u043e|\u0432\u0441\u0435\u0433\u043e|\u5408\u8ba1|\u5408\u8a08|\u603b\u8ba1",
    re.IGNORECASE,
)


def is_total(fields: Sequence[str]) -> str | None:
    """The word at the beginning of a line of totals; None where it is none."""
    given = [field.strip() for field in fields if field.strip()]
    word = given[0] if given else ""
    return word if len(fields) > 1 and _TOTAL.fullmatch(word.rstrip(": ")) else None


def without_blank_end(text: bytes, header: Header) -> int:
    """How long a text of complete records is without the lines at its end that hold no value at all."""
    dialect = header.dialect
    quote = dialect.quote.encode()
    filled = len(text.rstrip(b" \t\r\n" + dialect.delimiter.encode() + quote))
    end = text.find(b"\n", filled) + 1 if filled else 0
    if end >= len(text) or (filled and not end):
        return len(text)
    odd = quote and (text.count(quote, 0, end) % 2 or text.count(quote, end) != 2 * text.count(quote * 2, end))
    if odd or (quote and quote * 3 in text[end:]):
        return len(text)  # the end of a quoted value, or one that is a quote
    return end
