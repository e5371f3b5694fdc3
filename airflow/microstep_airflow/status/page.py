"""The status as a page: one file, no script, nothing fetched, light and dark, on a phone and on paper."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

import jinja2

from contract.visible import visible
from microstep_airflow.status import words
from microstep_airflow.status.shape import Status

_HERE = Path(__file__).parent / "templates"
OLD = timedelta(minutes=3)
"""After which a look is no look at now: the page says so in red, also one that stays open (templates/status.css)."""


def render(status: Status, now: datetime) -> str:
    """The page; `now`: when it is asked for, by which it knows whether it tells of now."""
    age = now - status.made
    return _template().render(
        status=status,
        age=_age(age) if age > OLD else "",
        stale=OLD // timedelta(minutes=1),
        zones=words.zones(status.pipelines),
        words=words,
        now=status.made,
    )


def _age(age: timedelta) -> str:
    minutes = int(age.total_seconds() // 60)
    return f"{minutes} minutes" if minutes < 120 else f"{minutes // 60} hours"


@cache
def _template() -> jinja2.Template:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_HERE),
        autoescape=True,
        finalize=_seen,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["path"] = quote
    return environment.get_template("status.html")


def _seen(value: Any) -> Any:
    """What comes from data has no character that turns the text around."""
    return visible(value, keep="\n\t") if type(value) is str else value
