"""Short words for times and cells, the same in a terminal and on the page."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

from microstep_airflow.status.shape import Cell, Champion, Pipeline, Runs, State, rank

STATES: dict[State, str] = {"ok": "fine", "note": "fine", "unknown": "unknown", "bad": "look"}
"""The word for a pipeline, which says by itself what colour says, too."""
DASH = "\N{EN DASH}"


def moment(time: datetime | None, zone: ZoneInfo, now: datetime) -> str:
    """`08:15` of today, `Mon 08:15` within a week, `2026-11-02 08:15` beyond it."""
    if time is None:
        return DASH
    local, today = time.astimezone(zone), now.astimezone(zone).date()
    days = abs((local.date() - today).days)
    if days == 0:
        return f"{local:%H:%M}"
    return f"{local:%a %H:%M}" if days < 7 else f"{local:%Y-%m-%d %H:%M}"


def day(when: date | None) -> str:
    """An ISO date."""
    return DASH if when is None else when.isoformat()


def zone_of(pipeline: Pipeline) -> ZoneInfo:
    """The zone in which its people think."""
    return ZoneInfo(pipeline.timezone or "UTC")


def zones(pipelines: list[Pipeline]) -> str:
    """In which zone the times are."""
    names = sorted({pipeline.timezone for pipeline in pipelines if pipeline.timezone}) or ["UTC"]
    return names[0] if len(names) == 1 else "each pipeline's own zone"


def last_of(runs: Runs | None, zone: ZoneInfo, now: datetime) -> str:
    """How the last run went, and when."""
    if runs is None or runs.state == "unknown":
        return "unknown"
    if runs.last is None:
        return "none yet"
    word = {"success": "ok"}.get(runs.last.state, runs.last.state)
    return f"{word} {moment(runs.last.ended or runs.last.started or runs.last.due, zone, now)}"


def next_of(runs: Runs | None, zone: ZoneInfo, now: datetime) -> str:
    """When the next one is due."""
    if runs is None or runs.state == "unknown":
        return "unknown"
    return "paused" if runs.paused else moment(runs.next, zone, now)


def model_of(pipeline: Pipeline, now: datetime) -> str:
    """Which model is in use, and since when."""
    cell = pipeline.champion
    if cell is None or (cell.day is None and cell.state == "unknown"):
        return "unknown"
    if cell.day is None:
        return "none yet" if "none yet" in cell.text else "unknown"
    version = f" v{cell.version}" if cell.version else ""
    return f"{cell.day}{version} since {moment(cell.since, zone_of(pipeline), now)}"


def decided(champion: Champion) -> str:
    """By which decision it is in use, and whose."""
    return f"{str(champion.decision).replace('_', ' ')} by {str(champion.by).removeprefix('by ')}"


def told(pipeline: Pipeline) -> list[Cell]:
    """The cells that a line cannot tell whole, the worst first; the same words once."""
    cells = [cell for _, cell in pipeline.cells() if cell.state != "ok"]
    once = {cell.text: cell for cell in cells}.values()
    return sorted(once, key=lambda cell: -rank(cell.state))


def predicted(pipeline: Pipeline) -> str:
    """Yesterday's predictions."""
    cell = pipeline.predictions
    if cell is None or cell.state == "unknown":
        return "unknown"
    if cell.done:
        return "done" if cell.rows is None else f"{cell.rows:,} rows"
    return "none expected" if cell.state == "ok" else "not yet" if cell.state == "note" else "not done"


def drifted(pipeline: Pipeline) -> str:
    """The word of drift, with its day where that is not yesterday; what it is about is told beside it."""
    cell = pipeline.drift
    if cell is None or cell.state == "unknown":
        return "unknown"
    if cell.level is None or cell.day in (None, pipeline.day):
        return cell.level or DASH
    return f"{cell.level} {cell.day}"


def lacking(pipeline: Pipeline) -> str:
    """How many days lack something that somebody, or the next run, has to do."""
    cell = pipeline.lacks
    if cell is None or cell.state == "unknown":
        return "unknown"
    days = {lack.day for lack in cell.days}
    if not days or cell.state == "ok":
        return "nothing"
    return f"{len(days)} day{'s' if len(days) != 1 else ''}"
