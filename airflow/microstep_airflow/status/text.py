"""The status as lines for a terminal: what is the stack's first, then a line for each pipeline, the worst on top."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from datetime import datetime
from itertools import groupby

from contract.visible import visible
from microstep_airflow.status import words
from microstep_airflow.status.shape import Cell, Lack, Pipeline, State, Status

COLOURS: dict[State, str] = {"ok": "\x1b[32m", "note": "\x1b[32m", "unknown": "\x1b[33m", "bad": "\x1b[31m"}
_END = "\x1b[0m"
MOST_SPANS = 10
"""Of days that lack the same, in the details of a pipeline."""
_INDENT = "    "
_HEADINGS = ("pipeline", "", "yesterday", "drift", "champion", "lacks", "last predict", "next", "last train", "next")
_LEAVE_OUT = ((5,), (8, 9), (4,), (7,))
"""Columns by number, in the order in which they go where a terminal has no room: what is amiss in them stands below."""


def render(status: Status, *, width: int = 100, colour: bool = False, details: bool = False) -> str:
    """The whole screen.

    :param details: also which days lack what, and the window of the next training
    """
    at = status.made.astimezone()
    lines = [visible(f"{status.stack}, {at:%Y-%m-%d %H:%M} {at:%Z}: {status.text}"), ""]
    for name, cell in status.cells():
        lines.append(f"{name:<10}{_coloured(visible(cell.text), cell.state, colour=colour)}")
        lines += _remedy(cell, width)
    if status.pipelines:
        lines += ["", *_table(status.pipelines, status.made, width, colour=colour, details=details)]
        lines += ["", f"Times of pipelines are in {words.zones(status.pipelines)}."]
    return "\n".join(lines)


def _table(pipelines: list[Pipeline], now: datetime, width: int, *, colour: bool, details: bool) -> Iterator[str]:
    rows = [tuple(map(visible, _row(pipeline, now))) for pipeline in pipelines]
    wide = [max(map(len, column)) for column in zip(_HEADINGS, *rows, strict=True)]
    shown = list(range(len(_HEADINGS)))
    for columns in _LEAVE_OUT:
        if sum(wide[number] + 2 for number in shown) > width:
            shown = [number for number in shown if number not in columns]
    yield _line([_HEADINGS[number] for number in shown], [wide[number] for number in shown])
    for pipeline, row in zip(pipelines, rows, strict=True):
        line = _line([row[number] for number in shown], [wide[number] for number in shown])
        word = row[1]
        yield line.replace(word, _coloured(word, pipeline.state, colour=colour), 1) if word not in row[0] else line
        for cell in words.told(pipeline):
            yield from _wrapped(cell.text, width)
            yield from _remedy(cell, width)
        if details:
            yield from _details(pipeline, now, width)


def _row(pipeline: Pipeline, now: datetime) -> tuple[str, ...]:
    zone, word = words.zone_of(pipeline), words.STATES[pipeline.state]
    if pipeline.wrong is not None:
        return (pipeline.name or pipeline.file, word, *[words.DASH] * (len(_HEADINGS) - 2))
    return (
        pipeline.name or pipeline.file,
        word,
        words.predicted(pipeline),
        words.drifted(pipeline),
        words.model_of(pipeline, now),
        words.lacking(pipeline),
        words.last_of(pipeline.predict, zone, now),
        words.next_of(pipeline.predict, zone, now),
        words.last_of(pipeline.train, zone, now),
        words.next_of(pipeline.train, zone, now),
    )


def _details(pipeline: Pipeline, now: datetime, width: int) -> Iterator[str]:
    zone = words.zone_of(pipeline)
    for name, runs in (("generate", pipeline.generate), ("predict", pipeline.predict), ("train", pipeline.train)):
        if runs is not None and runs.state != "unknown":
            yield from _wrapped(
                f"{name} {words.last_of(runs, zone, now)}, next {words.next_of(runs, zone, now)}", width
            )
    if pipeline.champion is not None and pipeline.champion.decision is not None:
        decided = f"{words.decided(pipeline.champion)}, {pipeline.champion.why}"
        yield from _wrapped(f"champion {words.model_of(pipeline, now)}: {decided}", width)
    lacks = pipeline.lacks.days if pipeline.lacks else []
    spans = [list(same) for _, same in groupby(lacks, key=lambda lack: (lack.what, _why(lack)))]
    for same in spans[:MOST_SPANS]:
        doing = {"data": "data", "generate": "to generate", "predict": "to predict"}[same[0].what]
        when = str(same[0].day) if len(same) == 1 else f"{same[0].day} to {same[-1].day}"
        yield from _wrapped(f"{when}  {doing}: {same[0].why if len(same) == 1 else _why(same[0])}", width)
    if len(spans) > MOST_SPANS:
        yield f"{_INDENT}and more: make status JSON=1"
    if pipeline.training is not None:
        yield from _wrapped(f"training {pipeline.training.text}", width)


def _why(lack: Lack) -> str:
    """The same words for each day that lacks the same."""
    return lack.why.replace(str(lack.day), "DAY")


def _remedy(cell: Cell, width: int) -> Iterator[str]:
    if cell.remedy:
        yield from _wrapped(f"\N{RIGHTWARDS ARROW} {cell.remedy}", width)


def _wrapped(text: str, width: int) -> list[str]:
    # a command or a path must stay one piece, to be copied
    return textwrap.wrap(
        visible(text), max(width, 40), initial_indent=_INDENT, subsequent_indent=_INDENT + "  ",
        break_long_words=False, break_on_hyphens=False,
    )  # fmt: skip


def _line(cells: list[str], wide: list[int]) -> str:
    return "  ".join(cell.ljust(room) for cell, room in zip(cells, wide, strict=True)).rstrip()


def _coloured(text: str, state: State, *, colour: bool) -> str:
    return f"{COLOURS[state]}{text}{_END}" if colour else text
