"""The one place that decides for which days generate and predict have work, by looking at what is there.

Nothing here remembers a call: asking again, a night or a week later, gives what is missing then.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta

from contract.config import Config
from contract.config.source import Files, Sql, Synthetic
from contract.datasets.manifest import Manifest
from contract.due.arrived import (
    EMPTY,
    SUCCESS,
    committed,
    has_arrived,
    inbox_changed,
    is_empty,
    labels_have_come,
    read_for_another,
)
from contract.layout import Layout

_MOST_BACK = 366
"""Days that one look goes back."""
ROWS_OF = "rows_of"
"""In the `run` of a processed day and of predictions: which raw rows they are of, by `content`."""


@dataclass(frozen=True)
class Lack:
    """A day for which a step has something to do."""

    day: str
    why: str
    anew: bool = False
    """Something of the day is there already; else all of it lacks."""


def to_generate(config: Config, layout: Layout, last: date) -> list[Lack]:
    """The days up to `last` whose raw data or labels are not what the source has, or may have; oldest first.

    Missing data is looked for `schedule.catch_up_days` back. A database is asked again until
    `training.target_delay_days` and `schedule.label_grace_days` have passed. An inbox, and a day that was read for
    another target or key, are looked at as long as a training uses the day.
    """
    days = _back(config, last, _patience(config))
    found = [lack for day in days if (lack := _raw(config, layout, day, last)) is not None]
    if not found and isinstance(config.source, Files) and labels_have_come(layout):
        # any day's run of generate gives them to theirs
        there = [day.isoformat() for day in days if committed(layout.raw_data(day.isoformat())) is not None]
        found = [Lack(day, "inbox/labels: has labels that are not yet assigned to days") for day in there[-1:]]
    return found


def to_predict(config: Config, layout: Layout, last: date) -> list[Lack]:
    """The days up to `last` that have rows, or are about to, and no predictions of these rows; oldest first.

    A day that has predictions is not predicted again because of later labels or another champion.
    """
    coming = {lack.day for lack in to_generate(config, layout, last)}
    lacks = (
        _predictions(config, layout, day.isoformat(), coming)
        for day in _back(config, last, config.schedule.catch_up_days)
    )
    return [lack for lack in lacks if lack is not None]


def not_there(config: Config, layout: Layout, last: date) -> list[str]:
    """The days up to `last`, oldest first, that are expected to have data and have none by now."""
    return [
        day.isoformat()
        for day in _back(config, last, config.schedule.catch_up_days)
        if config.schedule.expects(day) and not rows_are_there(config, layout, day.isoformat())
    ]


def out_of_reach(config: Config, layout: Layout, last: date, coming: Collection[str]) -> list[str]:
    """The days in the inbox, oldest first, that were never generated and are too old for a scheduled run.

    :param coming: days that the next run generates
    """
    if not isinstance(config.source, Files):
        return []
    first = config.schedule.first_day.isoformat()
    names = sorted(
        path.parent.name for marker in (SUCCESS, EMPTY) for path in layout.inbox("*").parent.glob(f"*/{marker}")
    )
    days = [day for day in names if first <= day <= last.isoformat() and day not in coming]
    return [day for day in dict.fromkeys(days) if committed(layout.raw_data(day)) is None]


def rows_are_there(config: Config, layout: Layout, day: str) -> bool:
    """Whether a day's raw data is there: its rows, or a statement that it has none."""
    data = committed(layout.raw_data(day))
    return data is not None and not _are_none(config, data)


def content(dataset: Manifest) -> str:
    """sha256 over the files, so that the same rows written by other code or settings do not count as new."""
    return hashlib.sha256("".join(f"{file.role} {file.sha256}\n" for file in dataset.files).encode()).hexdigest()


def is_due(config: Config, layout: Layout, day: date) -> bool:
    """Whether a run of a day has something to wait for: data is expected, or has arrived unexpectedly."""
    return config.schedule.expects(day) or any(
        has_arrived(layout, artifact, day.isoformat()) for artifact in ("inbox", "raw_data")
    )


def _patience(config: Config) -> int:
    """How many days back generate looks: nowhere where nothing is to be caught up."""
    schedule, training = config.schedule, config.training
    window = training.window_days + training.target_delay_days - 1
    return min(max(schedule.catch_up_days, config.label_days, window), _MOST_BACK) if schedule.catch_up_days else 0


def _back(config: Config, last: date, days: int) -> list[date]:
    """The days from so many before `last`, and not before the first one, oldest first."""
    back = min(days, (last - config.schedule.first_day).days)
    return [last - timedelta(days=number) for number in range(back, -1, -1)]


def _raw(config: Config, layout: Layout, date_: date, last: date) -> Lack | None:
    day, source, age = date_.isoformat(), config.source, (last - date_).days
    paths = (layout.raw_data(day), layout.raw_target(day))
    data = committed(paths[0])
    if data is None or _are_none(config, data):
        # what nobody expects is taken all the same when somebody brings it
        there = has_arrived(layout, "inbox", day) if isinstance(source, Files) else config.schedule.expects(date_)
        if age > config.schedule.catch_up_days and not isinstance(source, Files):
            return None
        if data is not None and _made_up(config, data):
            return Lack(day, f"raw/{day}/data: has made-up rows from earlier") if there else None
        return Lack(day, f"raw/{day}/data: is not there") if there else None
    kind = source.__struct_config__.tag
    # made-up rows, or a database, take the place of no file, and where the inbox was cleaned there is nothing to read
    again = data.settings.get("source", {}).get("kind", kind) == kind
    again = again and (not isinstance(source, Files) or has_arrived(layout, "inbox", day))
    # another feature makes nothing lack: with it the rows, and with them predictions that people have, would be others
    why = read_for_another(config, data) if again else None
    if why is None and isinstance(source, Files):
        # labels that a day had before it was said to have no rows, or of a target before, are nobody's
        labels = committed(paths[1])
        of_before = is_empty(data) or (labels is not None and read_for_another(config, labels) is not None)
        why = inbox_changed(layout, day, *(paths[:1] if of_before else paths))
    elif why is None and isinstance(source, Sql) and 0 < age <= config.label_days:
        # only the database can tell
        why = f"raw/{day}: may have more rows or other labels by now"
    return None if why is None else Lack(day, why, anew=True)


def _are_none(config: Config, data: Manifest) -> bool:
    """Whether no rows were read where nobody said so, as earlier versions did, or made-up ones of a source before."""
    unsaid = isinstance(config.source, Sql) and is_empty(data) and not config.source.allow_empty
    return unsaid or _made_up(config, data)


def _made_up(config: Config, data: Manifest) -> bool:
    return data.settings.get("source", {}).get("kind") == "synthetic" and not isinstance(config.source, Synthetic)


def _predictions(config: Config, layout: Layout, day: str, coming: set[str]) -> Lack | None:
    rows, predictions = committed(layout.raw_data(day)), committed(layout.predictions(day))
    if rows is None or _are_none(config, rows):
        return Lack(day, f"predictions/{day}: are not there, and its data comes") if day in coming else None
    if predictions is None:
        return Lack(day, f"predictions/{day}: are not there")
    # those of earlier versions do not say it
    if predictions.run.get(ROWS_OF, content(rows)) != content(rows):
        return Lack(day, f"predictions/{day}: are of other rows than raw/{day}/data has now", anew=True)
    return None
