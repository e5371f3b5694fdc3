"""Self-contained HTML pages: one file, no script, nothing fetched, light and dark, on a phone and on paper."""

from __future__ import annotations

import math
from functools import cache
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

from contract.visible import visible

_HERE = Path(__file__).parent / "templates"
UNKNOWN = "\N{EN DASH}"


def render(template: Path, **values: Any) -> str:
    """The page that a template makes of values; it extends `base.html`, and may import `parts.html`.

    Whatever comes from data is escaped; plots are Markup already. Raises jinja2.UndefinedError for a value that
    the template names and nobody gave.
    """
    style = Markup((_HERE / "style.css").read_text())  # noqa: S704 (our own file)
    return templates_in(template.parent).get_template(template.name).render(style=style, **values) + "\n"


@cache
def templates_in(folder: Path) -> jinja2.Environment:
    """The templates of a folder; kept, since it keeps what it has compiled: more than half of a page's time."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader([folder, _HERE]),
        autoescape=True,
        finalize=_visible,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"number": number, "signed": signed, "percent": percent, "count": count, "short": short}
    return environment


def _visible(value: Any) -> Any:
    """A value with no control characters: in a page they are errors at best, and may turn the text around."""
    if isinstance(value, str):
        text = visible(value, keep="\n\t")
        return Markup(text) if isinstance(value, Markup) else text  # noqa: S704 (it was Markup before)
    return value


def number(value: float | None, digits: int = 4) -> str:
    """0.8644; a dash for what is not known."""
    return UNKNOWN if _unknown(value) else f"{value:.{digits}f}"


def signed(value: float | None, digits: int = 4) -> str:
    """+0.0032."""
    return UNKNOWN if _unknown(value) else f"{value:+.{digits}f}"


def percent(value: float | None, digits: int = 1) -> str:
    """2.5 %."""
    return UNKNOWN if value is None or _unknown(value) else f"{value * 100:.{digits}f} %"


def count(value: float | None) -> str:
    """12,345, also of how many there might be."""
    return UNKNOWN if value is None else f"{value:,.0f}"


def short(identity: str | None) -> str:
    """The first 12 characters of a hash."""
    return UNKNOWN if not identity else identity.removeprefix("sha256:")[:12]


def _unknown(value: float | None) -> bool:
    return value is None or not math.isfinite(value)
