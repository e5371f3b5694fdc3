"""In which part each row is, and whether it is still in the one that it was in when a model was trained."""

from __future__ import annotations

import hashlib

from contract.config import Config
from contract.config.data import Column
from contract.datasets.dataset import Dataset
from contract.models.champion import Champion
from contract.models.trained_for import Split, TrainedFor

_DIGITS = 16
"""Of an identity: enough to tell two of a day apart, and short enough for the tag of a model of many days."""


def split(config: Config) -> Split:
    """How pipeline.toml splits rows."""
    names = config.features if config.group is None else (config.group,)
    types = {name: _text_of(config.columns[name]) if name in config.columns else "text" for name in names}
    table = config.table
    missing = tuple(sorted(set(table.missing_values))) if config.group is None else None
    return Split(key=config.key, group=config.group, columns=types, test_fraction=table.test_fraction, missing=missing)


def _text_of(column: Column) -> str:
    """What decides how a value is written: the type, and the listed words, of which each is written as it is there."""
    if column.values is None:
        return column.type
    digest = hashlib.sha256("\0".join(sorted(column.values)).encode()).hexdigest()
    return f"{column.type} of {len(column.values)} words, {digest[:8]}"


def _stays(config: Config) -> bool:
    """Whether a row keeps its part as long as it keeps its key."""
    return config.table.key is not None and config.group == config.key


def rows_of(day: Dataset, config: Config) -> str | None:
    """What must stay the same for each row of a processed day to stay in its part; None if it is not on record.

    If rows go by their key, that is the raw rows only, since labels may come later. Otherwise it is the whole day: a
    label may decide which rows are rejected, and so which of two equal rows, or which number, is left.
    """
    if not _stays(config):
        return day.manifest.identity[:_DIGITS]
    raw = f"raw/{day.path.name}/data"
    return next((used.sha256[:_DIGITS] for used in day.manifest.inputs if used.path == raw), None)


def may_have_moved(model: Champion, day: Dataset, config: Config) -> str | None:
    """Why rows of a day that a model was fitted on may be in the other part by now, in words; None where none can.

    A row's number, content, group and key may change when the day is read again, so the day must be the very one that
    the training read. If rows go by their key, labels may have come since.
    """
    about, name = model.trained_for, day.path.name
    # models of earlier versions have all digits
    if about is not None and name in about.identities and about.identities[name][:_DIGITS] == rows_of(day, config):
        return None
    if _stays(config):
        # models of earlier versions did not write it down
        unknown = about is None or name not in about.identities
        return (
            None if unknown else f"raw/{name}/data was brought in again since the training, and keys may have changed"
        )
    by = "their content" if config.group is None else "their number" if config.table.key is None else config.group
    return (
        f"processed/{name} was written again since the training, and its rows are split by {by}, which may have changed"
    )


def comparable(about: TrainedFor | None, config: Config) -> tuple[float | None, str | None]:
    """The fraction whose test rows a model may be scored on today (None: all of them), and why on none, in words.

    None, if the rows were split differently, so that the model may have been fitted on any of them.
    """
    now = split(config)
    if about is None or about.split is None or about.split == now:
        return None, None
    if not about.split.same_groups(now):
        return None, (
            f"its rows were split {about.split.beside(now)}, pipeline.toml splits {now.beside(about.split)}: "
            "it may have been fitted on the test rows"
        )
    # a model that held out more has seen none of today's
    return (about.split.test_fraction if about.split.test_fraction < now.test_fraction else None), None
