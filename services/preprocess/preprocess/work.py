"""Preprocess one day: decide whether there is anything to do, and do it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from contract.config import Config
from contract.dataset import Dataset
from contract.errors import DataError, MissingInput
from contract.observed import Observed
from contract.run import Run


def work(run: Run) -> None:
    """Write processed/<day>.

    Raises MissingInput without raw data, DataError when a column is missing, when the day is
    empty, or when too many of its rows break a rule.
    """
    data = Dataset.open(run.layout.raw_data(run.day))
    target = _committed(run.layout.raw_target(run.day))
    inputs = [dataset.as_input(run.root) for dataset in (data, target) if dataset is not None]
    absent = () if target else (run.layout.name(run.layout.raw_target(run.day)),)
    recipe = run.recipe(_settings(run.config), *inputs, observed=Observed(absent=absent))
    if run.up_to_date(run.layout.processed(run.day), recipe):
        return
    _columns_there(run, data)
    from preprocess.check import check  # noqa: PLC0415 - only a day that is due loads the libraries

    check(run, recipe, data, target)


def _committed(path: Path) -> Dataset | None:
    try:
        return Dataset.open(path)
    except MissingInput:
        return None


def _settings(config: Config) -> dict[str, Any]:
    columns = [{"name": name, **msgspec.to_builtins(column)} for name, column in config.columns.items()]
    # a list: the order of the columns decides which rule is named first, and the order in the rows
    return {"table": msgspec.to_builtins(config.table), "columns": columns}


def _columns_there(run: Run, data: Dataset) -> None:
    there = [field.name for field in data.manifest.schema]
    # a column that no model sees may be away; where it is there, its rules hold
    if missing := [name for name in (run.config.key, *run.config.features) if name not in there]:
        raise DataError(
            f"{run.layout.name(data.path)}: must have the key and every feature of pipeline.toml, without "
            f"{', '.join(missing)}; it has {', '.join(there)}; mend the data, or take the column out of [columns]"
        )
    if not data.rows():
        raise DataError(f"{run.layout.name(data.path)}: must have rows, got 0; generate the day again with its data")
