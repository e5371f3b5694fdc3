"""Labels of all days from one query: only a key that is on a single day tells which day a label belongs to."""

from __future__ import annotations

from contract.config import Config
from contract.errors import DataError
from contract.layout import Layout
from generate.labels.search import MOST_LABELS, Count, days_of, rows_by_day


def check_apart(layout: Layout, config: Config, day: str) -> None:
    """Raise DataError where a row of a day has a key that rows of other days have, too: its label may be theirs."""
    others = rows_by_day(layout, config.key)
    mine = others.pop(day)
    for batch in mine.batches([config.key]):
        for start in range(0, batch.num_rows, MOST_LABELS):
            keys = batch.column(config.key).slice(start, MOST_LABELS)
            count = Count()
            days_of(keys, None, others, config.key, count)
            if again := count.found + count.several:
                raise DataError(
                    f"source.target_query: gives the labels of all days, and {again:,} of {len(keys):,} rows of {day} "
                    f"have a key (table.key {config.key}) that rows of other days also have: nothing says which day's "
                    "a label is, so none is taken; ask for those of the day by :day"
                )
