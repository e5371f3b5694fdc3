"""In which form a file writes its numbers: the mark of a fraction, of thousands, and units beside them."""

from __future__ import annotations

import re
from collections import Counter, defaultdict

import pyarrow as pa
import pyarrow.compute as pc

from contract.number_text import NumberForm
from generate.files.table_file import TableFile

FORMS = (
    NumberForm(),
    NumberForm(","),
    *(NumberForm(decimal, mark) for mark in ".,'\u2019 _" for decimal in ",." if mark != decimal),
)
"""Those before others where nothing tells between them."""
ENOUGH = 0.98
"""The fraction of a column's values that must be numbers."""
NUMBER = re.compile(r"[+\u2212-]?[\d.,'\u2019 \u00a0]*\d[\d.,'\u2019 \u00a0]*")
_MISSING = ("", "NA", "N/A", "NaN", "nan", "NULL", "null", "None", "?", "-", "n/a")
_ASKED = 1000
"""So many plain values of a batch are asked whether another form reads them, too."""
# three letters or a sign before or behind digits: what a unit looks like
_BESIDE = r"\s*[^\d.,+\-\s\x{2212}]{0,4}\s*"
_UNIT = rf"^{_BESIDE}([+\-\x{{2212}}]?){_BESIDE}([\d.,].*?){_BESIDE}$"


def number_form(table: TableFile, delimiter: str) -> tuple[NumberForm, str]:
    """The form that makes numbers of most columns, and what is in doubt about it."""
    given: Counter[str] = Counter()
    read: dict[NumberForm, Counter[str]] = defaultdict(Counter)
    for batch in table.batches(table.schema.names):
        for name, column in zip(batch.schema.names, batch.columns, strict=True):
            if pa.types.is_string(column.type):
                _count(name, column, given, read)
    columns = {form: {name for name in given if read[form][name] >= ENOUGH * given[name]} for form in FORMS}
    best = max(FORMS, key=lambda form: (len(columns[form]), sum(read[form].values())))
    if len(columns[best]) == len(columns[FORMS[0]]):
        return FORMS[0], ""
    rival = {NumberForm(","): NumberForm(".", ","), NumberForm(".", ","): NumberForm(",")}.get(best)
    if rival is not None and len(columns[rival]) == len(columns[best]):
        # 1,234 alone: whoever puts ; between fields needs the comma
        best, rival = (
            (NumberForm(","), NumberForm(".", ",")) if delimiter == ";" else (NumberForm(".", ","), NumberForm(","))
        )
        name = min(columns[best] - columns[FORMS[0]], default="")
        mark = "thousands" if best.thousands is None else "a fraction"
        return best, f"could not be told for sure: the comma in {name!r} may as well be of {mark}"
    return best, ""


def _count(name: str, column: pa.Array, given: Counter[str], read: dict[NumberForm, Counter[str]]) -> None:
    text = _given(column)
    counts = pc.value_counts(text)
    values, times = counts.field("values"), counts.field("counts")
    given[name] += len(text)
    plain = FORMS[0].plain(values).is_valid()
    read[FORMS[0]][name] += pc.sum(times.filter(plain)).as_py() or 0
    others, others_times = values.filter(pc.invert(plain)), times.filter(pc.invert(plain))
    others = pc.replace_substring_regex(others, _UNIT, r"\1\2") if len(others) else others
    plainly, plainly_times = values.filter(plain), times.filter(plain)
    asked, total = plainly[:_ASKED], pc.sum(plainly_times).as_py() or 0
    for form in FORMS[1:]:
        share = pc.sum(form.plain(asked).is_valid()).as_py() or 0
        read[form][name] += round(total * share / len(asked)) if len(asked) else 0
        if len(others):
            read[form][name] += pc.sum(others_times.filter(form.plain(others).is_valid())).as_py() or 0
    if len(others):
        read[FORMS[0]][name] += pc.sum(others_times.filter(FORMS[0].plain(others).is_valid())).as_py() or 0


def _given(values: pa.Array) -> pa.Array:
    """Texts without blanks around them, less those that stand for a missing value."""
    text = pc.utf8_trim_whitespace(values)
    return text.filter(pc.invert(pc.is_in(text, value_set=pa.array(_MISSING)))).drop_null()


def unit_of(values: pa.Array, form: NumberForm) -> str | None:
    """The one unit that stands beside the numbers of a column (`$`, `%`, `kg`); None where there is none, or several.

    `values`: its different values. All but a little dirt must be numbers with it.
    """
    text = _given(values)
    beside = pc.replace_substring_regex(
        text, r"[+\-\x{2212}]?[\d.,'_\s\x{2019}\x{a0}\x{202f}]*\d[\d.,'_\s\x{2019}\x{a0}\x{202f}]*", ""
    )
    found = Counter(unit for unit in pc.utf8_trim_whitespace(beside).to_pylist() if unit)
    if not found:
        return None
    unit, _ = found.most_common(1)[0]
    if re.search(r"[\d\s.,+-]", unit) or len(unit) > 8:
        return None
    numbers = NumberForm(form.decimal, form.thousands, unit).plain(text).is_valid()
    return unit if (pc.sum(numbers).as_py() or 0) >= ENOUGH * len(text) else None
