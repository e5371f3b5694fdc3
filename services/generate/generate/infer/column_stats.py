"""What is seen in a column of a file, gathered batch by batch in bounded memory."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from functools import cached_property

import pyarrow as pa
import pyarrow.compute as pc

from contract.config.data import Table
from contract.number_text import NumberForm

MOST_LEVELS = 50
"""A column with more different texts is no category."""
FEWEST_THINGS = 10
"""Fewer of them cannot be told from categories."""
MOST_DISTINCT = 50_000
"""Distinct values are counted up to here; then the rows so far tell how they repeat."""
LONGEST = 200
"""Characters; a column with a longer value is free text, whose values are not kept."""
TOLERATED = 0.02
"""The fraction of values that may break the rule of a type, as dirt: preprocess rejects their rows."""

INTEGER = r"^[+-]?\d{1,18}$"
NUMBER = r"^[+-]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?$"
DATETIME = r"^\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?)?$"
CODE = r"^-?0\d"
"""Digits that begin with 0 are a code, not a number: the 0 would be lost."""

# snake_case, camelCase, and what spreadsheets call an index; "paid" and "humid" are none
_ID = re.compile(
    r"(^|[_\s.-])(?i:id|key|uuid|guid|no|nr|number|index)$|[a-z0-9](ID|Id|Key|No|Nr|Number|Index)$|^((?i:unnamed): 0)?$"
)
# what comes back: people, what they own, and what is measured again and again
_OWNER = re.compile(
    r"(?i:customer|client|user|member|patient|subject|person|employee|student|household|family|account|contract|policy"
    r"|subscriber|device|machine|sensor|station|vehicle|asset|meter|vin|imei|iban|msisdn|e-?mail|phone)"
)
# the default, which the written configuration leaves as it is
_MISSING = Table(target="target", task="regression").missing_values


@dataclass
class ColumnStats:
    """A column's values; `levels` holds the distinct ones (blanks around them cut) with their rows."""

    name: str
    floating: bool
    """The file itself says that these are floating-point numbers."""
    form: NumberForm = field(default_factory=NumberForm)
    """How the file writes numbers."""
    rows: int = 0
    given: int = 0
    """Values that are not missing."""
    integers: int = 0
    numbers: int = 0
    datetimes: int = 0
    codes: int = 0
    low: float = float("inf")
    high: float = float("-inf")
    levels: Counter[str] = field(default_factory=Counter)
    counted: int = 0
    """Values that went into `levels`."""
    free: bool = False
    """Holds values that are too long for anything but free text."""
    spaced: bool = False
    """Holds values with blanks inside."""
    odd: str = ""
    """A value that is no number."""

    def add(self, values: pa.Array) -> None:
        """Look at the next rows."""
        self.rows += len(values)
        text = pc.utf8_trim_whitespace(values.cast(pa.string()))
        missing = pc.is_in(text, value_set=pa.array(_MISSING, pa.string()))
        counts = pc.value_counts(text.filter(pc.invert(pc.or_(missing, pc.is_null(text)))))
        distinct, times = counts.field("values"), counts.field("counts")
        if not len(distinct):
            return
        self.given += pc.sum(times).as_py()
        plain = self.form.plain(distinct).fill_null("")
        number = pc.match_substring_regex(plain, NUMBER)
        for name, match in {
            "numbers": number,
            "integers": pc.match_substring_regex(plain, INTEGER),
            "datetimes": pc.match_substring_regex(distinct, DATETIME),
            "codes": pc.match_substring_regex(distinct, CODE),
        }.items():
            setattr(self, name, getattr(self, name) + (pc.sum(times.filter(match)).as_py() or 0))
        if (range_ := pc.min_max(plain.filter(number).cast(pa.float64())))["min"].is_valid:
            self.low = min(self.low, range_["min"].as_py())
            self.high = max(self.high, range_["max"].as_py())
        odd = distinct.filter(pc.invert(number))
        self.odd = self.odd or (odd[0].as_py()[:50] if len(odd) else "")
        self.free = self.free or pc.max(pc.utf8_length(distinct)).as_py() > LONGEST
        self.spaced = self.spaced or pc.any(pc.match_substring_regex(distinct, r"\s")).as_py()
        if self.free:
            self.levels.clear()
        elif len(self.levels) < MOST_DISTINCT:
            self.levels.update(dict(zip(distinct.to_pylist(), times.to_pylist(), strict=True)))
            self.counted = self.given

    @property
    def missing(self) -> int:
        """Rows without a value."""
        return self.rows - self.given

    @property
    def distinct(self) -> int:
        """How many different values were seen, at least."""
        return len(self.levels)

    @property
    def strays(self) -> int:
        """Values of a numeric column that are no numbers."""
        return self.given - self.numbers

    @cached_property
    def kind(self) -> str:
        """The type that the values have but for a little dirt: number, integer, datetime or text."""
        enough = (1 - TOLERATED) * self.given
        if self.given and self.datetimes >= enough:
            return "datetime"
        if not self.given or self.numbers < enough or self.codes:
            return "text"
        return "integer" if self.integers == self.numbers and not self.floating else "number"

    @cached_property
    def identifies(self) -> bool:
        """Whether the values tell rows apart and look made for it; a repeated row now and then is dirt."""
        if self.missing or self.free or self.spaced or self.floating or self.kind not in ("integer", "text"):
            return False
        unique = self.distinct / max(self.counted, 1)
        return unique >= 1 - TOLERATED if self.is_named_id else self.kind == "text" and unique == 1

    @cached_property
    def returns(self) -> bool:
        """Whether the values look like names of things with several rows each, and not like a category of things."""
        if self.free or self.spaced or self.floating or self.given <= self.rows / 2:
            return False
        if self.distinct >= (1 - TOLERATED) * self.counted or self.distinct < FEWEST_THINGS:
            return False
        named = self.is_named_id or _OWNER.fullmatch(self.name) is not None
        return (named and self.kind in ("integer", "text")) or (self.kind == "text" and self.distinct > MOST_LEVELS)

    @property
    def is_named_owner(self) -> bool:
        """Whether the name says whose a row is: customer, patient_id, machine."""
        return _OWNER.search(self.name) is not None

    @property
    def is_named_id(self) -> bool:
        """Whether the name says that it is an identity: id, customerID, order_no, an unnamed index."""
        return _ID.search(self.name) is not None
