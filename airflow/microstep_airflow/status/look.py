"""One look at everything: each cell by itself, so that what one cannot tell is unknown for that one alone."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TypeVar
from zoneinfo import ZoneInfo

from contract.config import Config
from contract.config.data import Alerts
from contract.due.lacking import Lack, to_predict
from contract.due.training import next_training
from contract.errors import StepError
from contract.layout import Layout
from microstep_airflow.pipelines import FOLDER, Catalog, dag_id, file_of, read_catalog, within
from microstep_airflow.status import lacks, on_disk, storage
from microstep_airflow.status.airflow_api import Answers
from microstep_airflow.status.dag_runs import runs
from microstep_airflow.status.shape import (
    Backup,
    Cell,
    Champion,
    Drift,
    Lacks,
    Mails,
    Pipeline,
    Predictions,
    Runs,
    Services,
    Status,
    rank,
    worst,
)

DAGS = ("generate", "predict", "train")
CellT = TypeVar("CellT", bound=Cell)


@dataclass(frozen=True)
class Places:
    """Where things are for whoever looks."""

    config: Path
    """pipeline.toml; pipelines/ and machines/ are beside it."""
    data_root: Path
    mails: Path | None
    """The outbox; None where it cannot be seen."""
    stack: str
    airflow_pages: str = ""
    """The address of Airflow's pages for people."""
    scheduled: bool = True
    """Whether DAGs run by their schedule."""

    @classmethod
    def read(cls, environment: Mapping[str, str] = os.environ) -> Places:
        """From the environment, as compose sets it for the service `status`."""
        mails = Path(environment.get("MICROSTEP_MAILS", "/opt/airflow/mails"))
        return cls(
            config=Path(environment.get("MICROSTEP_CONFIG", "/config/pipeline.toml")),
            data_root=Path(environment.get("MICROSTEP_DATA_ROOT", "/data")),
            mails=mails if mails.is_dir() else None,
            stack=environment.get("MICROSTEP_PROJECT", "microstep"),
            airflow_pages=environment.get("MICROSTEP_AIRFLOW_URL", ""),
            scheduled=environment.get("MICROSTEP_SCHEDULE", "true").lower() != "false",
        )


def catalog(places: Places) -> Catalog:
    """The pipelines there are; a lone file that is wrong is one of the broken."""
    try:
        return read_catalog(places.config, places.data_root)
    except (StepError, OSError) as error:
        return Catalog({}, {file_of(""): str(error).removeprefix(f"{places.config}: ")})


def dag_ids(found: Catalog) -> list[str]:
    """Of all that Airflow is asked about."""
    return [dag_id(name, dag) for name in found.good for dag in DAGS]


def look(
    places: Places,
    found: Catalog,
    answers: Answers,
    services: Services,
    machines: Cell | None,
    *,
    now: datetime,
    chosen: str | None = None,
) -> Status:
    """Everything, or one pipeline with what is the stack's."""
    good = {name: config for name, config in found.good.items() if chosen in (None, name)}
    broken = {file: wrong for file, wrong in found.broken.items() if chosen is None or file == file_of(chosen)}
    pipelines = [_pipeline(places, name, config, answers, now) for name, config in good.items()]
    pipelines += [_broken(file, wrong) for file, wrong in broken.items()]
    pipelines.sort(key=lambda pipeline: (-rank(pipeline.state), pipeline.name))
    status = Status(
        made=now.replace(microsecond=0),
        stack=places.stack,
        state="ok",
        text="",
        services=services,
        machines=machines,
        disk=storage.disk(places.data_root, next(iter(good)) if len(good) == 1 else ""),
        backup=_told(Backup, lambda: storage.backup(places.data_root, now)),
        mails=_told(Mails, lambda: _mails_of_the_stack(places, found, now)),
        pipelines=pipelines,
    )
    status.state = worst([cell.state for _, cell in status.cells()] + [pipeline.state for pipeline in pipelines])
    status.text = _summary(status)
    return status


def _summary(status: Status) -> str:
    states = [pipeline.state for pipeline in status.pipelines]
    wrong, unknown = states.count("bad"), states.count("unknown")
    of = f"of {len(states)} pipeline{'s' if len(states) != 1 else ''}"
    words = [f"{wrong} {of} need{'s' if wrong == 1 else ''} you"] if wrong else []
    words += [f"{unknown} {of} {'is' if unknown == 1 else 'are'} partly unknown"] if unknown else []
    for state, word in (("bad", "look at"), ("unknown", "not known:")):
        if named := [name for name, cell in status.cells() if cell.state == state]:
            words.append(f"{word} {', '.join(named)}")
    return "; ".join(words) or ("all is well" if states else "there is no pipeline")


def _pipeline(places: Places, name: str, config: Config, answers: Answers, now: datetime) -> Pipeline:
    layout = Layout(places.data_root / name if name else places.data_root)
    zone = ZoneInfo(config.schedule.timezone)
    day = now.astimezone(zone).date() - timedelta(days=1)
    of = {dag: _runs(places, answers, name, dag, zone) for dag in DAGS}
    found = Pipeline(name=name, file=file_of(name), state="ok", text="fine", timezone=zone.key, day=day)
    found.generate, found.predict, found.train = (of[dag] for dag in DAGS)
    no_predictions: list[Lack] = []

    def lacking() -> Lacks:
        no_predictions.extend(to_predict(config, layout, day))
        return lacks.lacks(config, layout, name, day, no_predictions)

    found.lacks = _told(Lacks, lacking)
    found.champion = _told(Champion, lambda: on_disk.champion(config, layout, name, day))
    found.predictions = _told(
        Predictions,
        lambda: on_disk.predictions(config, layout, name, day, of["predict"], no_predictions, now),
    )
    found.drift = _told(Drift, lambda: on_disk.drift(layout))
    if found.drift.report is not None:
        found.drift.report = within_data(name, found.drift.report)
        if found.drift.state == "bad":
            found.drift.remedy = f"read data/{found.drift.report}"
    found.training = _told(Cell, lambda: Cell(state="ok", text=next_training(config, layout, day)))
    found.mails = _told(Mails, lambda: _mails(places, name, config.alerts, now.astimezone(zone)))
    with suppress(OSError):  # the cells say what cannot be read
        found.index = within_data(name, "reports/index.html") if (layout.reports / "index.html").is_file() else None
    cells = [cell for _, cell in found.cells()]
    found.state = worst(cell.state for cell in cells)
    if found.state in ("bad", "unknown"):
        # three DAGs of which nothing is known are told of once
        found.text = "; ".join(dict.fromkeys(cell.text for cell in cells if cell.state == found.state))
    elif found.state == "note":
        found.text = "fine; " + "; ".join(dict.fromkeys(cell.text for cell in cells if cell.state == "note"))
    return found


def _runs(places: Places, answers: Answers, name: str, dag: str, zone: ZoneInfo) -> Runs:
    return _told(
        partial(Runs, dag=dag_id(name, dag)),
        lambda: runs(answers, name, dag, places.airflow_pages, zone, scheduled=places.scheduled),
    )


def within_data(pipeline: str, path: str) -> str:
    """A path below `data/`."""
    return f"{within('', pipeline).lstrip('/')}/{path}".lstrip("/")


def _told(kind: Callable[..., CellT], tell: Callable[[], CellT]) -> CellT:
    """A cell, or the word that it cannot be told, which is true of this cell alone."""
    try:
        return tell()
    except Exception as error:  # noqa: BLE001 (whatever it is: the others are shown)
        words = str(error) if isinstance(error, StepError | OSError) else repr(error)
        return kind(state="unknown", text=f"cannot be told: {words}")


def _broken(file: str, wrong: str) -> Pipeline:
    name = Path(file).stem if file.startswith(f"{FOLDER}/") else ""
    cell = Cell(state="bad", text=wrong, remedy=f"mend {file}; its DAGs are back half a minute later")
    return Pipeline(name=name, file=file, state="bad", text=wrong, wrong=cell)


def _mails(places: Places, name: str, alerts: Alerts, now: datetime) -> Mails:
    if places.mails is None:
        return Mails(state="unknown", text="the outbox cannot be seen from here")
    return lacks.mails(places.mails / FOLDER / name if name else places.mails, alerts, now)


def _mails_of_the_stack(places: Places, found: Catalog, now: datetime) -> Mails:
    """Those of no pipeline that has a row: of those that are gone, or of a lone one that has a name since."""
    if places.mails is None:
        return Mails(state="unknown", text="the outbox cannot be seen from here")
    folders = [path for path in on_disk.entries(places.mails / FOLDER) if path.name not in found.good]
    kept = [lacks.mails(folder, Alerts(), now.astimezone(UTC)) for folder in folders]
    if "" not in found.good:
        kept.append(lacks.mails(places.mails, Alerts(), now.astimezone(UTC)))
    total = sum(mails.waiting or 0 for mails in kept)
    if not total:
        return Mails(state="ok", text="none", waiting=0)
    first = max((mails for mails in kept if mails.waiting), key=lambda mails: rank(mails.state))
    return Mails(state=first.state, text=f"{total} wait", remedy=first.remedy, waiting=total, oldest=first.oldest)
