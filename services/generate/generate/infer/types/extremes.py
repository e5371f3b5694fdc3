"""Numbers that stand for something else: -200, 999 or 9999 where a sensor or a person had no value."""

from __future__ import annotations

import re

from generate.infer.column_stats import ColumnStats

_FEWEST = 5
"""Rows: a value that comes less often is an outlier."""
_FEWEST_VALUES = 3
_SHARE = 0.001
_STAND_IN = re.compile(r"-?(9{2,}|8{3,})(\.9+)?|-[1-9]00+|-1|32767|65535|2147483647|-32768|-2147483648")
"""What people and programs write: 99, 999, -200, -1, the ends of a type."""


def far_from_the_rest(stats: ColumnStats) -> tuple[str, int, str] | None:
    """The least or greatest value where it comes often, far from all others; its rows, and where the others end."""
    if stats.distinct < _FEWEST_VALUES or stats.counted < stats.given:
        return None
    numbers = sorted((number, level) for level in stats.levels if (number := _number(level)) is not None)
    if len(numbers) < _FEWEST_VALUES:
        return None
    few = len(numbers) == _FEWEST_VALUES  # -1, 0 and 1 are a scale
    for (value, level), (end, end_level), (other_end, _) in (
        (numbers[0], numbers[1], numbers[-1]),
        (numbers[-1], numbers[-2], numbers[0]),
    ):
        rows = stats.levels[level]
        far = abs(value - end) > (10 if few else 0.5) * abs(other_end - end)
        below = value < 0 <= end and rows >= 10 * _SHARE * stats.given and not few
        if rows >= max(_FEWEST, _SHARE * stats.given) and _STAND_IN.fullmatch(level) and (far or below):
            return level, rows, end_level
    return None


def _number(level: str) -> float | None:
    try:
        return float(level)
    except ValueError:
        return None
