"""Alarms of a day as a day: its rows, columns that are constant all day, and columns beyond all that was seen.

They share the stated rate of false alarms with the columns' distances: `SHARES` of it, each divided by how many columns
it looks at (Bonferroni).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec
import numpy as np
from scipy import special

from analysis.drift.day_marks import (
    Watch,
    never_constant,
    never_missing_all_day,
    p_beyond,
    p_constant,
    p_missing,
    p_of_one_more,
)
from analysis.drift.findings import Array, Column, Finding, Level
from contract.config.model import Drift

SHARES = {"volume": 0.15, "constant": 0.05, "beyond": 0.10}
FEWEST_DAYS = 3
"""Of a window: fewer cannot tell how many rows a day usually has."""
_LEAST_CHANGE = (0.1, 0.2)
"""In the logarithm of rows, for watch and alarm: a tenth and a fifth; less does not matter."""
_RARE = 0.05
"""Rows of a training in its first or last bin, at most, for that bin to be an end of what was seen."""
_MOST = 0.5
"""Rows of a day in that bin, at least, for the day to be beyond."""


class Volume(msgspec.Struct, frozen=True, kw_only=True):
    """A day's rows against those of the training's days."""

    rows: int
    days: list[int]
    """Rows of each day of the training's window."""
    low: float | None
    """What one more day would have at least, but for the false alarms; None: unmeasured."""
    high: float | None
    p: float
    level: Level
    reason: str | None = None
    """Why it is no `ok`."""


def volume(rows: int, days: Sequence[int], settings: Drift) -> Volume:
    """Whether a day has as many rows as one more day of the window would have.

    By the logarithm of rows; days differ at least as counts do by chance (Poisson), however alike the window's are.
    """
    if len(days) < FEWEST_DAYS:
        why = (
            f"the training's window has {len(days)} days, and {FEWEST_DAYS} are needed to tell how many rows a day has"
        )
        return Volume(rows=rows, days=list(days), low=None, high=None, p=1.0, level="unmeasured", reason=why)
    logs, chance = np.log(np.maximum(days, 0.5)), 1 / np.sqrt(max(float(np.mean(days)), 0.5))
    share = SHARES["volume"]
    p = p_of_one_more(logs, float(np.log(max(rows, 0.5))), chance) / share
    low, high = _ends(logs, chance, share * settings.false_alarms)
    apart = abs(float(np.log(max(rows, 0.5)) - logs.mean()))
    level: Level = "ok"
    for word, rate, least in zip(
        ("watch", "alarm"), (settings.false_watches, settings.false_alarms), _LEAST_CHANGE, strict=True
    ):
        if p <= rate and apart >= least:
            level = word  # type: ignore[assignment]
    reason = None
    if level != "ok":
        reason = (
            f"{rows:,} rows, where the {len(days)} days of the training have {min(days):,} to {max(days):,}: one more "
            f"day would have {low:,.0f} to {high:,.0f}"
        )
    return Volume(rows=rows, days=list(days), low=low, high=high, p=min(p, 1.0), level=level, reason=reason)


def _ends(logs: Array, chance: float, rate: float) -> tuple[float, float]:

    spread = max(float(np.std(logs, ddof=1)), chance) * np.sqrt(1 + 1 / len(logs))
    reach = -special.stdtrit(len(logs) - 1, rate / 2) * spread
    # no day is expected to have more rows than a float can hold
    return float(np.exp(logs.mean() - reach)), float(np.exp(min(logs.mean() + reach, 700.0)))


def unusual(
    findings: Sequence[Finding],
    references: Sequence[Column],
    watches: Mapping[str, Watch],
    counts: Mapping[str, Array],
    settings: Drift,
) -> list[Finding]:
    """The findings of measured columns, those in alarm that are constant, missing all day, or beyond what was seen."""
    columns = {column.name: column for column in references if column.days is not None and column.name in watches}
    still = [name for name, column in columns.items() if column.days and never_constant(column.days)]
    filled = [name for name, column in columns.items() if column.days and never_missing_all_day(column.days)]
    # where days do not differ, the distances tell it already
    ends = [name for name, column in columns.items() if column.kind == "number" and column.freedom is not None]
    found: dict[str, tuple[float, str]] = {}

    def tell(name: str, p: float, text: str) -> None:
        if p <= settings.false_alarms and name not in found:
            found[name] = (p, text)

    for name in still:
        watch, days = watches[name], columns[name].days
        if days and watch.constant is not None:
            p = p_constant(days, watch.known) * (len(still) + len(filled)) / SHARES["constant"]
            tell(
                name,
                p,
                f"{_word(watch.constant)} on all {watch.known:,} rows with a value; no training day was like that",
            )
    for name in filled:
        watch, days = watches[name], columns[name].days
        if days and watch.rows and not watch.known:
            p = p_missing(days, watch.rows) * (len(still) + len(filled)) / SHARES["constant"]
            tell(name, p, f"missing on all {watch.rows:,} rows; no training day was like that")
    for name in ends:
        if (reached := _beyond(columns[name], watches[name], counts[name])) is not None:
            p, text = reached
            tell(name, p * len(ends) / SHARES["beyond"], text)
    return [_alarmed(finding, found.get(finding.name)) for finding in findings]


def _beyond(column: Column, watch: Watch, counts: Array) -> tuple[float, str] | None:
    """How a column has most rows of the day below or above nearly all of the training's."""
    before, days = np.asarray(column.counts, float), column.days
    if days is None or len(days.means) < 2 or not watch.known or len(column.edges) < 2:
        return None
    for number, side in ((1, "below"), (len(counts) - 1, "above")):
        share, inside = before[number] / max(before[1:].sum(), 1), int(counts[number])
        if share <= _RARE and inside >= _MOST * watch.known:
            edge = column.edges[0] if side == "below" else column.edges[-1]
            text = (
                f"{inside / watch.known:.0%} of the rows with a value are {side} {edge:.4g}, as {share:.1%} of the "
                "training's are"
            )
            return p_beyond(days, watch.mean, max(share, 1 / max(before[1:].sum(), 1)), inside, watch.known), text
    return None


def _alarmed(finding: Finding, alarm: tuple[float, str] | None) -> Finding:
    if alarm is None:
        return finding
    return msgspec.structs.replace(finding, level="alarm", p=min(finding.p, alarm[0]), reason=alarm[1])


def _word(value: object) -> str:
    return f"{value:.6g}" if isinstance(value, float) else repr(value)
