"""The guards: rules that refuse a challenger for the harm that they show, not for what it cannot prove."""

from __future__ import annotations

from contract.config.model import Gate
from validate.gate.rules import Rule, Slice, Word, interval_text, of_groups
from validate.measures.bootstrap import Interval
from validate.measures.calibration import Calibration

_NAMED = 3
"""Slices in one sentence."""


def guard(name: str, subject: str, interval: Interval | None, margin: float) -> Rule:
    """The difference of a score of which less is better."""
    if interval is None:
        text = f"the difference of the {subject} cannot be told from these rows"
        return Rule(name=name, limit=margin, value=None, verdict="unknown", text=text)
    harmed = _harm(interval, margin, sign=1)
    summary = (
        f"{subject} {interval.value:+.4f} against the champion (interval {interval.low:+.4f} to {interval.high:+.4f})"
    )
    finding = "is worse by more than" if harmed else "is not shown to be worse by more than"
    text = f"{summary} {finding} gate.{name} {margin:g}"
    return Rule(name=name, limit=margin, value=interval.value, verdict="failed" if harmed else "passed", text=text)


def calibrated(calibration: Calibration | None, most: float) -> Rule:
    """The calibration error, less what of it chance explains."""
    name, limit = "max_calibration_error", f"gate.max_calibration_error {most:g}"
    if calibration is None:
        text = f"calibration error cannot be told from these rows, and must not exceed {limit}"
        return Rule(name=name, limit=most, value=None, verdict="unknown", text=text)
    error, chance = calibration.error, calibration.chance
    summary = f"calibration error {error:.4f}"
    if error - chance > most:
        text = f"{summary} exceeds {limit} by {error - most:.4f}, of which chance explains at most {chance:.4f}"
        return Rule(name=name, limit=most, value=error, verdict="failed", text=text)
    # a limit that no answer could pass is kept whatever chance does
    if most < calibration.most <= most + chance:
        text = f"too few rows to tell whether the {summary} exceeds {limit}: chance alone may give {chance:.4f}"
        return Rule(name=name, limit=most, value=error, verdict="unknown", text=text)
    if error <= most:
        text = f"{summary} is within {limit}"
    else:
        text = f"{summary} is not shown to exceed {limit}: of the {error - most:.4f} chance alone may give {chance:.4f}"
    return Rule(name=name, limit=most, value=error, verdict="passed", text=text)


def in_slices(gate: Gate, metric: str, column: str, slices: list[Slice], more: int) -> Rule:
    """The metric in each slice of a column; `more`: slices with enough groups, but too many to be judged.

    A slice with enough groups in which the metric cannot be computed leaves the question open: it may hide harm.
    """
    judged = [part for part in slices if part.judged]
    if not judged:
        text = f"no slice of {column} has gate.min_slice_rows {gate.min_slice_rows} {_unit(slices)}: none is judged"
        return _rule(gate, column, "unjudged", None, text)
    left = f"; {more} more slices of {column}, with fewer rows, are not judged" if more else ""
    fallen = [part for part in judged if _harm(part.difference, gate.slice_margin, sign=-1)]
    if not fallen and (dark := [part for part in judged if part.difference is None]):
        biggest = max(part.groups for part in dark)
        words = ", ".join(f"{column} = {part.value} ({_counted(part)})" for part in dark[:_NAMED])
        words += f", and {len(dark) - _NAMED} more" if len(dark) > _NAMED else ""
        text = (
            f"{metric} cannot be told in {words}; slices of at most {biggest} {_unit(slices)} are not judged with "
            f"gate.min_slice_rows {biggest + 1}"
        )
        return _rule(gate, column, "unknown", None, text + left)
    worst = min(fallen or judged, key=lambda part: part.difference.value if part.difference else 0)
    interval = worst.difference
    assert interval is not None
    summary = f"{metric} {interval.value:+.4f} in {column} = {worst.value} ({_counted(worst)}, "
    summary += f"{interval_text(gate, interval)})"
    if fallen:
        others = f", and {len(fallen) - 1} more slices" if len(fallen) > 1 else ""
        text = f"{summary} drops by more than gate.slice_margin {gate.slice_margin:g}{others}"
    else:
        text = (
            f"{summary}: no slice of {column}, of {len(judged)} judged, is shown to drop by more than "
            f"gate.slice_margin {gate.slice_margin:g}"
        )
    return _rule(gate, column, "failed" if fallen else "passed", interval.value, text + left)


def _harm(interval: Interval | None, margin: float, *, sign: int) -> bool:
    """Worse by more than the margin, and the interval excludes that it is none the worse."""
    if interval is None:
        return False
    return interval.value > margin and interval.low > 0 if sign > 0 else interval.value < -margin and interval.high < 0


def _rule(gate: Gate, column: str, verdict: Word, value: float | None, text: str) -> Rule:
    return Rule(name=f"slices.{column}", limit=-gate.slice_margin, value=value, verdict=verdict, text=text)


def _counted(part: Slice) -> str:
    return f"{part.rows} rows{of_groups(part.rows, part.groups)}"


def _unit(slices: list[Slice]) -> str:
    return "rows" if all(part.rows == part.groups for part in slices) else "groups"
