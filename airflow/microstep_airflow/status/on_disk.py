"""What the data root of a pipeline says: the model in use, yesterday's predictions, drift."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from contract.config import Config
from contract.config.source import Files
from contract.days import parse_day
from contract.due.arrived import committed
from contract.due.lacking import Lack, is_due, rows_are_there
from contract.due.training import champion_is_usable, first_whole_window
from contract.errors import StepError, UsageError
from contract.layout import MANIFEST, Layout
from contract.models.ledger import Line, champion_line, read
from microstep_airflow.status import remedies
from microstep_airflow.status.shape import Champion, Drift, Predictions, Runs

AT_WORK = ("queued", "running")
LATE = timedelta(minutes=10)
"""After which the scheduler is behind with what is due."""


def champion(config: Config, layout: Layout, pipeline: str, last: date) -> Champion:
    """The model in use, by the ledger, whose chain is checked."""
    try:
        line = champion_line(layout)
    except StepError as error:
        return Champion(state="bad", text=f"not known: {error}", remedy=remedies.step(pipeline, "validate history"))
    torn = _torn(layout)
    if line is None:
        return _no_champion(config, layout, pipeline, last, torn)
    model = line.model
    found = Champion(
        state="note" if torn else "ok",
        text="; ".join(filter(None, (f"model of {model.day}", model.version and f"v{model.version}", torn))),
        day=date.fromisoformat(model.day),
        version=model.version,
        since=datetime.fromisoformat(line.when),
        decision=line.decision,
        by=line.by,
        why=line.why,
    )
    if not (layout.root / model.file).is_file():
        found.state, found.text = "bad", f"{model.file} is not there, predict and validate refuse"
        found.remedy = f"bring it back from a backup, or: {remedies.step(pipeline, 'validate rollback')}"
    elif not champion_is_usable(config, layout):
        found.state, found.text = "bad", f"the model of {model.day} was trained for another question than the file asks"
        found.remedy = remedies.backfill(pipeline, "train", last)
    return _asked(found, pipeline, read(layout.ledger)[-1])


def _no_champion(config: Config, layout: Layout, pipeline: str, last: date, torn: str) -> Champion:
    """Before the first one: what is in the way is told by the days that lack something, and by runs."""
    lines = read(layout.ledger)
    if lines:
        line = lines[-1]
        found = Champion(state="bad", text=f"none yet, that of {line.day} was {line.decision}: {line.why}")
        found.remedy = (
            f"read {layout.name(layout.report('train', line.day))}, then edit the file's [gate] or candidates"
        )
        return _asked(found, pipeline, line)
    due = first_whole_window(config)
    waits = f"the first training can be of {due}" if last < due else "a run of generate starts the first training"
    return Champion(state="note", text="; ".join(filter(None, (f"none yet, {waits}", torn))))


def _asked(found: Champion, pipeline: str, line: Line) -> Champion:
    """A challenger that waits for a person's word is nobody else's to decide."""
    if line.decision == "proposed":
        found.state, found.text = "bad", f"{found.text}; the challenger of {line.day} waits for your decision"
        found.remedy = remedies.step(pipeline, f"validate approve --day {line.day} --by NAME (or: validate refuse)")
    return found


def _torn(layout: Layout) -> str:
    """A last line of which a part is missing: what it tells of was never done, and the next decision goes on."""
    content = layout.ledger.read_bytes() if layout.ledger.exists() else b""
    tail = content.rpartition(b"\n")[2]
    return "" if not tail or Line.is_whole(tail) else "the ledger's last line was torn by a crash, it does not count"


def predictions(
    config: Config, layout: Layout, pipeline: str, day: date, runs: Runs, lacks: list[Lack], now: datetime
) -> Predictions:
    """Whether the last day that is over has its predictions, and what hinders them.

    :param runs: of the DAG predict
    :param lacks: the days that have rows, or are about to, and no predictions of these rows
    """
    manifest = committed(layout.predictions(day.isoformat()))
    if manifest is not None:
        rows = manifest.counts.get("rows_out")
        found = Predictions(state="ok", text=f"{rows:,} rows" if rows is not None else "done", day=day, done=True)
        found.rows = rows
        if any(lack.day == day.isoformat() for lack in lacks):
            found.state, found.text = "note", f"{found.text}, the data has others by now: the next run predicts them"
        return found
    if day < config.schedule.first_day:
        return Predictions(state="note", text=f"the first day is {config.schedule.first_day}", day=day, done=False)
    if not is_due(config, layout, day):
        return Predictions(state="ok", text="no data expected", day=day, done=False)
    found = Predictions(state="bad", text="not done", day=day, done=False)
    there = rows_are_there(config, layout, day.isoformat())
    _judge(found, config, runs, there=there, now=now)
    if found.state == "bad":
        brought = isinstance(config.source, Files) and not there
        found.remedy = remedies.bring(pipeline, day) if brought else remedies.backfill(pipeline, "predict", day)
    return found


def _judge(found: Predictions, config: Config, runs: Runs, *, there: bool, now: datetime) -> None:
    """Whether predictions that are not there should be, by the runs of their DAG."""
    assert found.day is not None
    zone = ZoneInfo(config.schedule.timezone)
    over, following = (datetime.combine(found.day + timedelta(days=n), datetime.min.time(), zone) for n in (1, 2))
    without = "" if there else ", no data has come"
    last = runs.last
    if last is not None and last.days is not None and not last.days[0] <= found.day <= last.days[1]:
        last = None  # of other days
    to_come = runs.next is not None and now < runs.next < following
    if runs.state == "unknown":
        found.state, found.text = "unknown", f"not done{without}; whether it is due cannot be told"
    elif last is not None and last.due >= over and last.state in AT_WORK:
        hours = config.schedule.deadline_hours
        late = 0 < hours < (now - last.due) / timedelta(hours=1)
        found.text = "no data yet, the run waits for it" if not there else f"the run is {last.state}"
        if late:
            found.text = f"{found.text}, {hours:g} hours after it was due"
        found.state = "bad" if late else "note"
    elif last is not None and last.due >= over and not to_come:
        found.text = f"not done{without}: its run has {'failed' if last.state == 'failed' else 'ended without it'}"
    elif runs.next is not None and runs.next + LATE < now:
        found.text = f"not done{without}: its run was due, and the scheduler has not started it"
    elif runs.next is not None:
        found.state, found.text = "note", f"not done yet{without}, the run is still to come"
    else:
        found.text = f"not done{without}, and no run is to come"


def drift(layout: Layout) -> Drift:
    """What the newest day with a report says."""
    reports = entries(layout.reports / "predict")
    days = sorted((path.name for path in reports if _is_day(path.name) and (path / MANIFEST).exists()), reverse=True)
    if not days:
        return Drift(state="ok", text="no day has been measured yet")
    manifest = committed(layout.report("predict", days[0]))
    if manifest is None:
        return Drift(state="unknown", text=f"the report of {days[0]} is damaged", day=date.fromisoformat(days[0]))
    level, columns = manifest.notes.get("drift"), manifest.notes.get("columns") or {}
    found = Drift(state="ok", text=str(level), day=date.fromisoformat(days[0]), level=level, columns=columns)
    pages = manifest.named("page")
    found.report = f"reports/predict/{days[0]}/{pages[0].path}" if pages else None
    if level == "unmeasured":
        found.state, found.text = "note", f"not measured: {manifest.notes.get('without') or 'these rows cannot tell'}"
    elif level in ("watch", "alarm"):
        named = [name for name, word in columns.items() if word == level] or list(columns)
        found.state, found.text = "bad" if level == "alarm" else "note", f"{level}: {', '.join(named)}"
    elif level != "ok":
        found.state, found.text = "unknown", "the report does not say"
    return found


def _is_day(name: str) -> bool:
    """Not what somebody put beside the days, as a copy of one."""
    try:
        parse_day(name)
    except UsageError:
        return False
    return True


def entries(folder: Path) -> list[Path]:
    """What is in a folder; nothing where there is none. Raises OSError where glob, which is silent, finds nothing."""
    try:
        return list(folder.iterdir())
    except FileNotFoundError:
        return []
