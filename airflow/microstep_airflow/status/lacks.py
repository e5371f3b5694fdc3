"""Which days of a pipeline lack something, whether somebody has to do anything about it, and mails that wait."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from contract.config import Config
from contract.config.data import Alerts
from contract.config.source import Files
from contract.due import lacking
from contract.layout import Layout
from microstep_airflow.status import remedies
from microstep_airflow.status.shape import Lack, Lacks, Mails

PATIENCE = timedelta(minutes=30)
"""How long a mail may wait: the DAG `maintenance` tries every ten minutes."""


def lacks(config: Config, layout: Layout, pipeline: str, day: date, to_predict: list[lacking.Lack]) -> Lacks:
    """The days up to `day`. Of that one itself only what must be done again: its predictions are told of elsewhere."""
    coming = lacking.to_generate(config, layout, day)
    generated = {lack.day for lack in coming if not lack.anew}
    missing = [each for each in lacking.not_there(config, layout, day) if each not in generated]
    old = lacking.out_of_reach(config, layout, day, generated)
    found = [
        *(Lack(_day(lack.day), "generate", lack.why) for lack in coming),
        *(Lack(_day(lack.day), "predict", lack.why) for lack in to_predict if lack.day not in generated),
        *(Lack(_day(each), "data", "expected, and no data has come") for each in missing),
        *(Lack(_day(each), "generate", "in the inbox, and too old for a scheduled run") for each in old),
    ]
    found.sort(key=lambda lack: (lack.day, lack.what))
    earlier = [_day(each) for each in missing if _day(each) < day]
    if earlier:
        remedy = (
            remedies.bring(pipeline, earlier[0])
            if isinstance(config.source, Files)
            else remedies.backfill(pipeline, "predict", earlier[0], earlier[-1])
        )
        return Lacks(state="bad", text=f"{span(earlier)}: no data has come", remedy=remedy, days=found)
    if old:
        text = f"{span([_day(each) for each in old])}: in the inbox, and too old for a scheduled run"
        return Lacks(state="bad", text=text, remedy=remedies.backfill(pipeline, "predict", old[0], old[-1]), days=found)
    due = sorted({lack.day for lack in found if lack.day < day})
    if not due:
        return Lacks(state="ok", text="nothing", days=found)
    # every night a database may have more rows; that alone is no news
    routine = all(lack.what == "generate" and "may have more" in lack.why for lack in found if lack.day < day)
    text = f"{span(due)}: the next run does {'it' if len(due) == 1 else 'them'}"
    return Lacks(state="ok" if routine else "note", text=text, days=found)


def span(days: list[date]) -> str:
    """A few words for days in order."""
    return str(days[0]) if len(days) == 1 else f"{len(days)} days from {days[0]} to {days[-1]}"


def _day(text: str) -> date:
    return date.fromisoformat(text)


def mails(folder: Path, alerts: Alerts, now: datetime) -> Mails:
    """The mails in an outbox; `now` is in the zone of quiet hours."""
    times = [_time(path) for path in (folder / "new").iterdir()] if (folder / "new").is_dir() else []
    there = [time for time in times if time is not None]
    if not there:
        return Mails(state="ok", text="none", waiting=0)
    oldest = datetime.fromtimestamp(min(there), UTC)
    found = Mails(state="note", text=f"{len(there)} since {oldest:%Y-%m-%d %H:%M} UTC", waiting=len(there))
    found.oldest = oldest
    if now - oldest > PATIENCE and not alerts.quiet(now.time()):
        found.state = "bad"
        found.remedy = "the task send of maintenance says why; the server is MICROSTEP_SMTP in .env, then: make up"
    return found


def _time(path: Path) -> float | None:
    try:
        return path.stat().st_mtime
    except FileNotFoundError:  # sent meanwhile
        return None
