"""Numbers as people write them, and as programs read them."""

from __future__ import annotations

import re
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

_BLANK = "[ \t\u00a0\u2007\u2009\u202f]"


@dataclass(frozen=True)
class NumberForm:
    """The marks in a column's numbers: of the fraction, of thousands, and a unit beside them."""

    decimal: str = "."
    thousands: str | None = None
    unit: str | None = None

    def plain(self, text: pa.Array) -> pa.Array:
        """`-1234.5` for `-1.234,5 €`; null for what is no number in this form: a mark of thousands has three digits.

        Bookkeepers write `(1.50)` below 0, and SAP `1.50-`; `2-` is a mark at school.
        """
        unit = f"(?:{re.escape(self.unit.strip())})?{_BLANK}*" if self.unit else ""
        mark = _BLANK if self.thousands == " " else re.escape(self.thousands or "")
        point = re.escape(self.decimal)
        whole = f"[0-9]+|[1-9][0-9]{{0,2}}(?:{mark}[0-9]{{3}})+" if mark else "[0-9]+"
        whole += "|[1-9][0-9]?(?:,[0-9]{2})+,[0-9]{3}" if mark == "," else ""  # 8,92,459 rupees
        number = f"(?:(?:{whole})(?:{point}[0-9]*)?|{point}[0-9]+)(?:[eE][+-]?[0-9]+)?|(?i:inf|infinity)"
        form = f"^{_BLANK}*{unit}([+\u2212-]?){_BLANK}*{unit}({number}){_BLANK}*{unit}$"
        read = pc.match_substring_regex(text, form)
        if not pc.all(read).as_py():
            text = pc.replace_substring_regex(
                text, f"^{_BLANK}*\\(([^()+\u2212-]*[0-9][^()+\u2212-]*)\\){_BLANK}*$", r"-\1"
            )
            behind = f"^([^+\u2212-]*{point}[0-9]+){_BLANK}*[\u2212-]{_BLANK}*({unit})$"
            text = pc.replace_substring_regex(text, behind, r"-\1\2")
            read = pc.match_substring_regex(text, form)
        text = pc.if_else(read, text, pa.scalar(None, pa.string()))
        text = pc.replace_substring(pc.replace_substring_regex(text, form, r"\1\2"), "\u2212", "-")
        text = pc.replace_substring_regex(text, mark, "") if mark else text
        return pc.replace_substring(text, self.decimal, ".")
