"""What a look at the stack finds: the shape of `make status JSON=1` and of status.json (docs/operations.md).

Times are in UTC. A field may be added; one that is there keeps its name and meaning as long as `format` is 1.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Literal

import msgspec

State = Literal["ok", "note", "unknown", "bad"]
"""`note`: worth knowing, nothing is to be done. `unknown`: it could not be told, which is not `ok`."""
_RANK: tuple[State, ...] = ("ok", "note", "unknown", "bad")


class Cell(msgspec.Struct, kw_only=True):
    """One thing that is looked at."""

    state: State
    text: str
    """A few words for people."""
    remedy: str = ""
    """What to type or do, where something is to be done."""


class Part(msgspec.Struct, frozen=True):
    """A container of the stack."""

    name: str
    state: State
    text: str


class Services(Cell, kw_only=True):
    """The parts of the stack."""

    parts: list[Part]


class Disk(Cell, kw_only=True):
    """The disk of the data root."""

    data_bytes: int | None = None
    data_counted: bool = False
    """False: counting was given up, and there is more than `data_bytes`."""
    free_bytes: int | None = None
    total_bytes: int | None = None


class Backup(Cell, kw_only=True):
    """The last backup."""

    made: datetime | None = None
    folder: str | None = None


class Mails(Cell, kw_only=True):
    """Mails that no server has taken yet."""

    waiting: int | None = None
    oldest: datetime | None = None


class LastRun(msgspec.Struct, kw_only=True):
    """A run of a DAG."""

    state: str
    """As Airflow says it: queued, running, success or failed."""
    run_id: str
    due: datetime
    """The earliest time at which it could start."""
    started: datetime | None = None
    ended: datetime | None = None
    url: str | None = None
    days: tuple[date, date] | None = None
    """The first and the last day that somebody asked it for; null for one that works on what its time says."""


class Runs(Cell, kw_only=True):
    """The runs of one DAG."""

    dag: str
    last: LastRun | None = None
    next: datetime | None = None
    paused: bool | None = None


class Champion(Cell, kw_only=True):
    """The model in use, and the ledger's line that put it there."""

    day: date | None = None
    """Its training day."""
    version: str | None = None
    since: datetime | None = None
    decision: str | None = None
    by: str | None = None
    why: str | None = None


class Predictions(Cell, kw_only=True):
    """The predictions of the last day that is over."""

    day: date | None = None
    done: bool | None = None
    rows: int | None = None


class Drift(Cell, kw_only=True):
    """What the newest report of predictions says."""

    day: date | None = None
    level: str | None = None
    columns: dict[str, str] = {}
    report: str | None = None
    """Its page, below `data/`."""


class Lack(msgspec.Struct, frozen=True):
    """A day that lacks something."""

    day: date
    what: Literal["data", "generate", "predict"]
    """Its data, which somebody must bring, or a step, which the next scheduled run does."""
    why: str


class Lacks(Cell, kw_only=True):
    """The days that lack something."""

    days: list[Lack] = []


class Pipeline(msgspec.Struct, kw_only=True):
    """One pipeline; what cannot be told of it is null."""

    name: str
    """Empty for a lone `pipeline.toml`."""
    file: str
    state: State
    """The worst of its cells."""
    text: str
    """`fine`, or what is wrong."""
    timezone: str | None = None
    day: date | None = None
    """The last day that is over there: yesterday."""
    generate: Runs | None = None
    predict: Runs | None = None
    train: Runs | None = None
    champion: Champion | None = None
    predictions: Predictions | None = None
    drift: Drift | None = None
    lacks: Lacks | None = None
    training: Cell | None = None
    mails: Mails | None = None
    index: str | None = None
    """The page that lists its reports, below `data/`."""
    wrong: Cell | None = None
    """What is wrong with its file, where it cannot be read."""

    def cells(self) -> list[tuple[str, Cell]]:
        """Those that were looked at, by name."""
        found = [(name, getattr(self, name)) for name in self.__struct_fields__]
        return [(name, cell) for name, cell in found if isinstance(cell, Cell)]


class Status(msgspec.Struct, kw_only=True):
    """The stack."""

    format: Literal[1] = 1
    made: datetime
    stack: str
    state: State
    """The worst of all."""
    text: str
    services: Services
    machines: Cell | None = None
    """Null where there is one machine."""
    disk: Disk
    backup: Backup
    mails: Mails
    """Those of the stack itself, and of pipelines that are gone."""
    pipelines: list[Pipeline]

    def cells(self) -> list[tuple[str, Cell]]:
        """Those of the stack itself."""
        named: list[tuple[str, Cell | None]] = [
            ("services", self.services),
            ("machines", self.machines),
            ("disk", self.disk),
            ("backup", self.backup),
            ("mails", self.mails),
        ]
        return [(name, cell) for name, cell in named if cell is not None]


def worst(states: Iterable[State]) -> State:
    """The one that matters most."""
    return max(states, key=_RANK.index, default="ok")


def rank(state: State) -> int:
    """Higher for what matters more."""
    return _RANK.index(state)
