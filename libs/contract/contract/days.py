"""Days: what `--day` accepts, and which days a training looks at."""

from __future__ import annotations

import re
from datetime import date, timedelta

from contract.errors import UsageError

_FORM = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}")


def parse_day(text: str, option: str = "--day") -> date:
    """The calendar day that `text`, the value of an option, writes as YYYY-MM-DD.

    Raises UsageError for another form or for a day that no calendar has.
    """
    if not _FORM.fullmatch(text):
        raise UsageError(f"{option}: must be written YYYY-MM-DD, got {text!r}")
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise UsageError(f"{option}: no such day in the calendar: {text!r} ({error})") from None


def window(day: date, *, length: int, delay: int, first_day: date) -> list[date]:
    """The days whose rows a training of `day` uses, oldest first.

    `length` days that end `delay` days before `day` (labels may come late), without those
    before `first_day`, which never had data. Raises UsageError when none is left.
    """
    back = (day - first_day).days  # none before the first day is counted to: the calendar may not have it
    days = [day - timedelta(days=delay + number) for number in reversed(range(min(length, back - delay + 1)))]
    if not days:
        raise UsageError(
            f"--day: training needs a day at or after schedule.first_day {first_day} "
            f"(plus training.target_delay_days {delay}), got {day}"
        )
    return days
