"""The form in which a file writes its numbers: decimal and thousands separators, and units beside them."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from contract.texts.numbers import NumberForm
from generate.infer.types.names import NOTHING
from generate.infer.types.shapes import Shapes, total

FORMS = (
    NumberForm(),
    NumberForm(","),
    *(NumberForm(decimal, mark) for mark in ".,'\u2019 _" for decimal in ",." if mark != decimal),
)
"""Forms that go before others where nothing tells between them."""
ENOUGH = 0.98
"""The fraction of a column's values that must be numbers."""
NUMBER = re.compile(r"[+\u2212-]?[\d.,'\u2019 \u00a0]*\d[\d.,'\u2019 \u00a0]*")
_MOST_SHAPES = 1000
"""Of one column; numbers have fewer."""
_LONGEST = 50
_MOST_ENDS, _FEWEST_BESIDE = 2, 20
"""Different values with a + behind them, and of all."""
"""Characters: what is longer is no number."""
# three letters or a sign before or behind digits: what a unit looks like
_BESIDE = r"\s*[^\d.,+\-\s\x{2212}]{0,4}\s*"
_AMOUNT = r"[+\-\x{2212}]?[\d.,'_\s\x{2019}\x{a0}\x{202f}]*\d[\d.,'_\s\x{2019}\x{a0}\x{202f}]*"
_NUMERO = re.compile(r"#|\u2116|n[ro\u00ba\u00b0]", re.IGNORECASE)
"""The sign before the number of a thing: it measures nothing."""
_SIGN = r"^\s*[+\-\x{2212}]|[\-\x{2212}]\s*$"
_UNIT = rf"^{_BESIDE}([+\-\x{{2212}}]?){_BESIDE}([\d.,].*?){_BESIDE}$"


@dataclass
class NumberShapes:
    """What tells in which form a column writes its numbers."""

    given: int = 0
    """Values, less the words for none."""
    rows: Counter[str] = field(default_factory=Counter)
    """Of each shape with a digit, its values."""

    def add(self, shapes: Shapes) -> None:
        """Count the next values."""
        rows = shapes.rows
        self.given += int(rows.sum()) - total(rows, nothing(shapes.known))
        for shape, number in zip(shapes.known.to_pylist(), rows.tolist(), strict=True):
            if "9" in shape and len(shape) <= _LONGEST and (len(self.rows) < _MOST_SHAPES or shape in self.rows):
                self.rows[shape] += number

    def read_by(self) -> dict[NumberForm, int]:
        """How many values each form reads, with a unit or without."""
        shapes, rows = pa.array(self.rows, pa.string()), pa.array(self.rows.values(), pa.int64()).to_numpy()
        plain = FORMS[0].plain(shapes).is_valid()
        shapes = pc.if_else(plain, shapes, pc.replace_substring_regex(shapes, _UNIT, r"\1\2"))
        return {form: total(rows, form.plain(shapes).is_valid()) for form in FORMS}


def number_form(columns: dict[str, NumberShapes], delimiter: str) -> tuple[NumberForm, str]:
    """The form that makes numbers of most columns, and what is in doubt about it."""
    read = {name: shapes.read_by() for name, shapes in columns.items()}
    by_form = {
        form: {name for name, shapes in columns.items() if read[name][form] >= ENOUGH * shapes.given} for form in FORMS
    }
    read_all = {form: (len(by_form[form]), sum(rows[form] for rows in read.values())) for form in FORMS}
    # whoever puts commas between fields has a point in numbers
    best = max(FORMS, key=lambda form: (*read_all[form], (form.decimal == ".") == (delimiter == ",")))
    if len(by_form[best]) == len(by_form[FORMS[0]]):
        return FORMS[0], ""
    swapped = NumberForm(best.thousands, best.decimal) if best.thousands in (".", ",") else best
    if swapped != best and read_all[swapped] == read_all[best]:
        return best, "is not certain: points and commas may as well be the other way round"
    rival = {NumberForm(","): NumberForm(".", ","), NumberForm(".", ","): NumberForm(",")}.get(best)
    if rival is not None and len(by_form[rival]) == len(by_form[best]):
        # 1,234 alone: whoever puts ; between fields needs the comma
        best, rival = (
            (NumberForm(","), NumberForm(".", ",")) if delimiter == ";" else (NumberForm(".", ","), NumberForm(","))
        )
        name = min(by_form[best] - by_form[FORMS[0]], default="")
        mark = "thousands" if best.thousands is None else "a fraction"
        return best, f"is not certain: the comma in {name!r} may as well be of {mark}"
    return best, ""


def nothing(text: pa.Array) -> pa.Array:
    """Which texts are usual words for a missing value."""
    return pc.is_in(pc.utf8_lower(text), value_set=pa.array(sorted(NOTHING)))


def unit_of(shapes: Shapes, form: NumberForm) -> str | None:
    """The one unit that stands beside the numbers of a column (`$`, `%`, `kg`); None where there is none, or several.

    `shapes`: of its different values. All but a little dirt must be numbers with it.
    """
    given = pc.invert(nothing(shapes.known))
    text, times = shapes.known.filter(given), shapes.texts[np.asarray(given)]
    unsigned = pc.replace_substring_regex(pc.replace_substring_regex(text, r"^\((.*)\)$", r"\1"), _SIGN, "")
    beside = pc.utf8_trim_whitespace(pc.replace_substring_regex(unsigned, _AMOUNT, ""))
    found: Counter[str] = Counter()
    for unit, number in zip(beside.to_pylist(), times.tolist(), strict=True):
        found[unit] += number
    found.pop("", None)
    if not found:
        return None
    unit, _ = found.most_common(1)[0]
    if unit == "+":  # 90+ at the end of a range; 2+ beside 2 and 3 is a mark at school
        if found["+"] > _MOST_ENDS or times.sum() < _FEWEST_BESIDE:
            return None
    elif re.search(r"[\d\s.,+-]", unit) or len(unit) > 8 or _NUMERO.fullmatch(unit):
        return None
    numbers = NumberForm(form.decimal, form.thousands, unit).plain(text).is_valid()
    return unit if total(times, numbers) >= ENOUGH * times.sum() else None
