"""The forms that a column's dates have, found by the values of all rows."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import product

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from contract.config.when import FORMS
from generate.infer.types.dates import (
    ISO,
    NAMED_COMPACT,
    differ,
    formats_of,
    is_clock,
    order_of,
    other_order,
    pattern,
    rank,
)

SAMPLED = 200
"""Distinct values of the first rows that formats are found by; all values are then counted."""
_SAMPLED_LATER = 50
"""Of later rows, values that have no format yet: an export may change its form in the middle."""
_ROUNDS = 3
_MOST_FORMATS, _MOST = 12, 30
"""The most formats of the first rows, and of all."""
_MOST_FORMS = 4
"""The most forms by which one column is read."""
_BY_PATTERN = ("%f", "%G", "%j", "%p", "%z")
"""What Arrow's strptime does not read, or not in each spelling."""


@dataclass(frozen=True)
class Forms:
    """How a column's dates are written."""

    format: str
    """Of one form, or of several with " | " between; "iso" may be one of them."""
    alternative: str | None = None
    """What reads the same values as other days, where no value tells: with the month before the day, mostly."""
    read: int = 0
    """Rows that have one of the forms."""


@dataclass(frozen=True)
class _Cover:
    """Formats that read a column together."""

    names: list[str]
    read: int
    rival: list[str]
    """What may stand in their place: it reads the same values as other days."""

    def rank(self) -> tuple[int, list[tuple[bool, int]]]:
        """The lower, the sooner it is chosen among those that read as many: its least likely form decides."""
        return len(self.names), sorted(map(rank, self.names), reverse=True)


@dataclass
class DateFormats:
    """The formats that a column's values may have, with how many have which."""

    known: list[str] = field(default_factory=list)
    together: Counter[int] = field(default_factory=Counter)
    """Rows, by the formats that their value has: a bit for each of the known ones."""
    seen: int = 0
    """Values that were looked at."""
    begun: bool = False

    def add(self, distinct: pa.Array, times: pa.Array) -> None:
        """Count the next values, each with its number of rows."""
        had = np.zeros(len(distinct), dtype=np.int64)
        for bit, name in enumerate(self.known):
            had |= _has(distinct, name) << bit
        # what is rare shows once the frequent is known
        for _ in range(_ROUNDS):
            unknown = distinct.filter(pa.array(had == 0))
            found = self._found(unknown) if len(unknown) else []
            for name in found:
                had |= _has(distinct, name) << len(self.known)
                self.known.append(name)
            if not found:
                break
        self.seen += pc.sum(times).as_py() or 0
        masks, places = np.unique(had, return_inverse=True)
        rows = np.bincount(places, weights=times.to_numpy(), minlength=len(masks))
        for mask, number in zip(masks.tolist(), rows.tolist(), strict=True):
            self.together[mask] += int(number)

    @property
    def matched(self) -> Counter[str]:
        """How many values have each format."""
        counts: Counter[str] = Counter()
        for bit, name in enumerate(self.known):
            counts[name] = sum(rows for mask, rows in self.together.items() if mask >> bit & 1)
        return counts

    @property
    def dates(self) -> int:
        """How many values have a format at all."""
        return sum(rows for mask, rows in self.together.items() if mask)

    def best(self, least: float) -> tuple[str, ...]:
        """The formats that at least so many values have: the best one first, then those that are no worse."""
        matched = self.matched
        good = [name for name, count in matched.items() if count and count >= least and name != "iso"]
        if not good:
            return ()
        most = max(matched[name] for name in good)
        return tuple(sorted((name for name in good if matched[name] == most), key=rank))

    def forms(self, least: float) -> Forms | None:
        """The forms that at least so many values have together; None where there are none.

        All with the same mark have one order of day and month: where both come, no value below 13 tells which it has.
        """
        if not self.dates or self.dates < least:
            return None
        single = self._single(least)
        of_marks: dict[str, set[str]] = {}
        for mark, order in map(order_of, self.known):
            if order:
                of_marks.setdefault(mark, set()).add(order)
        for mark, order in map(order_of, single[:1]):
            of_marks[mark] = {order}
        marks = product(*(sorted(orders) for orders in of_marks.values()))
        covers = [self._cover(dict(zip(of_marks, orders, strict=True)), single) for orders in marks]
        most = max(cover.read for cover in covers)
        best, *others = sorted((cover for cover in covers if cover.read == most), key=_Cover.rank)
        if most < least:
            return None
        rivals = [other.names for other in others if other.names != best.names and len(other.names) == len(best.names)]
        rivals = rivals or [best.rival]
        return Forms(FORMS.join(best.names), FORMS.join(rivals[0]) or None, most)

    def _single(self, least: float) -> Sequence[str]:
        """`best`, unless ISO 8601 reads as much and has the other order of day and month."""
        single, matched = self.best(least), self.matched
        (mark, order), (isos, first) = order_of(single[0] if single else ""), order_of("iso")
        return () if mark == isos and order != first and matched["iso"] >= matched[single[0]] else single

    def _cover(self, orders: dict[str, str], single: Sequence[str]) -> _Cover:
        """The formats that read most values, besides `single`: one that is enough, and those that are no worse."""
        chosen, rival = list(single[:1]), list[str]()
        if rivals := [name for name in single if differ(name, single[0])]:
            rival = [other_order(single[0]) if other_order(single[0]) in rivals else rivals[0]]
        left = {mask: rows for mask, rows in self.together.items() if mask and not self._reads(mask, chosen)}
        while left and len(chosen) < _MOST_FORMS:
            gains = {
                name: sum(rows for mask, rows in left.items() if mask >> bit & 1)
                for bit, name in enumerate(self.known)
                if order_of(name)[1] in ("", orders.get(order_of(name)[0]))
                if name not in NAMED_COMPACT
                if not chosen or is_clock(name) == is_clock(chosen[0])
            }
            most = max(gains.values(), default=0)
            if not most:
                break
            tied = [name for name, rows in gains.items() if rows == most]
            # 22.11.26 beside 22.11.2026 has the day first as well
            name, *same = sorted(tied, key=lambda name: (not _is_kin(name, chosen), rank(name)))
            same = [other for other in same if differ(name, other) and self._alike(name, other)]
            same = [] if _is_kin(name, chosen) else same
            rival = [*(rival or chosen), same[0] if same else name] if rival or same else []
            chosen.append(name)
            left = {mask: rows for mask, rows in left.items() if not self._reads(mask, [name])}
        return _Cover(chosen, self.dates - sum(left.values()), rival)

    def _alike(self, name: str, other: str) -> bool:
        """Whether each value that has one format has the other as well."""
        return all(self._reads(mask, [name]) == self._reads(mask, [other]) for mask in self.together)

    def _reads(self, mask: int, names: list[str]) -> bool:
        return any(mask >> self.known.index(name) & 1 for name in names)

    def _found(self, values: pa.Array) -> list[str]:
        most, sampled = (_MOST - len(self.known), _SAMPLED_LATER) if self.begun else (_MOST_FORMATS, SAMPLED)
        self.begun = True
        found: Counter[str] = Counter()
        # by chance, not every other one: forms may come in turns
        some = np.random.default_rng(0).permutation(len(values))[:sampled]
        for value in values.take(pa.array(np.sort(some))).to_pylist():
            found.update(["iso"] if re.match(ISO, value) else formats_of(value))
        return [name for name, _ in found.most_common(most) if name not in self.known]


def _is_kin(name: str, chosen: Sequence[str]) -> bool:
    long = name.replace("%y", "%Y")
    return any(long.startswith(other) or other.startswith(long) for other in chosen)


def _has(distinct: pa.Array, name: str) -> npt.NDArray[np.int64]:
    """Which values have a format: 1 or 0."""
    match = pc.match_substring_regex(distinct, pattern(name))
    if name != "iso" and pc.any(match).as_py() and not any(part in name for part in _BY_PATTERN):
        # a pattern lets 30 February pass
        days = pc.is_valid(pc.strptime(distinct.filter(match), name, "s", error_is_null=True))
        match = pc.replace_with_mask(match, match, days)
    result: npt.NDArray[np.int64] = np.asarray(match, dtype=np.int64)
    return result
