"""One mail about the earlier days that a run of `predict` has done, and about those that still lack their data."""

from __future__ import annotations

from collections.abc import Sequence

from contract.config import Config
from contract.days import parse_day
from contract.due.arrived import committed
from contract.due.lacking import not_there
from contract.layout import Layout
from microstep_airflow.alerts.mail import Mail
from microstep_airflow.alerts.messages import PREFIX

Lacks = Sequence[tuple[str, str, bool]]
"""Of each earlier day that lacked something when the run began: the day, what it was, whether some of it was there."""


def caught_up_mail(
    config: Config, layout: Layout, own: str, lacks: Lacks, facts: dict[str, str], links: dict[str, str]
) -> Mail | None:
    """The mail of the run of the day `own`; None when no earlier day was predicted in it."""
    done = [(day, why, anew) for day, why, anew in lacks if committed(layout.predictions(day)) is not None]
    if not done:
        return None
    days = [day for day, *_ in done]
    missing = not_there(config, layout, parse_day(own))
    span = days[0] if len(days) == 1 else f"{len(days)} days, {days[0]} to {days[-1]}"
    return Mail(
        "info",
        f"{PREFIX} predict {own}: caught up {span}",
        facts | ({"Still without data": ", ".join(missing)} if missing else {}),
        [("again" if anew else "late", why) for _, why, anew in done],
        advice="Nothing is to be done: what lacked was found and done by this run."
        + (
            " A day that is still without data is looked for schedule.catch_up_days long; an empty _EMPTY in its inbox"
            " says that it has none."
            if missing
            else ""
        ),
        links=links,
    )
