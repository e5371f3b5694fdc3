"""Labels of all days from one query: only a key that one day has says which day a label is of."""

from __future__ import annotations

from contract.config import Config
from contract.config.source import Sql
from contract.datasets.dataset import Dataset
from contract.errors import DataError
from contract.layout import Layout
from generate.labels.search import MOST_LABELS, Count, days_of


def gives_all_days(config: Config) -> bool:
    """Whether the labels come from a query that does not ask for those of a day."""
    source = config.source
    return isinstance(source, Sql) and source.target_query is not None and ":day" not in source.target_query


def check_apart(layout: Layout, config: Config, day: str) -> None:
    """Raise DataError where a row of a day has a key that rows of other days have, too: its label may be theirs."""
    mine = layout.raw_data(day)
    others = {
        path.parents[1].name: Dataset.open(path.parent)
        for path in sorted(layout.root.glob("raw/*/data/manifest.json"))
        if path.parent != mine
    }
    others = {name: rows for name, rows in others.items() if config.key in [f.name for f in rows.manifest.schema]}
    for batch in Dataset.open(mine).batches([config.key]):
        for start in range(0, batch.num_rows, MOST_LABELS):
            keys = batch.column(config.key).slice(start, MOST_LABELS)
            count = Count()
            days_of(keys, None, others, config.key, count)
            if again := count.found + count.several:
                raise DataError(
                    f"source.target_query: gives the labels of all days, and {again:,} of {len(keys):,} rows of {day} "
                    f"have a key (table.key {config.key}) that rows of other days have, too: nothing says which day's "
                    "a label is, so none is taken; ask for those of the day by :day"
                )
