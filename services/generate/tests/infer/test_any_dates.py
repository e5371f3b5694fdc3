"""Dates in any form that people use, or in two of them, are read as they were meant, or infer says what it cannot tell.

MICROSTEP_TABLES is the number of tables (default: a quick part of them).
"""

import csv
import os
import random
import tempfile
from datetime import datetime, timedelta
from pathlib import Path

import pyarrow as pa
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from contract.config.when import check_date_format
from contract.texts.dates import EPOCHS, DateForm
from generate.infer.inference import look_at
from generate.infer.inputs import open_files
from generate.infer.types.dates import order_of

TABLES = int(os.environ.get("MICROSTEP_TABLES", "100"))
QUICK = settings(max_examples=TABLES, deadline=None, suppress_health_check=list(HealthCheck), print_blob=True)

DAYS = ("%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%Y/%m/%d", "%Y-%m-%d", "%d.%m.%y", "%m/%d/%y", "%d-%m-%Y", "%d %b %Y", "%B %d, %Y", "%d-%b-%y",
        "%a, %d %b %Y", "%d%b%Y", "%Y年%m月%d日", "%Y.%m.%d", "%Y/%d/%m", "%Y%m%d", "%G-W%V-%u", "%Y-%j", "%d. %B %Y")  # fmt: skip
CLOCKS = ("%H:%M", "%H:%M:%S", "%I:%M %p", "%I:%M:%S %p", "%H:%M:%S.%f")
JOINTS = (" ", ", ", "T")
WHOLE = ("%a %b %d %H:%M:%S %Y", "%a %b %d %Y %H:%M:%S GMT%z", "%d/%b/%Y:%H:%M:%S %z", "%Y-%m-%d %H:%M:%S UTC", "%Y%m%d_%H%M%S",
         "%Y-%m", "%m/%Y", "%b %Y", "%G-W%V", "%Y%m%d%H%M%S", "%Y-%m-%dT%H:%M:%SZ")  # fmt: skip
GERMAN = ["Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September", "Oktober", "November", "Dezember"]  # fmt: skip
TOLD = ("looks like times", "could be times", "holds digits in a form", "nearly every row has another one")


@st.composite
def forms(draw):
    """A form of dates, as strptime has it, and how it is spelled."""
    kind = draw(st.sampled_from(["day", "day", "moment", "moment", "clock", "whole"]))
    day, clock = draw(st.sampled_from(DAYS)), draw(st.sampled_from(CLOCKS))
    name = {
        "day": day,
        "moment": day + draw(st.sampled_from(JOINTS)) + clock,
        "clock": clock,
        "whole": draw(st.sampled_from(WHOLE)),
    }[kind]
    return name, draw(st.sampled_from(["plain", "plain", "unpadded", "dots", "lower", "german"]))


def written(moment, form):
    name, spelling = form
    if spelling == "unpadded":
        name = (
            name.replace("%d.%m", "%-d.%-m")
            .replace("%d/%m", "%-d/%-m")
            .replace("%m/%d", "%-m/%-d")
            .replace("%I", "%-I")
        )
    if spelling == "german":
        name = name.replace("%B", GERMAN[moment.month - 1])
    text = moment.strftime(name.replace("%z", "+0000"))
    if spelling == "dots":
        return text.replace("AM", "a.m.").replace("PM", "p.m.")
    return text.lower() if spelling == "lower" and "T" not in name and "GMT" not in name else text


def meant(moment, form):
    """What a form keeps of a moment."""
    name, _ = form
    parts = {"%S": "second", "%M": "minute", "%H": "hour"} if "%p" not in name else {"%S": "second", "%M": "minute"}
    kept = moment if "%f" in name else moment.replace(microsecond=0)
    for part, unit in parts.items():
        kept = kept if part in name else kept.replace(**{unit: 0})
    if (
        "%d" not in name
        and "%j" not in name
        and "%u" not in name
        and "%V" not in name
        and not name.startswith(("%H", "%I"))
    ):
        kept = kept.replace(day=1)
    if "%V" in name and "%u" not in name:
        kept -= timedelta(days=kept.weekday())
    return kept.replace(year=1900, month=1, day=1) if name.startswith(("%H", "%I")) else kept


def some_moments(seed):
    """Moments of a table: of many years or of a few, now and then all in the first days of their months."""
    chance = random.Random(seed)
    first, years = chance.choice([(2000, 31), (2024, 2), (2020, 6)])
    span = timedelta(days=365 * years - 2)
    moments = [
        datetime(first, 1, 2) + timedelta(seconds=int(span.total_seconds() * chance.random()))  # noqa: DTZ001
        for _ in range(chance.randrange(25, 60))
    ]
    if chance.random() < 0.5:
        moments = [moment.replace(microsecond=chance.randrange(10**6)) for moment in moments]
    return [moment.replace(day=moment.day % 12 + 1) for moment in moments] if chance.random() < 0.15 else moments


def orders(used):
    """The marks between day and month, each with every order that stands around it."""
    return {order_of(name) for name, _ in used if order_of(name)[1]}


@QUICK
@given(
    seed=st.integers(0, 2**32),
    used=st.lists(forms(), min_size=1, max_size=3),
    share=st.sampled_from([0.5, 0.9, 0.97]),
)
# one row has its W in lower case, which the steps read
@example(seed=28974, used=[("%G-W%V-%u %H:%M:%S.%f", "plain"), ("%G-W%V-%u %H:%M:%S.%f", "lower")], share=0.97)
def test_dates_are_read_as_they_were_meant_or_infer_says_what_it_cannot_tell(seed, used, share):
    # both orders around one mark: no value below 13 tells which it has
    assume(len(dict(orders(used))) == len(orders(used)))
    moments, chance = some_moments(seed), random.Random(seed)
    of_row = [used[0] if chance.random() < share else chance.choice(used) for _ in moments]
    words = [written(moment, form) for moment, form in zip(moments, of_row, strict=True)]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.csv"
        with path.open("w", newline="") as file:
            rows = csv.writer(file, delimiter=";")
            rows.writerow(["x", "happened", "y"])
            rows.writerows([number / 7, word, "yes" if number % 3 else "no"] for number, word in enumerate(words))
        schema = look_at(open_files([path], "y"), "y").schema
    column = schema.column("happened")
    said = " ".join((column.summary, *column.suspicions))
    if column.settings["type"] != "datetime":
        assert any(words in said for words in TOLD), said
        return
    form = column.settings.get("format", "iso")
    check_date_format(form, "datetime")
    read = _read(form, words)
    assert sum(moment is None for moment in read) == column.rejected
    for word, got, right in zip(words, read, (meant(*row) for row in zip(moments, of_row, strict=True)), strict=True):
        # a value is what was meant, or its row is rejected, or infer asks which of its numbers is the day
        asked = bool(column.instead) and got is not None and _numbers(got) == _numbers(right)
        assert got in (None, right) or asked, (word, form)


def _numbers(moment):
    return sorted((moment.year % 100, moment.month, moment.day)), moment.time()


def _read(form, words):
    if form in EPOCHS:
        return DateForm(form, "UTC").of_epoch(pa.array(map(float, words))).to_pylist()
    return DateForm(form, "UTC").moments(pa.array(words)).to_pylist()
