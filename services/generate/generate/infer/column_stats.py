"""What is seen in a column, gathered batch by batch in bounded memory."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from contract.config.data import Table
from contract.texts.numbers import NumberForm
from contract.texts.values import canonical
from generate.infer.types.date_formats import DateFormats
from generate.infer.types.dates import ISO, LIKE_ISO, LOOKS_LIKE_ONE
from generate.infer.types.number_forms import NumberShapes
from generate.infer.types.number_text import (
    CODE,
    DRESSED,
    INTEGER,
    LIKE_WORD,
    LONG_CODE,
    NUMBER,
    WHOLE,
    WORD,
    plain,
    unit_of,
)
from generate.infer.types.shapes import Shapes, counter_of, total

MOST_DISTINCT = 50_000
"""Distinct values are counted up to here; then the rows so far tell how they repeat."""
MOST_WORDS = 200
"""Distinct texts without a digit: with more they are a column of texts."""
LONGEST = 200
"""Characters; a column with a longer value is free text, whose values are not kept."""

# the default, which the written configuration leaves as it is where it does no harm
MISSING = Table(target="target", task="regression").missing_values


@dataclass
class ColumnStats:
    """A column's values; `levels` holds the distinct ones, each as its one text, with their rows."""

    name: str
    floating: bool
    """The file itself says that these are floating-point numbers."""
    form: NumberForm = field(default_factory=NumberForm)
    """How the table writes numbers; the unit beside them is found in the first rows."""
    number_shapes: NumberShapes = field(default_factory=NumberShapes)
    """What tells that form, where all values are texts."""
    most_distinct: int = field(default_factory=lambda: MOST_DISTINCT)
    rows: int = 0
    given: int = 0
    """Values that are not missing."""
    integers: int = 0
    wholes: int = 0
    """Whole numbers, those that are written as floats among them."""
    numbers: int = 0
    datetimes: int = 0
    """Values in ISO 8601; other forms are in `dates`."""
    dates: DateFormats = field(default_factory=DateFormats)
    codes: int = 0
    dressed: int = 0
    """What would be a number without its marks or its unit."""
    date_like: int = 0
    """What people take for a date, whether a format reads it or not."""
    low: float = float("inf")
    high: float = float("-inf")
    levels: Counter[str] = field(default_factory=Counter)
    counted: int = 0
    """Values that went into `levels`."""
    free: bool = False
    """Holds values that are too long for anything but free text."""
    spaced: bool = False
    """Holds values with blanks inside."""
    parts: int = 0
    """Words of the distinct texts, as blanks part them; `characters` of `texts` of them."""
    characters: int = 0
    texts: int = 0
    odd: str = ""
    """A value that is no number."""
    words: Counter[str] = field(default_factory=Counter)
    """Values without a digit, while they are few."""
    stand_ins: Counter[str] = field(default_factory=Counter)
    """The texts of `MISSING` that were there, with their rows."""
    consecutive: bool = True
    """Each value is the one before and 1, from 0 or 1 on."""
    first: int = -1
    """The first value of such a numbering."""

    def add(self, values: pa.Array) -> None:
        """Look at the next rows."""
        form = self.form if pa.types.is_string(values.type) else NumberForm()
        self._follow(values)
        self.rows += len(values)
        text = pc.utf8_trim_whitespace(values.cast(pa.string()))
        counts = pc.value_counts(text.filter(pc.is_valid(text)))
        distinct, times = counts.field("values"), counts.field("counts")
        missing = pc.is_in(distinct, value_set=pa.array(MISSING, pa.string()))
        if pc.any(missing).as_py():
            self.stand_ins.update(counter_of(distinct.filter(missing), times.filter(missing)))
            distinct, times = distinct.filter(pc.invert(missing)), times.filter(pc.invert(missing))
        if not len(distinct):
            return
        self.given += _total(times)
        distinct = self._add_numbers(distinct, times, form)
        if self.free:
            self.levels.clear()
        elif len(self.levels) < self.most_distinct:
            self.levels.update(counter_of(canonical(distinct), times))
            self.counted = self.given

    def _add_numbers(self, distinct: pa.Array, times: pa.Array, form: NumberForm) -> pa.Array:
        """Count numbers and other texts; gives the values, numbers as programs write them."""
        shapes = Shapes.of(distinct, times)
        if form is self.form:
            self.number_shapes.add(shapes)
            if not self.counted and not self.free:
                self.form = form = replace(form, unit=unit_of(shapes, form))
        text = plain(distinct, shapes, form)
        shapes = shapes if text is distinct else Shapes.of(text, times)
        are_numbers = shapes.match(NUMBER)
        number = shapes.each(are_numbers)
        if pc.any(number).as_py():
            self._add_measures(text.filter(number), shapes.filter(are_numbers))
        self.dates.add(distinct, times)
        if not pc.all(number).as_py():
            others = pc.invert(number)
            self._add_texts(distinct.filter(others), times.filter(others))
        return distinct if text is distinct else pc.if_else(number, text, distinct)

    def _add_measures(self, text: pa.Array, shapes: Shapes) -> None:
        """Count numbers; what no shape tells is asked of those alone that may have it."""
        floats = text.cast(pa.float64())
        range_ = pc.min_max(floats)
        self.low, self.high = min(self.low, range_["min"].as_py()), max(self.high, range_["max"].as_py())
        self.numbers += int(shapes.times.sum())
        self.integers += total(shapes.rows, shapes.match(INTEGER))
        digits = shapes.match(r"^[+-]?\d+$")
        fraction = pc.and_(pc.equal(pc.floor(floats), floats), pc.invert(shapes.each(digits)))
        self.wholes += total(shapes.rows, digits) + shapes.count(text, fraction, WHOLE)
        zero = pc.and_(
            pc.or_(pc.starts_with(text, "0"), pc.starts_with(text, "-0")), shapes.each(shapes.match(r"^-?\d\d"))
        )
        self.codes += shapes.count(text, pc.or_(zero, shapes.each(shapes.match(LONG_CODE))), CODE)

    def _add_texts(self, distinct: pa.Array, times: pa.Array) -> None:
        shapes = Shapes.of(distinct, times)
        self.odd = self.odd or distinct[0].as_py()[:50]
        self.datetimes += shapes.count(distinct, shapes.each(shapes.match(LIKE_ISO)), ISO)
        self.dressed += total(shapes.rows, shapes.match(DRESSED))
        self.date_like += total(shapes.rows, shapes.match(LOOKS_LIKE_ONE))
        if len(self.words) <= MOST_WORDS:
            maybe = shapes.each(shapes.match(LIKE_WORD))
            some, of_some = distinct.filter(maybe), times.filter(maybe)
            word = pc.match_substring_regex(some, WORD)
            self.words.update(counter_of(some.filter(word), of_some.filter(word)))
        lengths = pc.utf8_length(shapes.known).to_numpy()
        blanks = int(pc.count_substring_regex(shapes.known, r"\s+").to_numpy() @ shapes.texts)
        self.free = self.free or bool(lengths.max() > LONGEST)
        self.spaced = self.spaced or blanks > 0
        self.parts += blanks + len(distinct)
        self.characters += int(lengths @ shapes.texts)
        self.texts += len(distinct)

    def _follow(self, values: pa.Array) -> None:
        """See whether the values number the rows."""
        if not self.consecutive or not len(values):
            return
        try:
            numbers = values.cast(pa.int64())
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
            self.consecutive = False
            return
        if not self.rows and numbers[0].as_py() in (0, 1):
            self.first = numbers[0].as_py()
        expected = np.arange(self.first + self.rows, self.first + self.rows + len(numbers))
        self.consecutive = self.first >= 0 and numbers.null_count == 0 and bool((numbers.to_numpy() == expected).all())

    def without(self, word: str) -> None:
        """Take a text for a missing value that was taken for a given one."""
        times = self.words.pop(word, 0)
        self.given -= times
        self.counted -= times if self.levels.pop(word, 0) else 0
        self.stand_ins[word] += times

    def with_(self, word: str) -> None:
        """Take a text for a value that was taken for a missing one."""
        times = self.stand_ins.pop(word, 0)
        self.given += times
        self.counted += times
        if times:
            self.levels[word] += times
            self.words[word] += times

    @property
    def unit(self) -> str | None:
        """What stands beside each number, such as $ or %."""
        return self.form.unit

    @property
    def missing(self) -> int:
        """Rows without a value."""
        return self.rows - self.given

    @property
    def distinct(self) -> int:
        """How many different values were seen, at least."""
        return len(self.levels)


def _total(times: Any) -> int:
    return pc.sum(times).as_py() or 0
