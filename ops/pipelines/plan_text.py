"""A plan in words: day by day, days of the same fate together."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from checkout.visible import visible

Told = dict[str, Any]
"""What a step told of a day: `contract.steps.dry_run.Told`."""
AGAIN = "predicted already: a scheduled run makes no day again that has predictions of its rows (make backfill does)"
_WIDTH = 26
_LINE = 120
_STEP = 12
_MOST = 4
"""Reasons for one dataset."""
_A_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_REFUSED = "would end with exit"


def text(name: str, file: Path, due: dict[str, Any], told: dict[str, dict[str, Told]]) -> str:
    """The plan of one pipeline, for people."""
    lines = [f"{name}: by {file}, as if each DAG ran now; the last day that is over in {due['timezone']}: {due['day']}"]
    for title, part in (
        ("generate", _generate(due, told)),
        ("predict", _predict(due, told)),
        ("train", _train(due, told)),
        ("champion", _champion(due)),
        ("in all", _sum(due, told)),
    ):
        lines += ["", title, *(_wrapped(line) for line in part)]
    return "\n".join(lines)


def _wrapped(line: str) -> str:
    # behind the step, where there is one, and the days
    behind = re.match(rf"(\w+ +)?{_A_DAY.pattern}( to {_A_DAY.pattern})? +", line)
    indent = " " * (2 + (behind.end() if behind else 0))
    # errors and reasons have names from headers of files; textwrap makes blanks of line ends
    seen = visible(line, keep="\n")
    return textwrap.fill(
        seen, _LINE, initial_indent="  ", subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
    )


def _generate(due: dict[str, Any], told: dict[str, dict[str, Told]]) -> Iterator[str]:
    waits = [(day, f"waits for inbox/{day}/_SUCCESS") for day in due["waits"]]
    fates = [*waits, *((day, _fate(line)) for day, line in told["generate"].items())]
    fates += [(day, "stays: nothing of it lacks or has changed") for day in due["there"]]
    yield from _days(fates)


def _predict(due: dict[str, Any], told: dict[str, dict[str, Told]]) -> Iterator[str]:
    yield from _days([(day, AGAIN) for day in due["predicted"]])
    for step in ("preprocess", "predict"):
        yield from _days([(day, _fate(told[step][day])) for day in due["predict"] if day in told[step]], step)
    if not due["predicted"] and not due["predict"]:
        yield "no day has rows"


def _train(due: dict[str, Any], told: dict[str, dict[str, Told]]) -> Iterator[str]:
    if not due["window"]:
        yield f"none: {due['no_window'].removeprefix('--day: ')}"
        return
    if due["first_training"]:
        yield "the DAG generate starts it, whatever day it is: no champion answers what the file asks"
    for step, days in (("preprocess", due["window"]), ("train", [due["day"]]), ("validate", [due["day"]])):
        yield from _days([(day, _fate(told[step][day])) for day in days if day in told[step]], step)


def _champion(due: dict[str, Any]) -> Iterator[str]:
    champion = due["champion"]
    if not champion:
        yield "none yet"
    elif not champion["misfit"]:
        yield f"of {champion['label']}, since {champion['since']}: answers what the file asks, and stays until validate"
        yield "promotes another one"
    elif not champion["label"]:
        yield champion["misfit"]
    else:
        yield f"of {champion['label']}, since {champion['since']}: cannot answer any more, it {champion['misfit']}"
        yield "no day is predicted until another model is promoted; the DAG generate starts that training by itself"
        yield "once the window's days have their labels, as it did for the first one"


def _sum(due: dict[str, Any], told: dict[str, dict[str, Told]]) -> Iterator[str]:
    none = True
    for step, lines in told.items():
        made = [line for line in lines.values() if not line["code"] and _written(line)]
        if made:
            none = False
            yield f"{step:<{_STEP}}{_count(len(made), 'day')}{_rows(made)}"
    if none:
        yield "nothing is made"
    if refused := sum(1 for lines in told.values() for line in lines.values() if line["code"]):
        yield f"{refused} of these runs would be refused: see above"


def _fate(line: Told) -> str:
    written = _written(line)
    if line["code"]:
        # what has to be done first is told before what comes of it
        return f"{_REFUSED} {line['code']}: {line['error']}"
    if not written:
        return "up to date" if line["intents"] else "nothing to do"
    told: dict[tuple[str, bool, str], list[str]] = {}
    for intent in written:
        made = intent["manifest"] is not None
        # the same of several other days is told once
        what = _A_DAY.sub("…", intent["what"].replace(line["day"], "DAY")) if made else intent["what"]
        told.setdefault((what, made, _because(intent, line["day"])), []).append(intent["what"])
    return "; ".join(f"{_what(what, names, made=made)}: {why}" for (what, made, why), names in told.items())


def _what(what: str, names: Sequence[str], *, made: bool) -> str:
    if not made:
        return f"would {what}"
    if "…" not in what:
        return f"{what} is made"
    return (
        f"{names[0]} is made" if len(names) == 1 else f"{names[0]} to {names[-1]}: each of these {len(names)} is made"
    )


def _because(intent: dict[str, Any], day: str) -> str:
    whys = [why.replace(day, "DAY") for why in intent["why"]]
    more = f", and {len(whys) - _MOST} more reasons (--dry-run tells all)" if len(whys) > _MOST else ""
    return f"{', '.join(whys[:_MOST])}{more}"


def _written(line: Told) -> list[dict[str, Any]]:
    return [intent for intent in line["intents"] if intent["why"]]


def _rows(made: Iterable[Told]) -> str:
    firsts = [next((intent for intent in _written(line) if intent["manifest"] is not None), None) for line in made]
    known = [intent["manifest"]["counts"].get("rows_out") for intent in firsts if intent is not None]
    rows = sum(count for count in known if count is not None)
    if not any(count is not None for count in known):
        return ""
    more = "" if None not in known else ", and days whose rows nobody has counted yet"
    return f", {rows:,} rows{more}"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _days(fates: Sequence[tuple[str, str]], step: str = "") -> Iterator[str]:
    """Days one after the other that have the same fate, as one line."""
    groups: list[tuple[list[str], str]] = []
    for day, fate in sorted(fates):
        if groups and groups[-1][1] == fate and _follows(groups[-1][0][-1], day):
            groups[-1][0].append(day)
        else:
            groups.append(([day], fate))
    for days, fate in groups:
        span = days[0] if len(days) == 1 else f"{days[0]} to {days[-1]}"
        shown = fate.replace("DAY", days[0]) if len(days) == 1 else fate
        yield f"{f'{step:<{_STEP}}' if step else ''}{span:<{_WIDTH}}{shown}"


def _follows(day: str, later: str) -> bool:
    return date.fromisoformat(later) - date.fromisoformat(day) == timedelta(days=1)
